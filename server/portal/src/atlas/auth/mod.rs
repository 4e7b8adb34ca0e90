//! Proving to Atlas who asks.

mod digest;
mod service_account;

use reqwest::{
    Request,
    header::{AUTHORIZATION, HeaderValue},
};
use secrecy::SecretString;

use self::{digest::Digest, service_account::ServiceAccount};
use super::{
    ReadError,
    answer::Answer,
    exchange::Exchange,
    request::{Endpoint, target},
};
use crate::model::{CredentialKind, CredentialName, RefusalReason};

/// What proves to Atlas who asks. `Debug` shows the public half.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A service account: OAuth 2 client credentials (RFC 6749 section 4.4).
    ServiceAccount {
        /// `mdb_sa_id_…`
        client_id: String,
        /// `mdb_sa_sk_…`
        client_secret: SecretString,
    },
    /// A programmatic API key: HTTP digest (RFC 7616).
    ApiKey {
        /// The user name.
        public_key: String,
        /// The password.
        private_key: SecretString,
    },
}

impl Credential {
    fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::ServiceAccount { client_id: a, .. },
                Self::ServiceAccount { client_id: b, .. },
            )
            | (Self::ApiKey { public_key: a, .. }, Self::ApiKey { public_key: b, .. }) => a == b,
            (Self::ServiceAccount { .. }, Self::ApiKey { .. })
            | (Self::ApiKey { .. }, Self::ServiceAccount { .. }) => false,
        }
    }
}

/// The credentials by purpose, so that each can have the least power it needs.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Lists and looks.
    pub reader: Credential,
    /// Makes certificates; the reader's where absent.
    pub issuer: Option<Credential>,
    /// Switches customer-managed X.509 off; the reader's where absent.
    pub disabler: Option<Credential>,
}

impl Credentials {
    /// Whether one credential serves for several purposes.
    pub fn is_shared(&self) -> bool {
        let issuer = self.issuer();
        let disabler = self.disabler();
        self.reader.is_same_as(issuer)
            || self.reader.is_same_as(disabler)
            || issuer.is_same_as(disabler)
    }

    pub(super) fn issuer(&self) -> &Credential {
        self.issuer.as_ref().unwrap_or(&self.reader)
    }

    pub(super) fn disabler(&self) -> &Credential {
        self.disabler.as_ref().unwrap_or(&self.reader)
    }

    pub(super) fn issuer_is_reader(&self) -> bool {
        self.reader.is_same_as(self.issuer())
    }

    pub(super) fn disabler_is_reader(&self) -> bool {
        self.reader.is_same_as(self.disabler())
    }

    pub(super) fn disabler_is_issuer(&self) -> bool {
        self.issuer().is_same_as(self.disabler())
    }
}

/// A credential at work: with what Atlas has given for it so far.
pub(super) enum Prover {
    ServiceAccount(ServiceAccount),
    ApiKey(Digest),
}

/// What a request was sent with.
pub(super) enum Proof {
    /// The token of this number.
    Token(u64),
    /// An answer to this nonce; `None` where there was no nonce yet.
    Nonce(Option<String>),
}

impl Prover {
    pub(super) fn new(credential: &Credential) -> Self {
        match credential.clone() {
            Credential::ServiceAccount {
                client_id,
                client_secret,
            } => Self::ServiceAccount(ServiceAccount::new(client_id, client_secret)),
            Credential::ApiKey {
                public_key,
                private_key,
            } => Self::ApiKey(Digest::new(public_key, private_key)),
        }
    }

    /// Whose it is: the public half.
    pub(super) fn name(&self) -> CredentialName {
        let (kind, public) = match self {
            Self::ServiceAccount(account) => (CredentialKind::ServiceAccount, &account.client_id),
            Self::ApiKey(digest) => (CredentialKind::ApiKey, &digest.public_key),
        };
        CredentialName {
            kind,
            public: public.clone(),
        }
    }

