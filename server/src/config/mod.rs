//! What the operator decides: defaults < `certdesk.toml` < environment (`CERTDESK_…`, with `__`
//! between levels).
//!
//! One file per section; each reads its own keys and says what they should be. Reading goes on after
//! the first problem, so that a person sees all of them at once.

mod atlas;
mod audit;
mod database;
mod environment;
mod limits;
mod logging;
mod oidc;
mod pickup;
mod problem;
mod public;
mod reader;
mod roles;
mod site;
#[cfg(feature = "failpoints")]
mod torture;

use std::path::PathBuf;

pub(crate) use self::public::is_safe;
#[cfg(feature = "failpoints")]
pub use self::torture::Torture;
pub use self::{
    atlas::Atlas,
    audit::Audit,
    database::Database,
    limits::Limits,
    logging::{LogFormat, Logging},
    oidc::Oidc,
    pickup::Pickup,
    problem::{Problem, Problems},
    public::Public,
    reader::Effective,
    roles::Roles,
    site::Site,
};
use self::{database::OwnerDatabase, reader::Reader};

/// Where the configuration comes from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file named by `--config` or `CERTDESK_CONFIG`. Without a name, `certdesk.toml` in the
    /// working directory counts if it is there.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: Vec<(String, String)>,
}

impl Sources {
    /// The environment of this process.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        // A variable that is not text cannot be one of ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file, environment }
    }
}

/// Everything the operator decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses.
    pub public: Public,
    /// Postgres.
    pub database: Database,
    /// The identity provider.
    pub oidc: Oidc,
    /// MongoDB Atlas.
    pub atlas: Atlas,
    /// Which groups mean which role.
    pub roles: Roles,
    /// The audit log.
    pub audit: Audit,
    /// Keys that wait to be collected.
    pub pickup: Pickup,
    /// What the browser downloads.
    pub site: Site,
    /// How much at once.
    pub limits: Limits,
    /// The process's own log.
    pub logging: Logging,
    /// What only a build with failpoints can be told.
    #[cfg(feature = "failpoints")]
    pub torture: Torture,
    /// Every key with its value and where it came from; secrets are not shown.
    pub effective: Vec<Effective>,
}

impl Config {
    /// Reads everything.
    ///
    /// # Errors
    /// Every problem found, by key.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let mut reader = Reader::open(sources)?;
        let public = Public::read(&mut reader);
        let database = Database::read(&mut reader);
        let oidc = Oidc::read(&mut reader);
        let atlas = Atlas::read(&mut reader);
        let roles = Roles::read(&mut reader);
        let audit = Audit::read(&mut reader, public.as_ref());
        let pickup = Pickup::read(&mut reader);
        let site = Site::read(&mut reader);
        let limits = Limits::read(&mut reader);
        let logging = Logging::read(&mut reader);
        #[cfg(feature = "failpoints")]
        let torture = Torture::read(&mut reader);
        // Known here, used by `migrate` alone.
        OwnerDatabase::note(&mut reader);
        let effective = reader.finish()?;
        let whole = || {
            Some(Self {
                public: public?,
                database: database?,
                oidc: oidc?,
                atlas: atlas?,
                roles: roles?,
                audit: audit?,
                pickup: pickup?,
                site: site?,
                limits: limits?,
                logging: logging?,
                #[cfg(feature = "failpoints")]
                torture: torture?,
                effective,
            })
        };
        whole().ok_or_else(Problems::unexplained)
    }

    /// Reads only what `migrate` needs: the address of the database as its owner.
    ///
    /// # Errors
    /// Every problem found, by key.
    pub fn load_owner_database(sources: &Sources) -> Result<secrecy::SecretString, Problems> {
        let mut reader = Reader::open(sources)?;
        let owner = OwnerDatabase::read(&mut reader);
        reader.finish_part()?;
        owner
            .map(|owner| owner.url)
            .ok_or_else(Problems::unexplained)
    }
}
