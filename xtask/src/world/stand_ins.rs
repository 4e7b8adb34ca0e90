//! The two programs that stand in for the world outside: Atlas and the company's sign-in.

use std::time::Duration;

use anyhow::Result;

use super::{folder::Folder, portal};
use crate::{
    browser,
    children::{Child, Launch},
    node,
    ports::Ports,
    secrets::Secrets,
    workspace::Workspace,
};

const PATIENCE: Duration = Duration::from_secs(30);
const IDENTITY: &str = "end2end/stand-ins/identity";

/// One of the portal's three accounts at Atlas.
pub(crate) struct AtlasCredential {
    name: &'static str,
    pub client_id: String,
    pub client_secret: String,
    /// The portal's settings that take them.
    pub id_setting: &'static str,
    pub secret_setting: &'static str,
}

/// The sign-in's address, which is also its name.
pub(crate) fn identity_url(ports: &Ports) -> String {
    format!("http://localhost:{}", ports.identity)
}

/// Atlas's address.
pub(crate) fn atlas_url(ports: &Ports) -> String {
    format!("http://127.0.0.1:{}", ports.atlas)
}

/// The accounts the portal has at Atlas, each for what its name says.
pub(crate) fn atlas_credentials(secrets: &mut Secrets) -> Result<Vec<AtlasCredential>> {
    [
        (
            "reader",
            "1",
            "ATLAS__READER__CLIENT_ID",
            "ATLAS__READER__CLIENT_SECRET",
        ),
        (
            "issuer",
            "2",
            "ATLAS__ISSUER__CLIENT_ID",
            "ATLAS__ISSUER__CLIENT_SECRET",
        ),
        (
            "disabler",
            "3",
            "ATLAS__DISABLER__CLIENT_ID",
            "ATLAS__DISABLER__CLIENT_SECRET",
        ),
    ]
    .into_iter()
    .map(|(name, number, id_setting, secret_setting)| {
        Ok(AtlasCredential {
            name,
            // The forms Atlas gives them; the stand-in insists.
            client_id: format!("mdb_sa_id_{number:0>24}"),
            client_secret: format!("mdb_sa_sk_{}", secrets.get(&format!("atlas {name}"))?),
            id_setting,
            secret_setting,
        })
    })
    .collect()
}

/// Starts the stand-in for Atlas.
pub(crate) fn start_atlas(
    workspace: &Workspace,
    folder: &Folder,
    ports: &Ports,
    secrets: &mut Secrets,
) -> Result<Child> {
    let mut launch = Launch::new("the Atlas stand-in", workspace.built("atlas-stand-in"))
        .option("--listen", format!("127.0.0.1:{}", ports.atlas))
        .option("--state", folder.path("atlas.json"))
        .option("--journal", folder.path("logs/atlas-journal.jsonl"));
    for credential in atlas_credentials(secrets)? {
        let AtlasCredential {
            name,
            client_id,
            client_secret,
            ..
        } = credential;
        launch = launch.option(
            "--credential",
            format!("{name}:{client_id}:{client_secret}:{name}"),
        );
    }
    let mut atlas = launch.start(&folder.path("logs/atlas.log"))?;
    let health = format!("{}/_control/health", atlas_url(ports));
    atlas.wait_until_ready(PATIENCE, || browser::answers(&health))?;
    Ok(atlas)
}

/// Installs what the sign-in needs.
pub(crate) fn ensure_packages(workspace: &Workspace) -> Result<()> {
    node::ensure_packages(
        &workspace.path(IDENTITY),
        "the stand-in for the company's sign-in",
    )
}

/// Starts the stand-in for the company's sign-in.
pub(crate) fn start_identity(
    workspace: &Workspace,
    folder: &Folder,
    ports: &Ports,
    secrets: &mut Secrets,
) -> Result<Child> {
    let portal = portal::url(ports);
    let mut identity = Launch::new("the sign-in stand-in", "node")
        .arg("server.js")
        .option("--port", ports.identity.to_string())
        .option("--client-id", portal::CLIENT_ID)
        .option("--redirect-uri", format!("{portal}/auth/callback"))
        .option(
            "--post-logout-redirect-uri",
            format!("{portal}/auth/signed-out"),
        )
        .option(
            "--backchannel-logout-uri",
            format!("{portal}/auth/backchannel-logout"),
        )
        .option("--state", folder.path("identity"))
        // Not an argument: those can be read by everyone on the machine.
        .environment(&[(
            "IDENTITY_CLIENT_SECRET".to_owned(),
            secrets.get(portal::CLIENT_SECRET)?,
        )])
        .directory(&workspace.path(IDENTITY))
        .start(&folder.path("logs/identity.log"))?;
    let discovery = format!("{}/.well-known/openid-configuration", identity_url(ports));
    identity.wait_until_ready(PATIENCE, || browser::answers(&discovery))?;
    Ok(identity)
}
