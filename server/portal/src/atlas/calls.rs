//! Each call of [`Atlas`] over HTTP.

use async_trait::async_trait;
use serde::de::IgnoredAny;
use time::OffsetDateTime;
use tracing::Instrument;

use super::{
    Atlas, AtlasClient, AtlasDescription, IssuedPem, ListedCertificate, ListedCluster,
    ListedSignIn, ListedUser, NewManagedUser, Probe, Purpose, ReadError, UserSecurity, WriteError,
    auth::Prover, exchange::operation, retry::Call, wire, write,
};
use crate::model::{
    CredentialName, DatabaseRole, GroupId, Months, ProjectRef, Refusal, RefusalReason, Username,
};

#[async_trait]
impl Atlas for AtlasClient {
    async fn list_projects(&self) -> Result<Vec<ProjectRef>, ReadError> {
        let operation = operation!("list_projects");
        async {
            let mut projects: Vec<ProjectRef> = self
                .list(&operation, &["groups"], wire::WireProject::key)
                .await?
                .into_iter()
                .map(ProjectRef::from)
                .collect();
            projects.sort_by(|a, b| a.id.cmp(&b.id));
            Ok(projects)
        }
        .instrument(operation.span.clone())
        .await
    }

    async fn list_database_users(&self, group: &GroupId) -> Result<Vec<ListedUser>, ReadError> {
        let operation = operation!("list_database_users", project = %group);
        async {
            let path = ["groups", group.as_str(), "databaseUsers"];
            let mut users: Vec<ListedUser> = self
                .list(&operation, &path, wire::WireUser::key)
                .await?
                .into_iter()
                .filter_map(wire::WireUser::into_user)
                .collect();
            users.sort_by(|a, b| (&a.database, &a.username).cmp(&(&b.database, &b.username)));
            Ok(users)
        }
        .instrument(operation.span.clone())
        .await
    }

    async fn user_security(&self, group: &GroupId) -> Result<UserSecurity, ReadError> {
        let operation = operation!("user_security", project = %group);
        async {
            let path = ["groups", group.as_str(), "userSecurity"];
            let url = self.endpoint.url(&path)?;
            // Project Owner, which a reader need not be and an issuer is.
            let prover = self.prover(Purpose::Issuer);
            self.get::<wire::WireUserSecurity>(&operation, prover, url)
                .await?
                .read()
        }
        .instrument(operation.span.clone())
        .await
    }

    async fn list_clusters(
        &self,
        group: &GroupId,
    ) -> Result<Option<Vec<ListedCluster>>, ReadError> {
        let operation = operation!("list_clusters", project = %group);
        async {
            let path = ["groups", group.as_str(), "clusters"];
            let listed = self.list(&operation, &path, wire::WireCluster::key).await;
            match listed {
                Ok(clusters) => {
                    let mut clusters: Vec<ListedCluster> =
                        clusters.into_iter().map(ListedCluster::from).collect();
                    clusters.sort_by(|a, b| a.name.cmp(&b.name));
                    Ok(Some(clusters))
                }
                // Where to connect is a convenience; certificates can be had without it.
                Err(error) => unknowable(error),
            }
        }
        .instrument(operation.span.clone())
        .await
    }

    async fn list_certificates(
        &self,
        group: &GroupId,
        username: &Username,
    ) -> Result<Vec<ListedCertificate>, ReadError> {
        let operation = operation!("list_certificates", project = %group);
        async {
            let path = certificates_of(group, username);
            let mut certificates: Vec<ListedCertificate> = self
                .list(&operation, &path, wire::WireCertificate::key)
                .await?
                .into_iter()
                .map(ListedCertificate::from)
                .collect();
            certificates.sort_by_key(|certificate| (certificate.created_at, certificate.serial));
            Ok(certificates)
        }
        .instrument(operation.span.clone())
        .await
    }

    async fn prepare_write(&self, purpose: Purpose) -> Result<(), ReadError> {
        let operation = operation!("prepare_write", purpose = %purpose);
        async {
            let prover = self.prover(purpose);
            if let Prover::ApiKey(_) = prover {
                // Asking for a nonce proves nothing about the key; this does.
                let url = self.endpoint.harmless();
                self.get::<IgnoredAny>(&operation, prover, url).await?;
            }
            let call: Call<'_, ()> =
                Box::new(|| Box::pin(prover.prepare(&self.endpoint, &self.exchange)));
            let timing = &self.exchange.timing;
            timing.retrying(operation.name, call).await
        }
        .instrument(operation.span.clone())
        .await
    }