    /// Adds the proof to a request that changes nothing. May ask for a token first.
    pub(super) async fn sign(
        &self,
        request: &mut Request,
        endpoint: &Endpoint,
        exchange: &Exchange,
    ) -> Result<Proof, ReadError> {
        match self {
            Self::ServiceAccount(account) => {
                let (number, header) = account.token(endpoint, exchange).await?;
                put(request, header);
                Ok(Proof::Token(number))
            }
            Self::ApiKey(digest) => {
                let answer = digest.answer(request.method().as_str(), target(request.url()))?;
                Ok(Proof::Nonce(answer.map(|(nonce, header)| {
                    put(request, header);
                    nonce
                })))
            }
        }
    }

    /// Gets what [`Prover::sign_prepared`] will need.
    pub(super) async fn prepare(
        &self,
        endpoint: &Endpoint,
        exchange: &Exchange,
    ) -> Result<(), ReadError> {
        match self {
            Self::ServiceAccount(account) => account.token(endpoint, exchange).await.map(drop),
            Self::ApiKey(digest) => digest.reserve(endpoint, exchange).await,
        }
    }

    /// Adds the proof to a request that may be sent only once, from what is at hand: asks nobody.
    pub(super) fn sign_prepared(
        &self,
        request: &mut Request,
        exchange: &Exchange,
    ) -> Option<Proof> {
        let (proof, header) = match self {
            Self::ServiceAccount(account) => {
                let (number, header) = account.token_at_hand(exchange.clock.now())?;
                (Proof::Token(number), header)
            }
            Self::ApiKey(digest) => {
                let uri = target(request.url());
                let (nonce, header) =
                    digest.answer_reserved(request.method().as_str(), uri, exchange.clock.now())?;
                (Proof::Nonce(Some(nonce)), header)
            }
        };
        put(request, header);
        Some(proof)
    }

    /// Takes from an answer whatever matters for the next request.
    pub(super) fn observe(&self, answer: &Answer) {
        if let Self::ApiKey(digest) = self {
            digest.observe(&answer.headers);
        }
    }

    /// After a 401: gives up what the request was sent with, and says whether another attempt could
    /// end differently. `attempt` counts from 0.
    pub(super) fn renew(
        &self,
        proof: &Proof,
        answer: &Answer,
        attempt: u8,
        exchange: &Exchange,
    ) -> bool {
        // Who is told that a role is missing has been recognised.
        let recognised = answer.refusal().is_some_and(|refusal| {
            !matches!(
                refusal.reason,
                RefusalReason::CredentialRefused | RefusalReason::SecretRefused
            )
        });
        match (self, proof) {
            (Self::ServiceAccount(account), Proof::Token(number)) => {
                attempt == 0 && account.give_up(*number, recognised, exchange.clock.now())
            }
            (Self::ApiKey(digest), Proof::Nonce(nonce)) => {
                let challenged = digest.learn(&answer.headers, nonce.as_deref());
                match challenged {
                    None => false,
                    Some(_) if nonce.is_none() => true,
                    Some(_) if recognised => false,
                    // A nonce of an earlier call may have run out without the server saying so. One
                    // of this call that is refused means that the key is wrong, unless it is stale.
                    Some(stale) => attempt == 0 || stale,
                }
            }
            (Self::ServiceAccount(_), Proof::Nonce(_)) | (Self::ApiKey(_), Proof::Token(_)) => {
                false
            }
        }
    }

    /// After a request that may be sent only once was answered 401: gives up what it was sent with.
    pub(super) fn forget(&self, proof: &Proof, exchange: &Exchange) {
        if let (Self::ServiceAccount(account), Proof::Token(number)) = (self, proof) {
            account.give_up(*number, false, exchange.clock.now());
        }
    }
}

fn put(request: &mut Request, mut header: HeaderValue) {
    // Keeps it out of every `Debug` of the request.
    header.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, header);
}
