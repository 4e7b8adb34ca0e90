//! Fills a fresh installation with a believable past: two years of certificates and requests.
//!
//! Nothing is written behind the portal's back. The real operations run, against the stand-in for
//! Atlas, under clocks that are moved through the past; so every row has its audit entry and every
//! certificate its key, exactly as if it had happened.

mod past;
mod people;
mod rehearsal;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use portal::atlas::{ApiVersion, AtlasSettings, Credential, Credentials};
use sqlx::postgres::PgPoolOptions;
use url::Url;

/// Fills a fresh installation with a believable past.
#[derive(Parser)]
struct Arguments {
    /// The database, as the role that owns it.
    #[arg(long, env = "CERTDESK_DATABASE__OWNER_URL", hide_env_values = true)]
    database_owner_url: String,
    /// The database, as the portal signs in.
    #[arg(long, env = "CERTDESK_DATABASE__URL", hide_env_values = true)]
    database_url: String,
    /// Where the stand-in for Atlas is.
    #[arg(long, env = "CERTDESK_ATLAS__BASE_URL")]
    atlas_url: Url,
    /// Where its control endpoints are, if elsewhere.
    #[arg(long)]
    atlas_control_url: Option<Url>,
    /// The identity provider's issuer: people are known by it.
    #[arg(long, env = "CERTDESK_OIDC__ISSUER")]
    issuer: String,
    /// The folder of sealing keys.
    #[arg(long, env = "CERTDESK_PICKUP__KEY_DIR")]
    key_dir: std::path::PathBuf,
    #[arg(long, env = "CERTDESK_ATLAS__READER__CLIENT_ID")]
    reader_id: String,
    #[arg(
        long,
        env = "CERTDESK_ATLAS__READER__CLIENT_SECRET",
        hide_env_values = true
    )]
    reader_secret: String,
    #[arg(long, env = "CERTDESK_ATLAS__ISSUER__CLIENT_ID")]
    issuer_id: String,
    #[arg(
        long,
        env = "CERTDESK_ATLAS__ISSUER__CLIENT_SECRET",
        hide_env_values = true
    )]
    issuer_secret: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let account = |client_id: String, client_secret: String| Credential::ServiceAccount {
        client_id,
        client_secret: client_secret.into(),
    };
    let atlas = AtlasSettings {
        base_url: arguments.atlas_url.clone(),
        api: ApiVersion::V2,
        credentials: Credentials {
            reader: account(arguments.reader_id, arguments.reader_secret),
            issuer: Some(account(arguments.issuer_id, arguments.issuer_secret)),
            disabler: None,
        },
    };
    let connect = |url: &str| PgPoolOptions::new().max_connections(4).connect_lazy(url);
    let owner = connect(&arguments.database_owner_url).context("the owner's database address")?;
    let pool = connect(&arguments.database_url).context("the portal's database address")?;
    let entries: i64 = sqlx::query_scalar("select size from audit.head")
        .fetch_one(&pool)
        .await
        .context("the database cannot be read; has it been migrated?")?;
    if entries > 0 {
        bail!(
            "the audit log holds {entries} entries already; a past is only made up for an empty one"
        );
    }

    let control = arguments.atlas_control_url.unwrap_or(arguments.atlas_url);
    let rehearsal = rehearsal::Rehearsal::new(rehearsal::Surroundings {
        pool,
        owner,
        atlas,
        control,
        issuer: arguments.issuer,
        key_dir: arguments.key_dir,
    })?;
    let outcome = rehearsal.run().await;
    // Whatever happened, no clock may stay moved.
    rehearsal.back_to_the_present().await?;
    outcome
}
