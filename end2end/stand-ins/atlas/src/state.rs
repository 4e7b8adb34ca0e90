//! The one stand-in: what its parts share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tokio::sync::OnceCell;

use crate::auth::{Nonces, Tokens};
use crate::authority::Authority;
use crate::certificates::Certificate;
use crate::clock::Clock;
use crate::credentials::Credential;
use crate::faults::{Fault, Faults};
use crate::journal::{Entry, Journal};
use crate::rate_limit::Buckets;
use crate::settings::Settings;
use crate::storage::{Stored, replace};
use crate::world::World;

/// A stand-in for Atlas. Cheap to share; every clone of the `Arc` is the same one.
pub struct StandIn {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) credentials: Vec<Arc<Credential>>,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) buckets: Buckets,
    pub(crate) tokens: Tokens,
    pub(crate) nonces: Nonces,
    stored: Mutex<Stored>,
    authorities: Mutex<HashMap<String, Arc<OnceCell<Arc<Authority>>>>>,
    saving: tokio::sync::Mutex<()>,
    delay: Mutex<Duration>,
}

impl StandIn {
    /// Makes a stand-in, from the state file when there is one.
    ///
    /// # Errors
    /// When the state file or the journal cannot be read or written.
    pub fn new(settings: Settings) -> anyhow::Result<Arc<Self>> {
        let clock = Clock::default();
        let kept = settings
            .state
            .as_deref()
            .map(Stored::load)
            .transpose()?
            .flatten();
        let mut stored = kept.unwrap_or_else(|| Stored {
            world: settings
                .world
                .clone()
                .unwrap_or_else(|| World::demo(clock.now())),
            ..Stored::default()
        });
        if !settings.credentials.is_empty() {
            stored.credentials.clone_from(&settings.credentials);
        } else if stored.credentials.is_empty() {
            stored.credentials = Credential::defaults();
        }
        Ok(Arc::new(Self {
            credentials: stored.credentials.iter().cloned().map(Arc::new).collect(),
            faults: Faults::default(),
            journal: Journal::open(settings.journal.as_deref(), clock.clone())?,
            buckets: Buckets::default(),
            tokens: Tokens::default(),
            nonces: Nonces::default(),
            stored: Mutex::new(stored),
            authorities: Mutex::default(),
            saving: tokio::sync::Mutex::default(),
            delay: Mutex::new(settings.delay),
            settings,
            clock,
        }))
    }

    /// The clock, to be read or moved.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Arms a fault.
    pub fn arm(&self, fault: Fault) {
        self.faults.arm(fault);
    }

    /// Disarms all faults.
    pub fn disarm(&self) {
        self.faults.clear();
    }

    /// Every request received so far.
    pub fn journal(&self) -> Vec<Entry> {
        self.journal.entries()
    }

    /// Every certificate made so far, expired ones and those of deleted users included.
    pub fn certificates(&self) -> Vec<Certificate> {
        self.stored(|stored| stored.certificates.clone())
    }

    /// The world as it is now.
    pub fn world(&self) -> World {
        self.stored(|stored| stored.world.clone())
    }

    /// Replaces the world. Certificates and events of the old one are forgotten, authorities are kept.
    ///
    /// # Errors
    /// When the state file cannot be written.
    pub async fn replace_world(&self, world: World) -> anyhow::Result<()> {
        self.stored(|stored| {
            stored.world = world;
            stored.certificates.clear();
            stored.events.clear();
        });
        self.save().await
    }

    /// How long every API call takes at least.
    pub fn delay(&self) -> Duration {
        *lock(&self.delay)
    }

    /// Changes how long every API call takes at least.
    pub fn set_delay(&self, delay: Duration) {
        *lock(&self.delay) = delay;
    }

    /// Reads or changes what is stored. Nothing is awaited while it is held.
    pub(crate) fn stored<T>(&self, with: impl FnOnce(&mut Stored) -> T) -> T {
        with(&mut lock(&self.stored))
    }

    /// Writes the state file. An answer is given only after it: whoever saw a certificate finds it after a crash.
    pub(crate) async fn save(&self) -> anyhow::Result<()> {
        let Some(path) = self.settings.state.clone() else {
            return Ok(());
        };
        // One writer at a time, each with the newest content, so an older one never comes last.
        let _turn = self.saving.lock().await;
        let content = self.stored(|stored| serde_json::to_vec_pretty(stored))?;
        tokio::task::spawn_blocking(move || replace(&path, &content))
            .await
            .context("the thread that writes files")?
    }

    /// The project's authority, made when it is first needed.
    pub(crate) async fn authority(&self, group_id: &str) -> anyhow::Result<Arc<Authority>> {
        let cell = Arc::clone(
            lock(&self.authorities)
                .entry(group_id.to_owned())
                .or_default(),
        );
        let authority = cell
            .get_or_try_init(|| async {
                let kept = self.stored(|stored| stored.authorities.get(group_id).cloned());
                let id = group_id.to_owned();
                let authority = tokio::task::spawn_blocking(move || match kept {
                    Some(pem) => Authority::from_key(&id, &pem),
                    None => Authority::generate(&id),
                })
                .await
                .context("the thread that makes keys")??;
                self.stored(|stored| {
                    stored
                        .authorities
                        .insert(group_id.to_owned(), authority.key_pem())
                });
                anyhow::Ok(Arc::new(authority))
            })
            .await?;
        Ok(Arc::clone(authority))
    }
}

/// Locks, also after a panic elsewhere: the data is plain and every change to it is one assignment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
