//! Atlas projects and their database users.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};
use time::OffsetDateTime;

use super::{GroupId, PersonRef, RequestId, Username, input::file_stem};

/// A project, where only its name is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRef {
    /// Atlas's id.
    pub id: GroupId,
    /// Atlas's name for it.
    pub name: String,
}

impl ProjectRef {
    /// The name its kept authorities are saved under: plain ASCII, safe in a header and a shell line.
    pub fn authorities_file_name(&self) -> String {
        format!(
            "{}-authorities.pem",
            file_stem(&self.name.to_ascii_lowercase(), "project")
        )
    }
}

/// One line of the list of projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRow {
    /// Which.
    pub project: ProjectRef,
    /// Whether the viewer decides over its requests.
    pub you_own: bool,
    /// Whether the viewer may ask for certificates here.
    pub you_may_request: bool,
    /// Database users.
    pub users: u32,
    /// Those of them that can have an Atlas-managed certificate.
    pub managed_users: u32,
    /// Certificates that have not ended.
    pub live_certificates: u32,
    /// The next end among them.
    pub next_end: Option<OffsetDateTime>,
    /// What keeps the whole project from having managed certificates.
    pub obstacle: Option<Obstacle>,
    /// When Atlas last told.
    pub synced_at: OffsetDateTime,
}

/// A project's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "one flag per door")]
pub struct ProjectPage {
    /// Its line in the list.
    pub row: ProjectRow,
    /// Name that stands for it in group names (`atlas-{project}-owners`); never changes.
    pub slug: String,
    /// Owners the portal has seen sign in.
    pub owners: Vec<PersonRef>,
    /// Its rules.
    pub policy: PolicyView,
    /// Its clusters.
    pub clusters: Vec<ClusterView>,
    /// Whether the viewer may see `/projects/{id}/x509`.
    pub may_view_x509: bool,
    /// Whether the viewer may ask for changes of its database users.
    pub may_change_users: bool,
    /// Whether the viewer may have the certificates of its users read now.
    pub may_sweep: bool,
    /// As of when all of them are known; `None` until each user's list was read.
    pub certificates_read_at: Option<OffsetDateTime>,
    /// Whether the viewer may read its part of the audit log.
    pub may_read_audit: bool,
    /// Its database users, by name.
    pub users: Vec<DatabaseUserRow>,
    /// When the page was made.
    pub now: OffsetDateTime,
}

/// The rules of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    /// Longest lifetime, in months.
    pub longest_months: u8,
    /// How long a request may wait for its decision, in days.
    pub request_waits_days: u16,
    /// How long an approval may wait to be used, in hours.
    pub approval_valid_hours: u16,
}

/// A cluster, as far as connecting needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterView {
    /// Its name.
    pub name: String,
    /// `mongodb+srv://…`, without credentials.
    pub srv: Option<String>,
}

/// How Atlas handles a database user's X.509 certificates.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum X509Type {
    /// The user does not sign in with X.509.
    None,
    /// Atlas makes the certificates.
    Managed,
    /// The customer's own authority makes them.
    Customer,
}

/// What keeps a database user from having an Atlas-managed certificate.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Display,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// The user signs in by another method.
    NotX509,
    /// The user's certificates come from the customer's own authority.
    CustomerUser,
    /// Customer-managed X.509 is on for the whole project.
    CustomerManagedOn,
    /// LDAP authorization is on: managed-certificate users could not connect.
    LdapAuthorization,
    /// Atlas no longer lists the user.
    UserGone,
    /// Atlas no longer lists the project.
    ProjectGone,
    /// The user is new, and not every cluster knows it yet: it could not sign in.
    NotApplied,
}

/// A role the database grants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DatabaseRole {
    /// `readWrite`, …
    pub role: String,
    /// The database it holds in.
    pub database: String,
    /// The collection, where it is narrower.
    pub collection: Option<String>,
}

/// One database user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseUserRow {
    /// Its name.
    pub username: Username,
    /// How it signs in, as far as X.509 goes.
    pub x509_type: X509Type,
    /// What it may do in the database.
    pub roles: Vec<DatabaseRole>,
    /// Clusters it is limited to; empty means the whole project.
    pub clusters: Vec<String>,
    /// Why it cannot have a managed certificate, if it cannot.
    pub obstacle: Option<Obstacle>,
    /// Certificates that have not ended.
    pub live_certificates: u32,
    /// The latest end among them.
    pub latest_end: Option<OffsetDateTime>,
    /// The viewer's own open request for it.
    pub open_request: Option<RequestId>,
}
