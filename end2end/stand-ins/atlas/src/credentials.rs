//! Who may call: service accounts and API keys, each with one role.

use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};

/// What a credential may do in the projects it can see.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum Role {
    /// Project Read Only: lists and reads.
    #[serde(rename = "GROUP_READ_ONLY")]
    ReadOnly,
    /// Project Database Access Admin: also database users and their certificates.
    #[serde(rename = "GROUP_DATABASE_ACCESS_ADMIN")]
    DatabaseAccessAdmin,
    /// Project Owner: also the security settings of the project.
    #[serde(rename = "GROUP_OWNER")]
    Owner,
    /// Organization Owner: owns every project without a role in it.
    #[serde(rename = "ORG_OWNER")]
    OrganisationOwner,
}

impl Role {
    /// Its roles in a project it is a member of, as Atlas calls them.
    pub(crate) fn in_project(self) -> &'static [&'static str] {
        match self {
            Self::ReadOnly => &["GROUP_READ_ONLY"],
            Self::DatabaseAccessAdmin => &["GROUP_DATABASE_ACCESS_ADMIN"],
            Self::Owner => &["GROUP_OWNER"],
            Self::OrganisationOwner => &[],
        }
    }

    /// Its role in the organisation. Everybody has one.
    pub(crate) fn in_organisation(self) -> &'static str {
        match self {
            Self::OrganisationOwner => "ORG_OWNER",
            Self::ReadOnly | Self::DatabaseAccessAdmin | Self::Owner => "ORG_MEMBER",
        }
    }
}

impl FromStr for Role {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "reader" | "GROUP_READ_ONLY" => Self::ReadOnly,
            "GROUP_DATABASE_ACCESS_ADMIN" => Self::DatabaseAccessAdmin,
            // The specification of API v2 asks for Project Owner to create a certificate, the one of v1.0
            // for Project Database Access Admin. The portal has to plan for the greater one.
            "issuer" | "disabler" | "owner" | "GROUP_OWNER" => Self::Owner,
            "ORG_OWNER" => Self::OrganisationOwner,
            other => bail!(
                "unknown role {other:?}: use reader, issuer, disabler, GROUP_READ_ONLY, \
                 GROUP_DATABASE_ACCESS_ADMIN, GROUP_OWNER or ORG_OWNER"
            ),
        })
    }
}

/// How a credential proves itself.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Proof {
    /// `OAuth` client credentials, exchanged for an access token.
    ServiceAccount {
        /// `mdb_sa_id_` and 24 hexadecimal digits.
        client_id: String,
        /// Begins with `mdb_sa_sk_`.
        client_secret: String,
    },
    /// HTTP Digest, the older kind.
    ApiKey {
        /// The user name of the digest.
        public_key: String,
        /// Its password.
        private_key: String,
    },
}

/// One credential the stand-in accepts.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Credential {
    /// What the journal calls it.
    pub name: String,
    /// How it proves itself.
    #[serde(flatten)]
    pub proof: Proof,
    /// What it may do.
    pub role: Role,
    /// The projects it is a member of; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<String>>,
}

impl Credential {
    /// A service account for all projects.
    pub fn service_account(name: &str, client_id: &str, client_secret: &str, role: Role) -> Self {
        let proof = Proof::ServiceAccount {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
        };
        Self {
            name: name.into(),
            proof,
            role,
            projects: None,
        }
    }

    /// An API key for all projects.
    pub fn api_key(name: &str, public_key: &str, private_key: &str, role: Role) -> Self {
        let proof = Proof::ApiKey {
            public_key: public_key.into(),
            private_key: private_key.into(),
        };
        Self {
            name: name.into(),
            proof,
            role,
            projects: None,
        }
    }

    /// Reads `name:client_id:client_secret:role`, the form of the command line.
    ///
    /// # Errors
    /// When a part is missing, the client id is not one Atlas would make, or the role is unknown.
    pub fn parse_service_account(text: &str) -> anyhow::Result<Self> {
        let (name, rest) = text
            .split_once(':')
            .context("expected name:client_id:client_secret:role")?;
        let (id, rest) = rest
            .split_once(':')
            .context("expected name:client_id:client_secret:role")?;
        let (secret, role) = rest
            .rsplit_once(':')
            .context("expected name:client_id:client_secret:role")?;
        let digits = id.strip_prefix("mdb_sa_id_").unwrap_or_default();
        ensure!(
            digits.len() == 24 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
            "client id {id:?} is not mdb_sa_id_ and 24 hexadecimal digits"
        );
        Ok(Self::service_account(name, id, secret, role.parse()?))
    }

    /// Reads `public:private:role`, the form of the command line; the name is the public key.
    ///
    /// # Errors
    /// When a part is missing or the role is unknown.
    pub fn parse_api_key(text: &str) -> anyhow::Result<Self> {
        let (public, rest) = text
            .split_once(':')
            .context("expected public:private:role")?;
        let (private, role) = rest
            .rsplit_once(':')
            .context("expected public:private:role")?;
        Ok(Self::api_key(public, public, private, role.parse()?))
    }

    /// The credentials there are when none are given: three of each kind. They open nothing but this program.
    pub fn defaults() -> Vec<Self> {
        vec![
            Self::service_account(
                "reader",
                "mdb_sa_id_64f0c0a1e4b0a1b2c3d4e601",
                "mdb_sa_sk_stand-in-reader",
                Role::ReadOnly,
            ),
            Self::service_account(
                "issuer",
                "mdb_sa_id_64f0c0a1e4b0a1b2c3d4e602",
                "mdb_sa_sk_stand-in-issuer",
                Role::Owner,
            ),
            Self::service_account(
                "disabler",
                "mdb_sa_id_64f0c0a1e4b0a1b2c3d4e603",
                "mdb_sa_sk_stand-in-disabler",
                Role::Owner,
            ),
            Self::api_key(
                "reader-key",
                "standinr",
                "00000000-0000-4000-8000-00000000000a",
                Role::ReadOnly,
            ),
            Self::api_key(
                "issuer-key",
                "standini",
                "00000000-0000-4000-8000-00000000000b",
                Role::Owner,
            ),
            Self::api_key(
                "disabler-key",
                "standind",
                "00000000-0000-4000-8000-00000000000c",
                Role::Owner,
            ),
        ]
    }
}

impl Credential {
    /// Whether it is a member of the project.
    pub(crate) fn is_in(&self, group_id: &str) -> bool {
        let all = self.role == Role::OrganisationOwner;
        all || (self.projects.as_ref()).is_none_or(|ids| ids.iter().any(|id| id == group_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_is_read_from_the_command_line() {
        let text = "issuer:mdb_sa_id_0123456789abcdef01234567:mdb_sa_sk_a:b:issuer";
        let credential = Credential::parse_service_account(text).unwrap();
        let expected = Credential::service_account(
            "issuer",
            "mdb_sa_id_0123456789abcdef01234567",
            "mdb_sa_sk_a:b",
            Role::Owner,
        );
        assert_eq!(credential, expected);
    }

    #[test]
    fn a_client_id_atlas_would_not_make_is_refused() {
        assert!(Credential::parse_service_account("issuer:me:secret:issuer").is_err());
        assert!(Credential::parse_api_key("public:private:king").is_err());
    }
}
