//! Postgres.

use std::str::FromStr as _;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::PgConnectOptions;

use super::reader::Reader;

const SHOULD_BE: &str =
    "the address of the database, such as postgres://certdesk:…@db.example.com/certdesk";

/// Postgres, as the running process uses it.
///
/// - `DATABASE__URL`: as a member of the role `certdesk_app`, which owns nothing.
/// - `DATABASE__POOL`: connections at most.
#[derive(Clone, Debug)]
pub struct Database {
    /// Where it is, and who we are there. A secret: it holds the password.
    pub url: SecretString,
    /// Connections at most.
    pub pool: u32,
}

impl Database {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let url = address(reader, "database.url");
        let pool = reader.with_default("database.pool", "16", "a number from 2 to 200", |text| {
            text.parse()
                .ok()
                .filter(|number| (2..=200).contains(number))
        });
        Some(Self {
            url: url?,
            pool: pool?,
        })
    }
}

/// Postgres, as migrations use it.
///
/// - `DATABASE__OWNER_URL`: as the role that owns the tables. Used by `migrate` and by nothing else.
pub(super) struct OwnerDatabase {
    /// Where it is, and who we are there.
    pub(super) url: SecretString,
}

impl OwnerDatabase {
    const KEY: &str = "database.owner_url";

    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        address(reader, Self::KEY).map(|url| Self { url })
    }

    pub(super) fn note(reader: &mut Reader) {
        reader.skip_secret(Self::KEY);
    }
}

fn address(reader: &mut Reader, key: &str) -> Option<SecretString> {
    let url = reader.secret(key, SHOULD_BE)?;
    let is_postgres = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.expose_secret().starts_with(scheme));
    if !is_postgres || PgConnectOptions::from_str(url.expose_secret()).is_err() {
        reader.conflict(
            key,
            &format!("is not an address of a database: it should be {SHOULD_BE}"),
        );
        return None;
    }
    Some(url)
}
