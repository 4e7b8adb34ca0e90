//! The portal itself: its database and roles, its settings, its start.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result};

use crate::{
    children::{Child, Launch, answers, output_of},
    folder::Folder,
    ports::Ports,
    postgres::Postgres,
    secrets::Secrets,
    stand_ins::{self, AtlasWay},
    workspace::Workspace,
};

/// The portal's database.
pub const DATABASE: &str = "certdesk";
/// Owns the database and everything in it; only migrations use it.
const OWNER_ROLE: &str = "certdesk_owner";
/// What the running portal signs in as.
const LOGIN_ROLE: &str = "certdesk";
/// What the running portal may: a role that the migrations make.
const APP_ROLE: &str = "certdesk_app";

/// What the sign-in knows the portal as.
pub const CLIENT_ID: &str = "certdesk";
/// Under which name the client's secret is kept.
pub const CLIENT_SECRET: &str = "sign-in client";

/// Where people go. A browser treats `localhost` as safe without TLS, 127.0.0.1 it does not always.
pub fn url(ports: &Ports) -> String {
    format!("http://localhost:{}", ports.portal)
}

/// The database and the two roles that people who install the portal would make by hand.
///
/// # Errors
/// When Postgres refuses.
pub fn create_database(postgres: &Postgres, secrets: &mut Secrets) -> Result<()> {
    let exists = postgres.execute(
        "postgres",
        &format!("select 1 from pg_database where datname = '{DATABASE}'"),
    )?;
    if !exists.trim().is_empty() {
        return Ok(());
    }
    let owner_password = secrets.get("database owner")?;
    let login_password = secrets.get("database login")?;
    // Roles first: an interruption between here and the database is repaired by the next start.
    postgres.execute(
        "postgres",
        &format!(
            "drop role if exists {OWNER_ROLE}; drop role if exists {LOGIN_ROLE};
             create role {OWNER_ROLE} login createrole password '{owner_password}';
             create role {LOGIN_ROLE} login password '{login_password}'",
        ),
    )?;
    postgres.execute(
        "postgres",
        &format!("create database {DATABASE} owner {OWNER_ROLE}"),
    )?;
    Ok(())
}

/// Brings the database to the version of this program, and lets the portal's login do what that allows
/// the portal.
///
/// # Errors
/// When the program or Postgres refuses.
pub fn migrate(
    workspace: &Workspace,
    program: &Path,
    postgres: &Postgres,
    environment: &[(String, String)],
) -> Result<()> {
    let mut command = Command::new(program);
    command
        .arg("migrate")
        .envs(environment.iter().cloned())
        .current_dir(&workspace.root);
    output_of(&mut command).context("the database could not be migrated")?;
    postgres.execute(DATABASE, &format!("grant {APP_ROLE} to {LOGIN_ROLE}"))?;
    Ok(())
}

/// Everything the portal is told, as environment variables.
///
/// # Errors
/// When the secrets cannot be written down.
pub fn environment(
    workspace: &Workspace,
    folder: &Folder,
    ports: &Ports,
    postgres: &Postgres,
    secrets: &mut Secrets,
) -> Result<Vec<(String, String)>> {
    let database = |role: &str, password: &str| postgres.url(role, password, DATABASE);
    let mut settings = vec![
        ("PUBLIC_URL", url(ports)),
        ("LISTEN", format!("127.0.0.1:{}", ports.portal)),
        ("ADMIN_LISTEN", format!("127.0.0.1:{}", ports.admin)),
        (
            "DATABASE__URL",
            database(LOGIN_ROLE, &secrets.get("database login")?),
        ),
        (
            "DATABASE__OWNER_URL",
            database(OWNER_ROLE, &secrets.get("database owner")?),
        ),
        ("OIDC__ISSUER", stand_ins::identity_url(ports)),
        ("OIDC__CLIENT_ID", CLIENT_ID.to_owned()),
        ("OIDC__CLIENT_SECRET", secrets.get(CLIENT_SECRET)?),
        ("OIDC__GROUPS_CLAIM", "groups".to_owned()),
        ("ATLAS__BASE_URL", stand_ins::atlas_url(ports)),
        ("ROLES__SECURITY_GROUPS", "certdesk-security".to_owned()),
        ("ROLES__OPERATOR_GROUPS", "certdesk-operators".to_owned()),
        (
            "ROLES__OWNER_GROUP_PATTERN",
            "atlas-{project}-owners".to_owned(),
        ),
        (
            "ROLES__REQUESTER_GROUP_PATTERN",
            "atlas-{project}-developers".to_owned(),
        ),
        ("AUDIT__ORIGIN", "certdesk.example.com/demo".to_owned()),
        ("PICKUP__KEY_DIR", folder.path("keys").display().to_string()),
        ("SITE__ROOT", workspace.site().display().to_string()),
    ];
    let mut settings: Vec<_> = settings
        .drain(..)
        .map(|(name, value)| (format!("CERTDESK_{name}"), value))
        .collect();
    speak(&mut settings, secrets, AtlasWay::USUAL)?;
    Ok(settings)
}

/// Lets the portal that is started with this environment speak with Atlas in this way, and no other.
///
/// # Errors
/// When the secrets cannot be written down.
pub fn speak(
    environment: &mut Vec<(String, String)>,
    secrets: &mut Secrets,
    way: AtlasWay,
) -> Result<()> {
    environment
        .retain(|(name, _)| !name.starts_with("CERTDESK_ATLAS__") || name.ends_with("__BASE_URL"));
    environment.push(("CERTDESK_ATLAS__API".to_owned(), way.api.to_owned()));
    for account in stand_ins::atlas_credentials(secrets, way.proof)? {
        for (name, value) in account.settings() {
            environment.push((format!("CERTDESK_{name}"), value));
        }
    }
    Ok(())
}

/// Starts it and waits until it says it is ready.
///
/// # Errors
/// When it does not come up.
pub fn start(
    workspace: &Workspace,
    folder: &Folder,
    ports: &Ports,
    environment: &[(String, String)],
) -> Result<Child> {
    let mut portal = Launch::new("the portal", workspace.built("certdesk"))
        .arg("serve")
        .environment(environment)
        .directory(&workspace.root)
        .start(&folder.path("logs/portal.log"))?;
    let ready = format!("http://127.0.0.1:{}/readyz", ports.admin);
    portal.wait_until_ready(Duration::from_mins(1), || answers(&ready))?;
    Ok(portal)
}
