//! Customer-managed X.509: certificates that come from the customer's own authority.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{ChangePage, ChangeRow, DatabaseRole, PersonRef, ProjectRef, Username};

/// A certificate authority a customer has given to Atlas. All of it is public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// Its subject, RFC 2253.
    pub subject: String,
    /// SHA-256 over the DER form, hexadecimal.
    pub sha256: String,
    /// When it began to count.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// When it ends.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
}

/// `/projects/{id}/x509`: how the project stands, what switching off would do, and the way to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "one flag per sentence")]
pub struct X509Page {
    /// Which project.
    pub project: ProjectRef,
    /// Whether customer-managed X.509 is on; `None` while Atlas has not told.
    pub on: Option<bool>,
    /// The customer's authorities, in the order Atlas holds them.
    pub authorities: Vec<Authority>,
    /// Atlas holds text among the authorities that is no certificate.
    pub unreadable: bool,
    /// Database users may sign in by LDAP.
    pub ldap_authentication: bool,
    /// LDAP decides what users may do: users with managed certificates could not connect.
    pub ldap_authorization: bool,
    /// What switching off would do.
    pub impact: Impact,
    /// What stands in the way of asking for it.
    pub block: Option<DisableBlock>,
    /// Clusters not known to be idle: they do not stand in the way of asking, and must be overridden by
    /// the second person. [`ANY_CLUSTER`] where Atlas does not tell which there are.
    pub busy_clusters: Vec<String>,
    /// Whether the viewer may ask for it (an owner of the project).
    pub may_ask: bool,
    /// Who could say yes, if the viewer asked.
    pub approvers: Vec<PersonRef>,
    /// The viewer is the only owner who has signed in lately: security would decide.
    pub security_decides: bool,
    /// The change under way, if there is one.
    pub open: Option<ChangePage>,
    /// Earlier ones, latest first.
    pub past: Vec<ChangeRow>,
    /// When Atlas last told.
    pub synced_at: OffsetDateTime,
    /// When the page was made.
    pub now: OffsetDateTime,
}

/// What switching customer-managed X.509 off would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// Clusters that will restart, one member after the other. `None` where Atlas does not tell.
    pub clusters: Option<Vec<ClusterCondition>>,
    /// Users whose certificates come from the customer's authority: they can no longer sign in.
    pub locked_out: Vec<LockedOutUser>,
    /// Users that can have Atlas-managed certificates again.
    pub freed: Vec<Username>,
}

/// Stands among names of clusters for all there may be, where Atlas does not tell which there are. No
/// cluster is called that: Atlas takes letters, digits and hyphens.
pub const ANY_CLUSTER: &str = "*";

/// How a cluster is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterCondition {
    /// Its name.
    pub name: String,
    /// Atlas's word for how it is: `IDLE`, `UPDATING`, … `None` where it does not say.
    pub state: Option<String>,
}

impl ClusterCondition {
    /// Whether nothing is happening to it.
    pub fn is_idle(&self) -> bool {
        self.state.as_deref() == Some("IDLE")
    }
}

/// A user that loses its way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedOutUser {
    /// Its name: the subject its certificates must have.
    pub username: Username,
    /// What it may do.
    pub roles: Vec<DatabaseRole>,
    /// When it was last seen signing in.
    pub last_seen: LastSeen,
}

/// When a database user was last seen signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "snake_case")]
pub enum LastSeen {
    /// Then and there.
    At {
        /// When.
        at: OffsetDateTime,
        /// On which cluster.
        cluster: String,
    },
    /// Not as far back as Atlas looks.
    NotLately {
        /// How far back Atlas was asked.
        since: OffsetDateTime,
    },
    /// Atlas does not tell: the cluster keeps no access history, or the credential may not read it.
    Unknown,
}

/// What stands in the way of asking to switch customer-managed X.509 off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "block", rename_all = "snake_case")]
pub enum DisableBlock {
    /// It is off already.
    NothingToDisable,
    /// It was switched off less than a day ago; its clusters have restarted once today.
    Recently {
        /// When it may be asked for again.
        until: OffsetDateTime,
    },
    /// It is being asked for, or carried out, already.
    UnderWay,
    /// Atlas has not told how the project stands.
    NotKnown,
}