    async fn create_certificate(
        &self,
        group: &GroupId,
        username: &Username,
        months: Months,
    ) -> Result<IssuedPem, WriteError> {
        let operation = operation!("create_certificate", project = %group);
        self.create(&operation, group, username, months)
            .instrument(operation.span.clone())
            .await
    }

    async fn disable_customer_x509(&self, group: &GroupId) -> Result<(), WriteError> {
        let operation = operation!("disable_customer_x509", project = %group);
        self.carry_out(&operation, group, write::Write::DisableCustomerX509)
            .instrument(operation.span.clone())
            .await
    }

    async fn create_user(&self, group: &GroupId, user: &NewManagedUser) -> Result<(), WriteError> {
        let operation = operation!("create_user", project = %group);
        self.carry_out(&operation, group, write::Write::CreateUser(user))
            .instrument(operation.span.clone())
            .await
    }

    async fn update_user(
        &self,
        group: &GroupId,
        username: &Username,
        roles: &[DatabaseRole],
    ) -> Result<(), WriteError> {
        let operation = operation!("update_user", project = %group);
        self.carry_out(&operation, group, write::Write::UpdateUser(username, roles))
            .instrument(operation.span.clone())
            .await
    }

    async fn delete_user(&self, group: &GroupId, username: &Username) -> Result<(), WriteError> {
        let operation = operation!("delete_user", project = %group);
        self.carry_out(&operation, group, write::Write::DeleteUser(username))
            .instrument(operation.span.clone())
            .await
    }

    async fn cluster_applied(
        &self,
        group: &GroupId,
        cluster: &str,
    ) -> Result<Option<bool>, ReadError> {
        let operation = operation!("cluster_applied", project = %group);
        async {
            let path = ["groups", group.as_str(), "clusters", cluster, "status"];
            let url = self.endpoint.url(&path)?;
            let status: Result<wire::WireClusterStatus, _> = self
                .get(&operation, self.prover(Purpose::Reader), url)
                .await;
            match status {
                Ok(status) => status.applied().map(Some),
                // Says something of this cluster, and nothing of the credential.
                Err(error) if is_not_found(&error) => Err(error),
                Err(error) => unknowable(error),
            }
        }
        .instrument(operation.span.clone())
        .await
    }

    async fn list_sign_ins(
        &self,
        group: &GroupId,
        cluster: &str,
        since: OffsetDateTime,
    ) -> Result<Option<Vec<ListedSignIn>>, ReadError> {
        let operation = operation!("list_sign_ins", project = %group);
        self.sign_ins(&operation, group, cluster, since)
            .instrument(operation.span.clone())
            .await
    }

    async fn list_cert_events(
        &self,
        group: &GroupId,
        since: OffsetDateTime,
    ) -> Result<Option<Vec<OffsetDateTime>>, ReadError> {
        let operation = operation!("list_cert_events", project = %group);
        self.cert_events(&operation, group, since)
            .instrument(operation.span.clone())
            .await
    }

    async fn probe(&self, purpose: Purpose) -> Result<Probe, ReadError> {
        let operation = operation!("probe", purpose = %purpose);
        self.tried(&operation, purpose)
            .instrument(operation.span.clone())
            .await
    }

    fn credential(&self, purpose: Purpose) -> CredentialName {
        self.prover(purpose).name()
    }

    fn last_answered_at(&self) -> Option<OffsetDateTime> {
        self.exchange.last_answered_at()
    }

    fn describe(&self) -> AtlasDescription {
        AtlasDescription {
            api: self.endpoint.api(),
            base_url: self.endpoint.base_url().clone(),
            shared_credential: self.shared_credential,
        }
    }
}

fn is_not_found(error: &ReadError) -> bool {
    matches!(error, ReadError::Refused(refusal) if refusal.reason == RefusalReason::NotFound)
}

/// `None` where Atlas has said that this credential may not know. A credential that is not accepted at
/// all is another matter.
pub(super) fn unknowable<T>(error: ReadError) -> Result<Option<T>, ReadError> {
    use RefusalReason as R;

    match error {
        ReadError::Refused(Refusal {
            reason:
                R::RoleMissing
                | R::NotInProject
                | R::NotInOrganisation
                | R::Forbidden
                | R::FeatureMissing
                | R::NotFound,
            ..
        }) => Ok(None),
        error => Err(error),
    }
}

/// Where a user's certificates are. The database is not named: it is always `$external`.
pub(super) fn certificates_of<'a>(group: &'a GroupId, username: &'a Username) -> [&'a str; 5] {
    [
        "groups",
        group.as_str(),
        "databaseUsers",
        username.as_str(),
        "certs",
    ]
}
