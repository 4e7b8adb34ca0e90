//! The HTTP client behind [`Atlas`]: settings, and the calls that change nothing.

use std::{fmt, hash::Hash, sync::Arc};

use async_trait::async_trait;
use futures::future::BoxFuture;
use reqwest::Request;
use serde::de::{DeserializeOwned, IgnoredAny};
use time::OffsetDateTime;
use tracing::Instrument;
use url::Url;

use super::{
    ApiVersion, Atlas, AtlasDescription, CreateError, Credentials, IssuedPem, ListedCertificate,
    ListedCluster, ListedUser, ReadError, Timing, Unanswered, UserSecurity,
    auth::Prover,
    exchange::{Answer, Exchange, Manner, Operation, operation},
    paging,
    request::{Endpoint, Unsendable, page},
    retry::Call,
    wire,
};
use crate::{
    clock::Clock,
    model::{GroupId, Months, ProjectRef, Refusal, RefusalReason, Username},
};

/// Most attempts at one reading call that differ in how they prove who asks: with an old nonce or
/// token, with a new one, and with another nonce where that one was stale already.
const PROOFS_MAX: u8 = 3;

/// Which Atlas, and as whom.
#[derive(Clone, Debug)]
pub struct AtlasSettings {
    /// Where it is: `https://cloud.mongodb.com`.
    pub base_url: Url,
    /// The generation of the API.
    pub api: ApiVersion,
    /// As whom.
    pub credentials: Credentials,
}

/// Atlas over HTTP.
pub struct AtlasClient {
    pub(super) endpoint: Endpoint,
    pub(super) exchange: Exchange,
    reader: Arc<Prover>,
    pub(super) issuer: Arc<Prover>,
    shared_credential: bool,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum AtlasSettingsError {
    /// The address is not one of a server.
    #[error(
        "the address of Atlas must begin with https:// or http://, and hold no user, query or fragment"
    )]
    Address,
    /// The machine cannot speak HTTPS.
    #[error("the HTTP client cannot be set up")]
    Setup(#[from] reqwest::Error),
}

impl AtlasClient {
    /// A client with the usual patience.
    ///
    /// # Errors
    /// When the address cannot be used or the machine has no trusted authorities for TLS.
    pub fn new(settings: AtlasSettings, clock: Arc<dyn Clock>) -> Result<Self, AtlasSettingsError> {
        Self::with_timing(settings, Timing::default(), clock)
    }

    /// A client with this patience.
    ///
    /// # Errors
    /// As [`AtlasClient::new`].
    pub fn with_timing(
        settings: AtlasSettings,
        timing: Timing,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AtlasSettingsError> {
        let AtlasSettings {
            base_url,
            api,
            credentials,
        } = settings;
        let usable = matches!(base_url.scheme(), "https" | "http")
            && base_url.username().is_empty()
            && base_url.password().is_none()
            && base_url.query().is_none()
            && base_url.fragment().is_none();
        if !usable {
            return Err(AtlasSettingsError::Address);
        }

        let reader = Arc::new(Prover::new(&credentials.reader));
        let issuer = if credentials.issuer_is_reader() {
            Arc::clone(&reader)
        } else {
            Arc::new(Prover::new(credentials.issuer()))
        };
        Ok(Self {
            exchange: Exchange::new(timing, base_url.scheme() == "https", clock)?,
            endpoint: Endpoint::new(base_url, api),
            reader,
            issuer,
            shared_credential: credentials.is_shared(),
        })
    }

    /// A reading call: signed, sent, and repeated as long as that makes sense.
    async fn get<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        prover: &Prover,
        url: Url,
    ) -> Result<T, ReadError> {
        let call: Call<'_, Answer> =
            Box::new(|| Box::pin(self.get_once(operation, prover, self.endpoint.get(url.clone()))));
        let answer = self.exchange.timing.retrying(operation.name, call).await?;
        serde_json::from_slice(&answer.body)
            .map_err(|_| Unanswered::Malformed("its JSON is not as documented").into())
    }

    async fn get_once(
        &self,
        operation: &Operation,
        prover: &Prover,
        request: Request,
    ) -> Result<Answer, ReadError> {
        let mut attempt = 0;
        loop {
            let mut request = request.try_clone().expect("a request without a body");
            let proof = prover
                .sign(&mut request, &self.endpoint, &self.exchange)
                .await?;
            let answer = self
                .exchange
                .send(operation, Manner::Reading, request)
                .await?;
            prover.observe(&answer);
            if answer.status == 200 {
                return Ok(answer);
            }
            if answer.status == 401
                && attempt + 1 < PROOFS_MAX
                && prover.renew(&proof, &answer, attempt, &self.exchange)
            {
                attempt += 1;
                continue;
            }
            return Err(answer.into_error());
        }
    }

    /// All pages of a list.
    async fn list<T, K>(
        &self,
        operation: &Operation,
        segments: &[&str],
        key: impl Fn(&T) -> K + Send,
    ) -> Result<Vec<T>, ReadError>
    where
        T: DeserializeOwned + Send,
        K: Eq + Hash + Send,
    {
        let list = self.endpoint.url(segments)?;
        let page = |number: u32| -> BoxFuture<'_, _> {
            let url = page(&list, number, paging::ITEMS_PER_PAGE);
            Box::pin(self.get(operation, &self.reader, url))
        };
        paging::all(page, key).await
    }
}

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
            self.get::<wire::WireUserSecurity>(&operation, &self.issuer, url)
                .await
                .map(UserSecurity::from)
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
                Err(ReadError::Refused(Refusal {
                    status: 401 | 403 | 404,
                    ..
                })) => Ok(None),
                Err(error) => Err(error),
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

    async fn prepare_create(&self) -> Result<(), ReadError> {
        let operation = operation!("prepare_create");
        async {
            if let Prover::ApiKey(_) = *self.issuer {
                // Asking for a nonce proves nothing about the key; this does.
                let url = self.endpoint.harmless();
                self.get::<IgnoredAny>(&operation, &self.issuer, url)
                    .await?;
            }
            let call: Call<'_, ()> =
                Box::new(|| Box::pin(self.issuer.prepare(&self.endpoint, &self.exchange)));
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
    ) -> Result<IssuedPem, CreateError> {
        let operation = operation!("create_certificate", project = %group);
        self.create(&operation, group, username, months)
            .instrument(operation.span.clone())
            .await
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

impl fmt::Debug for AtlasClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtlasClient")
            .field("endpoint", &self.endpoint)
            .field("shared_credential", &self.shared_credential)
            .finish_non_exhaustive()
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

impl From<Unsendable> for ReadError {
    fn from(_: Unsendable) -> Self {
        // Told like Atlas's own complaint about a name, because that is what it comes to; the code
        // is ours.
        Self::Refused(Refusal {
            reason: RefusalReason::NameInvalid,
            status: 400,
            code: "UNSENDABLE_NAME".to_owned(),
            retry_after: None,
        })
    }
}
