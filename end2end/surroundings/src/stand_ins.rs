//! The two programs that stand in for the world outside: Atlas and the company's sign-in.

use std::{fmt, time::Duration};

use anyhow::Result;

use crate::{
    children::{Child, Launch, answers},
    folder::Folder,
    installation, node,
    ports::Ports,
    secrets::Secrets,
    workspace::Workspace,
};

const PATIENCE: Duration = Duration::from_secs(30);
const IDENTITY: &str = "end2end/stand-ins/identity";

/// How the portal proves to Atlas who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// With a service account: OAuth client credentials.
    ServiceAccount,
    /// With an API key: HTTP digest.
    ApiKey,
}

impl Proof {
    /// What the portal's settings call its public and its secret half.
    fn settings(self) -> [&'static str; 2] {
        match self {
            Self::ServiceAccount => ["CLIENT_ID", "CLIENT_SECRET"],
            Self::ApiKey => ["PUBLIC_KEY", "PRIVATE_KEY"],
        }
    }
}

/// A way to speak with Atlas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtlasWay {
    /// The generation of the API, as the portal's settings call it.
    pub api: &'static str,
    /// Who asks.
    pub proof: Proof,
}

impl AtlasWay {
    /// What a new installation uses.
    pub const USUAL: Self = Self {
        api: "v2",
        proof: Proof::ServiceAccount,
    };
    /// Every way there is, the usual one first.
    pub const ALL: [Self; 4] = [
        Self::USUAL,
        Self {
            api: "v1.0",
            proof: Proof::ServiceAccount,
        },
        Self {
            api: "v2",
            proof: Proof::ApiKey,
        },
        Self {
            api: "v1.0",
            proof: Proof::ApiKey,
        },
    ];
}

impl fmt::Display for AtlasWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proof = match self.proof {
            Proof::ServiceAccount => "service accounts",
            Proof::ApiKey => "API keys",
        };
        write!(f, "Atlas API {} with {proof}", self.api)
    }
}

/// One of the portal's accounts at Atlas.
pub struct AtlasCredential {
    role: &'static str,
    proof: Proof,
    public: String,
    secret: String,
}

impl AtlasCredential {
    /// The portal's settings that name it.
    pub fn settings(&self) -> [(String, String); 2] {
        let [public, secret] = self.proof.settings();
        let setting = |half| format!("ATLAS__{}__{half}", self.role.to_uppercase());
        [
            (setting(public), self.public.clone()),
            (setting(secret), self.secret.clone()),
        ]
    }

    /// Makes it known to the stand-in.
    fn introduce(&self, stand_in: Launch) -> Launch {
        let Self {
            role,
            public,
            secret,
            ..
        } = self;
        match self.proof {
            Proof::ServiceAccount => {
                stand_in.option("--credential", format!("{role}:{public}:{secret}:{role}"))
            }
            Proof::ApiKey => stand_in.option("--api-key", format!("{public}:{secret}:{role}")),
        }
    }
}

/// The sign-in's address, which is also its name.
pub fn identity_url(ports: &Ports) -> String {
    format!("http://localhost:{}", ports.identity)
}

/// Atlas's address.
pub fn atlas_url(ports: &Ports) -> String {
    format!("http://127.0.0.1:{}", ports.atlas)
}

/// The accounts the portal has at Atlas, each for what its name says.
///
/// # Errors
/// When the secrets cannot be written down.
pub fn atlas_credentials(secrets: &mut Secrets, proof: Proof) -> Result<Vec<AtlasCredential>> {
    let purposes = [(1, "reader"), (2, "issuer"), (3, "disabler")];
    purposes
        .into_iter()
        .map(|(number, role)| {
            // The forms Atlas gives them; the stand-in insists.
            let (public, secret) = match proof {
                Proof::ServiceAccount => (
                    format!("mdb_sa_id_{number:0>24}"),
                    format!("mdb_sa_sk_{}", secrets.get(&format!("atlas {role}"))?),
                ),
                Proof::ApiKey => (
                    format!("key-{role}"),
                    secrets.get(&format!("atlas {role} key"))?,
                ),
            };
            Ok(AtlasCredential {
                role,
                proof,
                public,
                secret,
            })
        })
        .collect()
}

/// Starts the stand-in for Atlas, with options of its own beside the usual ones.
///
/// # Errors
/// When it does not come up.
pub fn start_atlas(
    workspace: &Workspace,
    folder: &Folder,
    ports: &Ports,
    secrets: &mut Secrets,
    options: &[&str],
) -> Result<Child> {
    let mut launch = Launch::new("the Atlas stand-in", workspace.built("atlas-stand-in"))
        .option("--listen", format!("127.0.0.1:{}", ports.atlas))
        .option("--journal", folder.path("logs/atlas-journal.jsonl"));
    for option in options {
        launch = launch.arg(option);
    }
    for proof in [Proof::ServiceAccount, Proof::ApiKey] {
        for account in atlas_credentials(secrets, proof)? {
            launch = account.introduce(launch);
        }
    }
    let mut atlas = launch.start(&folder.path("logs/atlas.log"))?;
    let health = format!("{}/_control/health", atlas_url(ports));
    atlas.wait_until_ready(PATIENCE, || answers(&health))?;
    Ok(atlas)
}

/// Installs what the sign-in needs.
///
/// # Errors
/// When npm fails.
pub fn ensure_packages(workspace: &Workspace) -> Result<()> {
    node::ensure_packages(
        &workspace.path(IDENTITY),
        "the stand-in for the company's sign-in",
    )
}

/// Starts the stand-in for the company's sign-in.
///
/// # Errors
/// When it does not come up.
pub fn start_identity(
    workspace: &Workspace,
    folder: &Folder,
    ports: &Ports,
    secrets: &mut Secrets,
) -> Result<Child> {
    let portal = installation::url(ports);
    let mut identity = Launch::new("the sign-in stand-in", "node")
        .arg("server.js")
        .option("--port", ports.identity.to_string())
        .option("--client-id", installation::CLIENT_ID)
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
            secrets.get(installation::CLIENT_SECRET)?,
        )])
        .directory(&workspace.path(IDENTITY))
        .start(&folder.path("logs/identity.log"))?;
    let discovery = format!("{}/.well-known/openid-configuration", identity_url(ports));
    identity.wait_until_ready(PATIENCE, || answers(&discovery))?;
    Ok(identity)
}
