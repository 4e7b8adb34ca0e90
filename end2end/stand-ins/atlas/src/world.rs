//! What exists at this Atlas: projects, their clusters, database users, people and security settings.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

/// Everything that exists, apart from certificates.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct World {
    /// The projects, called groups by the API.
    pub projects: Vec<Project>,
    /// Teams of the organisation; a project grants roles to them.
    #[serde(default)]
    pub teams: Vec<Team>,
    /// Owners of the organisation, who own every project without being listed in it.
    #[serde(default)]
    pub org_owners: Vec<Member>,
    /// How many unexpired certificates one user may have. Atlas has such a number and does not publish it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_limit: Option<usize>,
}

/// A project.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Project {
    /// 24 hexadecimal digits; the first eight are the second of its creation.
    pub id: String,
    /// The name people know.
    pub name: String,
    /// The organisation.
    pub org_id: String,
    /// The clusters, each a name or an object.
    #[serde(default)]
    pub clusters: Vec<Cluster>,
    /// The database users.
    #[serde(default, alias = "users")]
    pub database_users: Vec<DatabaseUser>,
    /// Customer-managed X.509: `{}` is off, `{"cas": PEM}` is on.
    #[serde(default)]
    pub customer_x509: CustomerX509,
    /// LDAP settings.
    #[serde(default)]
    pub ldap: Ldap,
    /// People with a role of their own in the project.
    #[serde(default)]
    pub members: Vec<Member>,
    /// Teams with a role in the project.
    #[serde(default)]
    pub teams: Vec<TeamGrant>,
    /// When a database user was last created, changed or deleted; clusters lag behind it.
    #[serde(skip)]
    pub(crate) users_changed_at: Option<OffsetDateTime>,
    /// When the security settings were last changed; clusters restart one by one after it.
    #[serde(skip)]
    pub(crate) security_changed_at: Option<OffsetDateTime>,
}

impl Project {
    /// When the project was made: the first four bytes of its id, as in every `ObjectId`.
    pub(crate) fn created(&self) -> OffsetDateTime {
        created_from_id(&self.id)
    }

    /// A database user by authentication database and name.
    pub(crate) fn user(&self, database: &str, username: &str) -> Option<&DatabaseUser> {
        self.database_users
            .iter()
            .find(|u| u.database_name == database && u.username == username)
    }

    /// A database user by name alone, as the certificate paths address it: `$external` is implied there, but a
    /// password user of that name is found too, so that the answer can be "not managed" and not "unknown".
    pub(crate) fn user_named(&self, username: &str) -> Option<&DatabaseUser> {
        self.user("$external", username)
            .or_else(|| self.user("admin", username))
    }
}

/// The second of creation that an `ObjectId` begins with.
pub(crate) fn created_from_id(id: &str) -> OffsetDateTime {
    id.get(..8)
        .and_then(|digits| i64::from_str_radix(digits, 16).ok())
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A cluster.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "ClusterForm", rename_all = "camelCase")]
pub struct Cluster {
    /// Its name, unique in the project.
    pub name: String,
    /// Who logged in, newest first.
    pub access_logs: Vec<AccessLog>,
    /// What it says about itself whatever happens, for example `REPAIRING`; absent: `IDLE`, and `UPDATING` while it
    /// restarts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_name: Option<String>,
    /// Its size; absent: `M10`. `M0`, `M2` and `M5` keep no access history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_size: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ClusterForm {
    Name(String),
    #[serde(rename_all = "camelCase")]
    Full {
        name: String,
        #[serde(default)]
        access_logs: Vec<AccessLog>,
        #[serde(default)]
        state_name: Option<String>,
        #[serde(default)]
        instance_size: Option<String>,
    },
}

impl From<ClusterForm> for Cluster {
    fn from(form: ClusterForm) -> Self {
        match form {
            ClusterForm::Name(name) => Self {
                name,
                ..Self::default()
            },
            ClusterForm::Full {
                name,
                access_logs,
                state_name,
                instance_size,
            } => Self {
                name,
                access_logs,
                state_name,
                instance_size,
            },
        }
    }
}

impl Cluster {
    /// Whether it is of a shared tier, which lacks some features.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.instance_size.as_deref(), Some("M0" | "M2" | "M5"))
    }
}

/// One attempt to log in to a cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessLog {
    /// The name the server saw: for a certificate, its subject.
    pub username: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub timestamp: OffsetDateTime,
    /// Whether it worked.
    #[serde(default = "yes")]
    pub auth_result: bool,
    /// From where.
    #[serde(default = "an_address")]
    pub ip_address: String,
    /// Why it did not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
}

