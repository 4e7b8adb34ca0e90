//! The connections to Postgres, and what they may do there.

use std::{str::FromStr as _, time::Duration};

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::config::Database;

/// Bounds on the server's side: no request waits for the database longer than a person would.
const BOUNDS: [(&str, &str); 3] = [
    ("statement_timeout", "5s"),
    ("lock_timeout", "2s"),
    ("idle_in_transaction_session_timeout", "10s"),
];
const ACQUIRE: Duration = Duration::from_secs(2);

/// Connections for the running process. Opens none yet: a database that is away does not keep the
/// process from starting, and it is used as soon as it is back.
///
/// # Errors
/// When the address is none.
pub fn pool(settings: &Database) -> Result<PgPool> {
    let options = options(&settings.url)?.options(BOUNDS);
    Ok(pool_options(settings.pool).connect_lazy_with(options))
}

/// How the pool behaves, whatever it connects to.
pub fn pool_options(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
}

/// One connection for migrations: they may take their time.
///
/// # Errors
/// When the address is none, or nobody answers there.
pub async fn owner_pool(url: &SecretString) -> Result<PgPool> {
    PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options(url)?)
        .await
        .context("the database could not be reached as its owner (CERTDESK_DATABASE__OWNER_URL)")
}

fn options(url: &SecretString) -> Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url.expose_secret())
        .context("the address of the database could not be understood")?;
    Ok(options.application_name("certdesk"))
}

/// Whether what is written now would stay.
///
/// # Errors
/// Why not, in words.
pub async fn can_write(pool: &PgPool) -> Result<(), String> {
    let read_only: bool = sqlx::query_scalar(
        "select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean",
    )
    .fetch_one(pool)
    .await
    .map_err(|error| error.to_string())?;
    if read_only {
        Err("the database takes no writes".to_owned())
    } else {
        Ok(())
    }
}

/// Whether this program can work with the database as it is: it takes writes, has the audit log, and
/// lacks no migration.
///
/// # Errors
/// Why not, in words.
pub async fn is_ready(pool: &PgPool) -> Result<(), String> {
    can_write(pool).await?;
    let (has_log, may_read_migrations): (bool, bool) = sqlx::query_as(
        "select exists (select from audit.head),
                coalesce(has_table_privilege(to_regclass('public._sqlx_migrations'), 'select'), false)",
    )
    .fetch_one(pool)
    .await
    .map_err(|error| error.to_string())?;
    if !has_log {
        return Err("the audit log has no head".to_owned());
    }
    // The list of migrations is the owner's: it is looked at where the process may.
    if may_read_migrations {
        let newest: Option<i64> =
            sqlx::query_scalar("select max(version) from public._sqlx_migrations where success")
                .fetch_one(pool)
                .await
                .map_err(|error| error.to_string())?;
        let wanted = portal::MIGRATOR
            .iter()
            .map(|migration| migration.version)
            .max();
        if newest < wanted {
            return Err("the database lacks migrations: run `certdesk migrate`".to_owned());
        }
    }
    Ok(())
}

/// What is wrong with the way the process is connected.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Reasons not to run.
    pub refusals: Vec<String>,
    /// Reasons to look into.
    pub warnings: Vec<String>,
}

/// Looks at what the role may do and how the server keeps what is committed.
///
/// # Errors
/// When the database does not answer.
pub async fn inspect(pool: &PgPool) -> sqlx::Result<Findings> {
    let (role, is_superuser, owns, fsync, synchronous): (String, bool, bool, String, String) =
        sqlx::query_as(
            "select current_user::text,
                    (select rolsuper from pg_roles where rolname = current_user),
                    exists (
                        select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                        where n.nspname in ('public', 'audit') and c.relkind in ('r', 'p')
                          and pg_has_role(current_user, c.relowner, 'MEMBER')),
                    current_setting('fsync'), current_setting('synchronous_commit')",
        )
        .fetch_one(pool)
        .await?;
    let mut findings = Findings::default();
    if is_superuser || owns {
        let why = if is_superuser {
            "is a superuser"
        } else {
            "owns the portal's tables"
        };
        findings.refusals.push(format!(
            "the database role {role} {why}: it could rewrite the audit log. Run `certdesk migrate` as \
             the owner (CERTDESK_DATABASE__OWNER_URL), and give the process a login of its own \
             (CERTDESK_DATABASE__URL): create role certdesk login password '…'; grant certdesk_app to certdesk"
        ));
    }
    for (name, value) in [("fsync", fsync), ("synchronous_commit", synchronous)] {
        if value == "off" {
            findings.warnings.push(format!(
                "the database runs with {name} = off: after a power cut it may have forgotten what it \
                 said it had kept, audit entries among it"
            ));
        }
    }
    Ok(findings)
}
