//! The portal itself: its settings, its start.

use std::time::Duration;

use anyhow::Result;

use super::{folder::Folder, stand_ins};
use crate::{
    browser,
    children::{Child, Launch},
    ports::Ports,
    postgres::Postgres,
    secrets::Secrets,
    workspace::Workspace,
};

/// The portal's database.
pub(crate) const DATABASE: &str = "certdesk";
/// Owns the database and everything in it; only migrations use it.
pub(crate) const OWNER_ROLE: &str = "certdesk_owner";
/// What the running portal signs in as.
pub(crate) const LOGIN_ROLE: &str = "certdesk";
/// What the running portal may: a role that the migrations make.
const APP_ROLE: &str = "certdesk_app";

/// What the sign-in knows the portal as.
pub(crate) const CLIENT_ID: &str = "certdesk";
/// Under which name the client's secret is kept.
pub(crate) const CLIENT_SECRET: &str = "sign-in client";

/// Where people go. A browser treats `localhost` as safe without TLS, 127.0.0.1 it does not always.
pub(crate) fn url(ports: &Ports) -> String {
    format!("http://localhost:{}", ports.portal)
}

/// Everything the portal is told, as environment variables.
pub(crate) fn environment(
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
        ("ATLAS__API", "v2".to_owned()),
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
    for credential in stand_ins::atlas_credentials(secrets)? {
        settings.push((credential.id_setting, credential.client_id));
        settings.push((credential.secret_setting, credential.client_secret));
    }
    Ok(settings
        .into_iter()
        .map(|(name, value)| (format!("CERTDESK_{name}"), value))
        .collect())
}

/// Lets the portal's login do what the migrations allow the portal.
pub(crate) fn let_the_portal_in(postgres: &Postgres) -> Result<()> {
    postgres.execute(DATABASE, &format!("grant {APP_ROLE} to {LOGIN_ROLE}"))?;
    Ok(())
}

/// Starts it and waits until it says it is ready.
pub(crate) fn start(
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
    portal.wait_until_ready(Duration::from_mins(1), || browser::answers(&ready))?;
    Ok(portal)
}
