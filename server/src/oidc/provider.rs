//! The identity provider as known now.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use openidconnect::{JsonWebKeySet, RedirectUrl, core::CoreJsonWebKeySet};
use portal::clock::Clock;
use time::{Duration, OffsetDateTime};

use super::{
    Refusal,
    http_client::HttpClient,
    keys,
    metadata::{self, Metadata, OidcClient, chain},
};
use crate::config::{Oidc, Public};

/// How long what the provider says about itself is taken as it is.
const REFRESH_AFTER: Duration = Duration::hours(1);
/// How soon a provider that did not answer is asked again.
const RETRY_AFTER: Duration = Duration::seconds(5);
/// How soon an unknown key makes us ask for the keys again: made-up key ids must not turn us into
/// a load on the provider.
const KEYS_AGAIN_AFTER: Duration = Duration::seconds(30);

/// The identity provider. It may be away at the start and at any time later; what was last known
/// stays good meanwhile.
pub struct Provider {
    pub(super) settings: Oidc,
    pub(super) http: HttpClient,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) redirect_uri: RedirectUrl,
    state: RwLock<State>,
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    known: Option<Arc<Known>>,
    asked_at: Option<OffsetDateTime>,
    keys_asked_at: Option<OffsetDateTime>,
    contact: Contact,
}

/// When the provider last answered, and what went wrong since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// When it last answered as it should.
    pub answered_at: Option<OffsetDateTime>,
    /// Why the last try failed, if it did.
    pub failure: Option<String>,
}

/// What the provider said about itself, checked.
pub(super) struct Known {
    pub(super) metadata: Metadata,
    pub(super) keys: CoreJsonWebKeySet,
    form_targets: BTreeSet<String>,
}

impl Provider {
    /// A provider that has not been asked yet.
    ///
    /// # Errors
    /// When there is no TLS to talk to it with, or `PUBLIC_URL` makes no address to come back to.
    pub fn new(settings: Oidc, public: &Public, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        Ok(Self {
            settings,
            http: HttpClient::new()?,
            clock,
            redirect_uri: RedirectUrl::new(public.address_of("/auth/callback"))?,
            state: RwLock::default(),
            asking: tokio::sync::Mutex::default(),
        })
    }

    /// Its issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// When it last answered.
    pub fn contact(&self) -> Contact {
        self.read(|state| state.contact.clone())
    }

    /// Origins to which a form of ours may be redirected.
    pub fn form_targets(&self) -> BTreeSet<String> {
        self.read(|state| {
            state
                .known
                .as_ref()
                .map(|known| known.form_targets.clone())
                .unwrap_or_default()
        })
    }

    /// Asks again if what is known is missing or old. For a timer.
    pub async fn keep_fresh(&self) {
        let now = self.clock.now();
        let old = self.read(|state| {
            state.known.is_none()
                || state
                    .contact
                    .answered_at
                    .is_none_or(|at| now - at >= REFRESH_AFTER)
        });
        if old && let Err(refusal) = self.ask().await {
            tracing::warn!(
                class = refusal.class,
                "The identity provider is away: {}",
                refusal.detail
            );
        }
    }

    /// Asks the provider about itself, whatever is known.
    ///
    /// # Errors
    /// When it does not answer, or not as it should.
    pub async fn ask(&self) -> Result<(), Refusal> {
        let _one_at_a_time = self.asking.lock().await;
        let outcome = metadata::discover(&self.settings, &self.http).await;
        let now = self.clock.now();
        self.write(|state| {
            state.asked_at = Some(now);
            match outcome {
                Ok(metadata) => {
                    state.known = Some(Arc::new(Known {
                        keys: keys::trustworthy(metadata.jwks()),
                        form_targets: metadata::form_targets(&metadata),
                        metadata,
                    }));
                    state.keys_asked_at = Some(now);
                    state.contact = Contact {
                        answered_at: Some(now),
                        failure: None,
                    };
                    Ok(())
                }
                Err(refusal) => {
                    state.contact.failure = Some(refusal.to_string());
                    Err(refusal)
                }
            }
        })
    }

    /// What is known; asks if nothing is, but not again and again.
    pub(super) async fn known(&self) -> Result<Arc<Known>, Refusal> {
        if let Some(known) = self.read(|state| state.known.clone()) {
            return Ok(known);
        }
        let now = self.clock.now();
        let just_asked = self.read(|state| state.asked_at.is_some_and(|at| now - at < RETRY_AFTER));
        if !just_asked {
            self.ask().await?;
        }
        let failure = self
            .read(|state| state.contact.failure.clone())
            .unwrap_or_default();
        self.read(|state| state.known.clone())
            .ok_or_else(|| Refusal::new("provider.away", failure))
    }

    /// Gets the keys again because one was not among them, at most twice a minute for everybody
    /// together. `None` if it is too soon or they did not come: what was known stays.
    pub(super) async fn keys_again(&self) -> Option<Arc<Known>> {
        let _one_at_a_time = self.asking.lock().await;
        let now = self.clock.now();
        let known = self.read(|state| {
            let too_soon = state
                .keys_asked_at
                .is_some_and(|at| now - at < KEYS_AGAIN_AFTER);
            state.known.clone().filter(|_| !too_soon)
        })?;
        self.write(|state| state.keys_asked_at = Some(now));
        match JsonWebKeySet::fetch_async(known.metadata.jwks_uri(), &self.http).await {
            Ok(keys) => {
                let known = Arc::new(Known {
                    keys: keys::trustworthy(&keys),
                    form_targets: known.form_targets.clone(),
                    metadata: known.metadata.clone(),
                });
                self.write(|state| state.known = Some(Arc::clone(&known)));
                Some(known)
            }
            Err(error) => {
                tracing::warn!(
                    "The identity provider's keys could not be read: {}",
                    chain(&error)
                );
                None
            }
        }
    }

    pub(super) fn client(&self, known: &Known) -> OidcClient {
        metadata::client(&self.settings, &known.metadata, &self.redirect_uri)
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }
}
