//! How the Atlas in memory answers.

use std::collections::VecDeque;

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};
use url::Url;
use zeroize::Zeroizing;

use super::{CreateCall, FakeAtlas, NextCreate, Project, ReadCall, pem};
use crate::{
    atlas::{
        ApiVersion, Atlas, AtlasDescription, CreateError, ErrorBody, IssuedPem, ListedCertificate,
        ListedCluster, ListedUser, ReadError, Unanswered, UserSecurity, WhyNotSent, classify,
    },
    model::{GroupId, Months, ProjectRef, Refusal, Username, X509Type},
};

impl FakeAtlas {
    /// The failure this call was told to have; otherwise Atlas has answered.
    fn read(&self, call: ReadCall) -> Result<(), ReadError> {
        let now = self.0.clock.now();
        let mut world = self.world();
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
        listed.retain(|certificate| certificate.not_after > now);
        listed.sort_by_key(|certificate| (certificate.created_at, certificate.serial));
        Ok(listed)
    }

    async fn prepare_create(&self) -> Result<(), ReadError> {
        self.read(ReadCall::PrepareCreate)?;
        let mut world = self.world();
        world.prepared = true;
        world.prepares += 1;
        Ok(())
    }

    async fn create_certificate(
        &self,
        group: &GroupId,
        username: &Username,
        months: Months,
    ) -> Result<IssuedPem, CreateError> {
        let (next, gate) = {
            let mut world = self.world();
            world.creates.push(CreateCall {
                group: group.clone(),
                username: username.clone(),
                months,
                at: self.0.clock.now(),
            });
            if !world.prepared {
                return Err(CreateError::not_sent(WhyNotSent::Unprepared));
            }
            if world.unreachable {
                return Err(CreateError::not_sent(WhyNotSent::Connect));
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
            NextCreate::Refused(refusal) => return Err(CreateError::Refused(refusal.clone())),
            NextCreate::NotSent(why) => return Err(CreateError::not_sent(*why)),
            NextCreate::Unknown(class) => return Err(CreateError::unknown(*class, None)),
            NextCreate::WrongCommonName(name) => common_name = name,
            NextCreate::WrongKey => wrong_key = true,
            NextCreate::WrongEnd(by) => late = *by,
            NextCreate::Succeed | NextCreate::UnknownButMade(_) | NextCreate::MalformedPem => {}
        }

        self.check(group, username).map_err(CreateError::Refused)?;
        let mut made = self.new_certificate(common_name, months);
        made.not_after += late;
        self.keep(group, username, made.clone());
        self.world().answered_at = Some(self.0.clock.now());

        let pem = match next {
            NextCreate::UnknownButMade(class) => return Err(CreateError::unknown(class, None)),
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

fn refusal(status: u16, code: &str) -> Refusal {
    let body = ErrorBody::Atlas {
        error: status,
        code: code.to_owned(),
        retry_after: None,
    };
    classify(status, &body, None).expect("is the status of a refusal")
}
