//! How the Atlas in memory answers.

use std::{cmp::Reverse, collections::VecDeque};

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};
use url::Url;
use zeroize::Zeroizing;

use super::{CreateCall, FakeAtlas, NextCreate, Project, ReadCall, Write, pem};
use crate::{
    atlas::{
        ApiVersion, Atlas, AtlasDescription, ErrorBody, IssuedPem, ListedCertificate,
        ListedCluster, ListedSignIn, ListedUser, NewManagedUser, Probe, Purpose, ReadError,
        Unanswered, UserSecurity, WhyNotSent, WriteError, classify,
    },
    model::{
        CredentialName, DatabaseRole, GroupId, Months, ProjectRef, Refusal, Username, X509Type,
    },
};

impl FakeAtlas {
    /// The failure this call was told to have; otherwise Atlas has answered.
    fn read(&self, call: ReadCall) -> Result<(), ReadError> {
        let now = self.0.clock.now();
        let mut world = self.world();
        *world.reads.entry(call).or_default() += 1;
        if world.unreachable {
            return Err(Unanswered::Timeout.into());
        }
        world.answered_at = Some(now);
        match world
            .next_failures
            .get_mut(&call)
            .and_then(VecDeque::pop_front)
        {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn read_project<T>(
        &self,
        call: ReadCall,
        group: &GroupId,
        look: impl FnOnce(&Project) -> T,
    ) -> Result<T, ReadError> {
        self.read(call)?;
        self.world()
            .projects
            .get(group)
            .map(look)
            .ok_or_else(|| ReadError::Refused(refusal(404, "GROUP_NOT_FOUND")))
    }

    /// What Atlas itself would say.
    fn check(&self, group: &GroupId, username: &Username) -> Result<(), Refusal> {
        let world = self.world();
        let project = world
            .projects
            .get(group)
            .ok_or_else(|| refusal(404, "GROUP_NOT_FOUND"))?;
        let user = project
            .users
            .iter()
            .find(|user| user.username == *username && user.database == "$external")
            .ok_or_else(|| refusal(404, "USERNAME_NOT_FOUND"))?;
        if user.x509_type != X509Type::Managed {
            Err(refusal(400, "USER_NOT_MANAGED_X509"))
        } else if project.security.customer_cas.is_some() {
            Err(refusal(400, "CANNOT_GENERATE_CERT_IF_ADVANCED_X509"))
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl Atlas for FakeAtlas {
    async fn list_projects(&self) -> Result<Vec<ProjectRef>, ReadError> {
        self.read(ReadCall::ListProjects)?;
        Ok(self
            .world()
            .projects
            .iter()
            .map(|(id, project)| ProjectRef {
                id: id.clone(),
                name: project.name.clone(),
            })
            .collect())
    }

    async fn list_database_users(&self, group: &GroupId) -> Result<Vec<ListedUser>, ReadError> {
        self.read_project(ReadCall::ListDatabaseUsers, group, |project| {
            let mut users = project.users.clone();
            users.sort_by(|a, b| (&a.database, &a.username).cmp(&(&b.database, &b.username)));
            users
        })
    }

    async fn user_security(&self, group: &GroupId) -> Result<UserSecurity, ReadError> {
        self.read_project(ReadCall::UserSecurity, group, |project| {
            project.security.clone()
        })
    }

    async fn list_clusters(
        &self,
        group: &GroupId,
    ) -> Result<Option<Vec<ListedCluster>>, ReadError> {
        self.read_project(ReadCall::ListClusters, group, |project| {
            project.clusters.clone()
        })
    }

    async fn list_certificates(
        &self,
        group: &GroupId,
        username: &Username,
    ) -> Result<Vec<ListedCertificate>, ReadError> {
        self.read_project(ReadCall::ListCertificates, group, |_| ())?;
        let now = self.0.clock.now();
        let world = self.world();
        let mut listed = world
            .certificates
            .get(&(group.clone(), username.clone()))
            .cloned()
            .unwrap_or_default();
        listed.retain(|certificate| {
            certificate.not_after > now && !world.unlisted.contains(&certificate.serial)
        });
        listed.sort_by_key(|certificate| (certificate.created_at, certificate.serial));
        Ok(listed)
    }

    async fn prepare_write(&self, purpose: Purpose) -> Result<(), ReadError> {
        self.read(ReadCall::PrepareWrite)?;
        let mut world = self.world();
        world.prepared.insert(purpose);
        world.prepares += 1;
        Ok(())
    }

    async fn create_certificate(
        &self,
        group: &GroupId,
        username: &Username,
        months: Months,
    ) -> Result<IssuedPem, WriteError> {
        let (next, gate) = {
            let mut world = self.world();
            world.creates.push(CreateCall {
                group: group.clone(),
                username: username.clone(),
                months,
                at: self.0.clock.now(),
            });
            if !world.prepared.contains(&Purpose::Issuer) {
                return Err(WriteError::not_sent(WhyNotSent::Unprepared));
            }
            if world.unreachable {
                return Err(WriteError::not_sent(WhyNotSent::Connect));
            }
            let next = world.next_creates.pop_front();
            (next.unwrap_or(NextCreate::Succeed), world.gate.clone())
        };
        if let Some(gate) = gate {
            gate.pass().await;
        }

        let mut common_name = username.as_str();
        let mut wrong_key = false;
        let mut late = Duration::ZERO;
        match &next {
            NextCreate::Refused(refusal) => return Err(WriteError::Refused(refusal.clone())),
            NextCreate::NotSent(why) => return Err(WriteError::not_sent(*why)),
            NextCreate::Unknown(class) => return Err(WriteError::unknown(*class, None)),
            NextCreate::WrongCommonName(name) => common_name = name,
            NextCreate::WrongKey => wrong_key = true,
            NextCreate::WrongEnd(by) => late = *by,
            NextCreate::Succeed
            | NextCreate::UnknownButMade(_)
            | NextCreate::UnknownButMadeLate(_)
            | NextCreate::MalformedPem => {}
        }

        self.check(group, username).map_err(WriteError::Refused)?;
        let mut made = self.new_certificate(common_name, months);
        made.not_after += late;
        self.keep(group, username, made.clone());
        self.world().answered_at = Some(self.0.clock.now());

        let pem = match next {
            NextCreate::UnknownButMade(class) => return Err(WriteError::unknown(class, None)),
            NextCreate::UnknownButMadeLate(class) => {
                self.hide_certificate(made.serial, true);
                return Err(WriteError::unknown(class, None));
            }
            NextCreate::MalformedPem => MALFORMED.to_owned(),
            _ => pem::make(&pem::Wanted {
                group,
                common_name,
                serial: made.serial,
                not_before: made.created_at,
                not_after: made.not_after,
                wrong_key,
            }),
        };
        Ok(IssuedPem::new(Zeroizing::new(pem), 201, None))
    }

    async fn disable_customer_x509(&self, group: &GroupId) -> Result<(), WriteError> {
        self.write(group, Write::DisableCustomerX509).await
    }

    async fn create_user(&self, group: &GroupId, user: &NewManagedUser) -> Result<(), WriteError> {
        self.write(group, Write::CreateUser(user.clone())).await
    }

    async fn update_user(
        &self,
        group: &GroupId,
        username: &Username,
        roles: &[DatabaseRole],
    ) -> Result<(), WriteError> {
        let (username, roles) = (username.clone(), roles.to_vec());
        self.write(group, Write::UpdateUser { username, roles })
            .await
    }

    async fn delete_user(&self, group: &GroupId, username: &Username) -> Result<(), WriteError> {
        self.write(group, Write::DeleteUser(username.clone())).await
    }

    async fn cluster_applied(
        &self,
        group: &GroupId,
        cluster: &str,
    ) -> Result<Option<bool>, ReadError> {
        self.read_project(ReadCall::ClusterApplied, group, |project| {
            let told = project.applied.get(cluster).copied();
            told.or_else(|| project.has_cluster(cluster).then_some(Some(true)))
        })?
        .ok_or_else(|| ReadError::Refused(refusal(404, "CLUSTER_NOT_FOUND")))
    }

    async fn list_sign_ins(
        &self,
        group: &GroupId,
        cluster: &str,
        since: OffsetDateTime,
    ) -> Result<Option<Vec<ListedSignIn>>, ReadError> {
        self.read_project(ReadCall::ListSignIns, group, |project| {
            let mut listed = project.sign_ins.get(cluster)?.clone();
            listed.retain(|sign_in| sign_in.at >= since);
            listed.sort_by_key(|sign_in| Reverse(sign_in.at));
            Some(listed)
        })
    }

    async fn list_cert_events(
        &self,
        group: &GroupId,
        since: OffsetDateTime,
    ) -> Result<Option<Vec<OffsetDateTime>>, ReadError> {
        self.read_project(ReadCall::ListCertEvents, group, |project| {
            let mut events = project.cert_events.clone()?;
            events.retain(|at| *at >= since);
            Some(events)
        })
    }

    async fn probe(&self, purpose: Purpose) -> Result<Probe, ReadError> {
        self.read(ReadCall::Probe)?;
        Ok(self.probed(purpose))
    }

    fn credential(&self, purpose: Purpose) -> CredentialName {
        self.powers(purpose).name
    }

    fn last_answered_at(&self) -> Option<OffsetDateTime> {
        self.world().answered_at
    }

    fn describe(&self) -> AtlasDescription {
        AtlasDescription {
            api: ApiVersion::V2,
            base_url: Url::parse("https://atlas.test").expect("is an address"),
            shared_credential: false,
        }
    }
}

const MALFORMED: &str = "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n";

pub(super) fn refusal(status: u16, code: &str) -> Refusal {
    let body = ErrorBody::Atlas {
        error: status,
        code: code.to_owned(),
        retry_after: None,
        address: None,
    };
    classify(status, &body, None).expect("is the status of a refusal")
}
