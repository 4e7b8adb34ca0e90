//! Atlas's JSON, as far as it is read, and what it becomes.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;
use time::OffsetDateTime;

use super::{ListedCertificate, ListedCluster, ListedUser, ReadError, Unanswered, UserSecurity};
use crate::model::{DatabaseRole, GroupId, ProjectRef, Serial, X509Type};

/// A page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    pub(super) results: Vec<T>,
    #[serde(default)]
    links: Vec<Link>,
    total_count: Option<u64>,
}

#[derive(Deserialize)]
struct Link {
    rel: String,
}

impl<T> Page<T> {
    /// Whether Atlas says that there is another page. The link itself is not followed: it may name
    /// a host this program has no business with.
    pub(super) fn has_next(&self) -> bool {
        self.links.iter().any(|link| link.rel == "next")
    }

    /// How many there are in all, where Atlas counted. It says 0 where it did not.
    pub(super) fn total(&self) -> Option<u64> {
        self.total_count.filter(|count| *count > 0)
    }
}

#[derive(Deserialize)]
pub(super) struct WireProject {
    id: GroupId,
    name: String,
}

impl WireProject {
    pub(super) fn key(&self) -> GroupId {
        self.id.clone()
    }
}

impl From<WireProject> for ProjectRef {
    fn from(wire: WireProject) -> Self {
        Self {
            id: wire.id,
            name: wire.name,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireUser {
    username: String,
    database_name: String,
    x509_type: Option<String>,
    #[serde(default)]
    roles: Vec<WireRole>,
    scopes: Option<Vec<WireScope>>,
}

#[derive(Deserialize)]
struct WireRole {
    #[serde(rename = "roleName")]
    role: String,
    #[serde(rename = "databaseName")]
    database: String,
    #[serde(rename = "collectionName")]
    collection: Option<String>,
}

#[derive(Deserialize)]
struct WireScope {
    name: String,
}

impl WireUser {
    /// What makes a user one: names repeat across authentication databases.
    pub(super) fn key(&self) -> (String, String) {
        (self.database_name.clone(), self.username.clone())
    }

    /// `None` for a name that no certificate could carry.
    pub(super) fn into_user(self) -> Option<ListedUser> {
        Some(ListedUser {
            username: self.username.parse().ok()?,
            database: self.database_name,
            // A kind this program does not know is not one that Atlas makes certificates for.
            x509_type: match self.x509_type.as_deref() {
                Some("MANAGED") => X509Type::Managed,
                Some("CUSTOMER") => X509Type::Customer,
                _ => X509Type::None,
            },
            roles: self.roles.into_iter().map(DatabaseRole::from).collect(),
            scopes: (self.scopes.into_iter().flatten().map(|scope| scope.name)).collect(),
        })
    }
}

impl From<WireRole> for DatabaseRole {
    fn from(wire: WireRole) -> Self {
        Self {
            role: wire.role,
            database: wire.database,
            collection: wire.collection,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireCertificate {
    #[serde(rename = "_id", deserialize_with = "serial")]
    serial: Serial,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    not_after: OffsetDateTime,
    subject: String,
}

impl WireCertificate {
    pub(super) fn key(&self) -> Serial {
        self.serial
    }
}

impl From<WireCertificate> for ListedCertificate {
    fn from(wire: WireCertificate) -> Self {
        Self {
            serial: wire.serial,
            created_at: wire.created_at,
            not_after: wire.not_after,
            subject: wire.subject,
        }
    }
}

/// A number above 2^53, or the same as text. A number with a fraction or an exponent has been
/// through somebody's floating point, and is worth nothing.
fn serial<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Serial, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Number(number) => number.to_string().parse().map_err(D::Error::custom),
        Value::String(text) => text.parse().map_err(D::Error::custom),
        _ => Err(D::Error::custom("is neither a number nor text")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireCluster {
    name: String,
    state_name: Option<String>,
    connection_strings: Option<WireConnectionStrings>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireConnectionStrings {
    standard_srv: Option<String>,
}

impl WireCluster {
    pub(super) fn key(&self) -> String {
        self.name.clone()
    }
}

impl From<WireCluster> for ListedCluster {
    fn from(wire: WireCluster) -> Self {
        Self {
            name: wire.name,
            state: wire.state_name,
            srv: wire.connection_strings.and_then(|them| them.standard_srv),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireClusterStatus {
    change_status: String,
}

impl WireClusterStatus {
    /// Whether the latest change of the project's users has arrived.
    pub(super) fn applied(&self) -> Result<bool, ReadError> {
        match self.change_status.as_str() {
            "APPLIED" => Ok(true),
            "PENDING" => Ok(false),
            _ => Err(Unanswered::Malformed("a status of a cluster nobody has heard of").into()),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct WireUserSecurity {
    #[serde(rename = "customerX509")]
    customer_x509: Option<WireCustomerX509>,
    ldap: Option<WireLdap>,
}

#[derive(Deserialize)]
struct WireCustomerX509 {
    cas: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireLdap {
    authentication_enabled: bool,
    authorization_enabled: bool,
}

impl WireUserSecurity {
    /// The settings. An answer with neither of them is none of Atlas's, and would look like "off".
    pub(super) fn read(self) -> Result<UserSecurity, ReadError> {
        if self.customer_x509.is_none() && self.ldap.is_none() {
            return Err(Unanswered::Malformed("the settings are not in it").into());
        }
        let ldap = self.ldap.unwrap_or_default();
        Ok(UserSecurity {
            customer_cas: self
                .customer_x509
                .and_then(|x509| x509.cas)
                .filter(|cas| !cas.trim().is_empty()),
            ldap_authentication: ldap.authentication_enabled,
            ldap_authorization: ldap.authorization_enabled,
        })
    }
}

/// A token, RFC 6749 section 5.1.
#[derive(Deserialize)]
pub(super) struct WireToken {
    pub(super) access_token: secrecy::SecretString,
    pub(super) token_type: String,
    pub(super) expires_in: Option<u32>,
}
