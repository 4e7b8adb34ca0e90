//! The HTTP client behind [`Atlas`](super::Atlas): settings, and how it reads.

use std::{fmt, hash::Hash, sync::Arc};

use futures::future::BoxFuture;
use reqwest::Request;
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    ApiVersion, Credentials, Purpose, ReadError, Timing, Unanswered,
    answer::Answer,
    auth::Prover,
    exchange::{Exchange, Manner, Operation},
    paging,
    request::{Endpoint, Unsendable, page},
    retry::Call,
};
use crate::{
    clock::Clock,
    model::{Refusal, RefusalReason},
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
    issuer: Arc<Prover>,
    disabler: Arc<Prover>,
    pub(super) shared_credential: bool,
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
        let disabler = if credentials.disabler_is_reader() {
            Arc::clone(&reader)
        } else if credentials.disabler_is_issuer() {
            Arc::clone(&issuer)
        } else {
            Arc::new(Prover::new(credentials.disabler()))
        };
        Ok(Self {
            exchange: Exchange::new(timing, base_url.scheme() == "https", clock)?,
            endpoint: Endpoint::new(base_url, api),
            reader,
            issuer,
            disabler,
            shared_credential: credentials.is_shared(),
        })
    }

    /// What proves who asks for this.
    pub(super) fn prover(&self, purpose: Purpose) -> &Prover {
        match purpose {
            Purpose::Reader => &self.reader,
            Purpose::Issuer => &self.issuer,
            Purpose::Disabler => &self.disabler,
        }
    }

    /// A reading call: signed, sent, and repeated as long as that makes sense.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        prover: &Prover,
        url: Url,
    ) -> Result<T, ReadError> {
        let call: Call<'_, Answer> =
            Box::new(|| Box::pin(self.get_once(operation, prover, self.endpoint.get(url.clone()))));
        let answer = self.exchange.timing.retrying(operation.name, call).await?;
        answer
            .json()
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
    pub(super) async fn list<T, K>(
        &self,
        operation: &Operation,
        segments: &[&str],
        key: impl Fn(&T) -> K + Send,
    ) -> Result<Vec<T>, ReadError>
    where
        T: DeserializeOwned + Send,
        K: Eq + Hash + Send,
    {
        self.list_where(operation, segments, &[], key).await
    }

    /// All pages of a list that Atlas is asked to limit.
    pub(super) async fn list_where<T, K>(
        &self,
        operation: &Operation,
        segments: &[&str],
        limits: &[(&str, &str)],
        key: impl Fn(&T) -> K + Send,
    ) -> Result<Vec<T>, ReadError>
    where
        T: DeserializeOwned + Send,
        K: Eq + Hash + Send,
    {
        let mut list = self.endpoint.url(segments)?;
        if !limits.is_empty() {
            list.query_pairs_mut().extend_pairs(limits);
        }
        let page = |number: u32| -> BoxFuture<'_, _> {
            let url = page(&list, number, paging::ITEMS_PER_PAGE);
            Box::pin(self.get(operation, &self.reader, url))
        };
        paging::all(page, key).await
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

impl From<Unsendable> for ReadError {
    fn from(_: Unsendable) -> Self {
        // Told like Atlas's own complaint about a name, because that is what it comes to; the code
        // is ours.
        Self::Refused(Refusal {
            reason: RefusalReason::NameInvalid,
            status: 400,
            code: "UNSENDABLE_NAME".to_owned(),
            retry_after: None,
            retry_at: None,
            address: None,
        })
    }
}
