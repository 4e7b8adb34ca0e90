//! What can be chosen when the stand-in starts.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use crate::credentials::Credential;
use crate::world::World;

/// The kind of private key that comes with a certificate.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum KeyKind {
    /// Half the size of what Atlas makes (RSA 4096), and many times faster: the default.
    #[default]
    Rsa2048,
    /// What Atlas makes. A second or more per certificate.
    Rsa4096,
    /// Not what Atlas makes, but quick enough for tens of thousands of certificates.
    EcdsaP256,
}

/// The settings of one stand-in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the world, the certificates and the authorities are kept between runs; nowhere when absent.
    pub state: Option<PathBuf>,
    /// Where every request is appended; nowhere when absent.
    pub journal: Option<PathBuf>,
    /// Who may call. Empty: those of the state file, else [`Credential::defaults`].
    pub credentials: Vec<Credential>,
    /// The world to start with, unless the state file holds one. Absent: [`World::demo`].
    pub world: Option<World>,
    /// How long every API call takes at least. Atlas needs about a second for a certificate.
    pub delay: Duration,
    /// How long an access token lives. Atlas: one hour.
    pub token_lifetime: Duration,
    /// How long a cluster says `PENDING` after a database user was created, changed or deleted.
    pub apply_time: Duration,
    /// How long a cluster says `UPDATING` after the security settings were changed: its members restart one after
    /// the other.
    pub restart_time: Duration,
    /// The kind of private key that comes with a certificate.
    pub key_kind: KeyKind,
    /// Whether everybody may ask as often as they like: no token bucket ever runs dry.
    pub unlimited: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            state: None,
            journal: None,
            credentials: Vec::new(),
            world: None,
            delay: Duration::ZERO,
            token_lifetime: Duration::from_hours(1),
            apply_time: Duration::from_secs(5),
            restart_time: Duration::from_secs(20),
            key_kind: KeyKind::default(),
            unlimited: false,
        }
    }
}