fn yes() -> bool {
    true
}

fn an_address() -> String {
    "192.0.2.17".to_owned()
}

/// How a database user's X.509 certificate comes about.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum X509Type {
    /// Not by X.509.
    #[default]
    None,
    /// Atlas makes key and certificate.
    Managed,
    /// The customer's own authority does.
    Customer,
}

/// A database user, with the fields and the defaults of the API.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DatabaseUser {
    /// The plain name, or the whole distinguished name for `CUSTOMER`.
    pub username: String,
    /// `admin` or `$external`.
    #[serde(default = "external")]
    pub database_name: String,
    /// How its certificate comes about.
    #[serde(default)]
    pub x509_type: X509Type,
    /// `NONE`, `USER` or `ROLE`.
    #[serde(rename = "awsIAMType", default = "none")]
    pub aws_iam_type: String,
    /// `NONE`, `USER` or `GROUP`.
    #[serde(default = "none")]
    pub ldap_auth_type: String,
    /// `NONE`, `USER` or `IDP_GROUP`.
    #[serde(default = "none")]
    pub oidc_auth_type: String,
    /// What it may do.
    #[serde(default)]
    pub roles: Vec<DatabaseRole>,
    /// Where it may do it; everywhere in the project when empty.
    #[serde(default)]
    pub scopes: Vec<Scope>,
    /// Key and value pairs the console does not show.
    #[serde(default)]
    pub labels: Vec<Label>,
    /// Free text of at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When Atlas deletes it by itself; only for password users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_after_date: Option<String>,
}

fn external() -> String {
    "$external".to_owned()
}

pub(crate) fn none() -> String {
    "NONE".to_owned()
}

impl DatabaseUser {
    /// A user with one role and nothing else.
    pub fn new(username: &str, x509_type: X509Type, role: &str, database: &str) -> Self {
        Self {
            username: username.to_owned(),
            database_name: if x509_type == X509Type::None {
                "admin".to_owned()
            } else {
                external()
            },
            x509_type,
            aws_iam_type: none(),
            ldap_auth_type: none(),
            oidc_auth_type: none(),
            roles: vec![DatabaseRole {
                role_name: role.to_owned(),
                database_name: database.to_owned(),
                collection_name: None,
            }],
            scopes: Vec::new(),
            labels: Vec::new(),
            description: None,
            delete_after_date: None,
        }
    }

    /// The name Atlas keeps for it: managed users are stored as `CN=<username>`, although the API shows the plain
    /// name; the events give it away.
    pub(crate) fn stored_name(&self) -> String {
        match self.x509_type {
            X509Type::Managed => format!("CN={}", self.username),
            X509Type::None | X509Type::Customer => self.username.clone(),
        }
    }
}

/// A role of a database user.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DatabaseRole {
    /// For example `readWrite`.
    pub role_name: String,
    /// On which database.
    pub database_name: String,
    /// On which collection; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection_name: Option<String>,
}

/// One thing a database user is limited to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The name of the cluster.
    pub name: String,
    /// `CLUSTER`, `DATA_LAKE` or `STREAM`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A label of a database user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// Customer-managed X.509.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerX509 {
    /// The customer's authorities in PEM; present means on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cas: Option<String>,
}

/// LDAP settings.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ldap {
    /// Whether passwords are checked there.
    #[serde(default)]
    pub authentication_enabled: bool,
    /// Whether roles come from there. Users with managed certificates cannot connect then.
    #[serde(default)]
    pub authorization_enabled: bool,
    /// Who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind_username: Option<String>,
    /// The server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Its port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The query that finds groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authz_query_template: Option<String>,
    /// How a user name becomes a distinguished name.
    #[serde(
        rename = "userToDNMapping",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub user_to_dn_mapping: Option<Value>,
}

/// A person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Member {
    /// 24 hexadecimal digits.
    pub id: String,
    /// The e-mail address.
    pub username: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Roles in the project, for example `GROUP_OWNER`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// `ACTIVE` or `PENDING` (invited, not yet come).
    #[serde(default = "active")]
    pub org_membership_status: String,
}

fn active() -> String {
    "ACTIVE".to_owned()
}

/// A team of the organisation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Team {
    /// 24 hexadecimal digits.
    pub id: String,
    /// The organisation.
    pub org_id: String,
    /// What people call it.
    pub name: String,
    /// Who is in it.
    pub members: Vec<Member>,
}

/// What a team may do in a project.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TeamGrant {
    /// Which team.
    pub team_id: String,
    /// For example `GROUP_OWNER`.
    pub role_names: Vec<String>,
}
