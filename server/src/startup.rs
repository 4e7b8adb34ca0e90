//! From configuration to a portal.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use app::SiteFiles;
use portal::{
    Portal,
    atlas::{AtlasClient, AtlasSettings, Timing},
    certificates::pickup::Keyring,
    clock::{Clock, Random, SystemClock},
    pace::Pace,
};
use sqlx::PgPool;
use tokio_util::task::TaskTracker;

use crate::{
    Web,
    config::{Atlas, Config},
    database,
    layers::rates::Rates,
    oidc::Provider,
    web,
};

/// The product, connected to the outside as configured.
///
/// # Errors
/// When something on this machine is not as it should be. What is elsewhere may be away.
pub fn portal(config: &Config) -> Result<Portal> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random = Random::from_system();
    let key_dir = &config.pickup.key_dir;
    let keyring = Keyring::open(key_dir, random.clone()).with_context(|| {
        format!(
            "the folder of sealing keys, {}, could not be opened (CERTDESK_PICKUP__KEY_DIR)",
            key_dir.display()
        )
    })?;
    assemble(
        config,
        database::pool(&config.database)?,
        clock,
        random,
        keyring,
    )
}

fn assemble(
    config: &Config,
    pool: PgPool,
    clock: Arc<dyn Clock>,
    random: Random,
    keyring: Keyring,
) -> Result<Portal> {
    let pace = pace(config);
    let atlas = atlas_at(pace, &config.atlas, Arc::clone(&clock))?;
    let boot_id = random.id(clock.now());
    Ok(Portal::new(portal::Parts {
        pool,
        atlas: Arc::new(atlas),
        clock,
        random,
        keyring,
        role_groups: config.roles.0.clone(),
        step_up_s: config.oidc.step_up_s,
        boot_id,
        pace,
        tasks: TaskTracker::new(),
    }))
}

/// Atlas as configured.
///
/// # Errors
/// When this machine cannot speak HTTPS.
pub fn atlas(settings: &Atlas, clock: Arc<dyn Clock>) -> Result<AtlasClient> {
    atlas_at(Pace::default(), settings, clock)
}

fn atlas_at(pace: Pace, settings: &Atlas, clock: Arc<dyn Clock>) -> Result<AtlasClient> {
    let settings = AtlasSettings {
        base_url: settings.base_url.clone(),
        api: settings.api,
        credentials: settings.credentials.clone(),
    };
    let timing = Timing::default().at(pace);
    AtlasClient::with_timing(settings, timing, clock)
        .context("the client for MongoDB Atlas could not be set up")
}

/// How fast waiting passes. A build with failpoints is also told here where it dies.
#[cfg(feature = "failpoints")]
fn pace(config: &Config) -> Pace {
    if let Some(failpoint) = &config.torture.failpoint {
        portal::failpoint::arm(Arc::clone(failpoint));
    }
    config.torture.pace
}

#[cfg(not(feature = "failpoints"))]
fn pace(_: &Config) -> Pace {
    Pace::default()
}

#[cfg(not(feature = "failpoints"))]
fn rates() -> Rates {
    Rates::default()
}

#[cfg(feature = "failpoints")]
fn rates() -> Rates {
    Rates::boundless()
}

/// The web side around a portal.
///
/// # Errors
/// When the site's files cannot be read or there is no TLS to talk to the identity provider with.
pub fn web(config: &Config, portal: Portal) -> Result<Web> {
    let provider = Provider::new(
        config.oidc.clone(),
        &config.public,
        Arc::clone(&portal.clock),
    )?;
    let root = &config.site.root;
    let files = SiteFiles::read(root).with_context(|| {
        format!(
            "the site's files in {} could not be read (CERTDESK_SITE__ROOT)",
            root.display()
        )
    })?;
    Ok(Web::new(web::Parts {
        portal,
        provider: Arc::new(provider),
        public: config.public.clone(),
        limits: config.limits.clone(),
        rates: rates(),
        files,
        site_root: root.clone(),
    }))
}
