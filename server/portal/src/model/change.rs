//! Changes of a project at Atlas: one person asks, another says yes, the portal carries them out.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};
use time::OffsetDateTime;

use super::{
    AuditRow, Authority, ChangeId, Cursor, DatabaseRole, Denial, GroupId, PersonRef, ProjectRef,
    Refusal, Username,
};

/// What is changed.
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
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Customer-managed X.509 is switched off for the whole project.
    DisableX509,
    /// A database user with Atlas-managed certificates is created.
    CreateUser,
    /// A database user gets other roles.
    UpdateUser,
    /// A database user is deleted.
    DeleteUser,
}

/// An owner of a project counts as somebody who could say yes to a change if they have signed in within
/// this many days: a sign-in is all that tells the portal of groups, and nothing tells it of those who left.
pub const SECOND_SEEN_DAYS: u16 = 30;

/// Where a change stands.
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
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// Waits for the second person.
    Submitted,
    /// The second person said yes; nothing has been sent to Atlas.
    Approved,
    /// Atlas is being told.
    Calling,
    /// Atlas's answer was lost; what holds now is being read.
    Unknown,
    /// Atlas took it; its clusters are following.
    Applying,
    /// It holds on every cluster, or was followed for a day.
    Done,
    /// The second person said no.
    Denied,
    /// The person who asked took it back.
    Withdrawn,
    /// Nobody decided, or nothing could be sent, in time.
    Expired,
    /// Atlas refused.
    Rejected,
    /// The answer was lost, and Atlas shows that nothing was done.
    NotApplied,
}

impl ChangeState {
    /// Whether nothing can change any more.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Done
                | Self::Denied
                | Self::Withdrawn
                | Self::Expired
                | Self::Rejected
                | Self::NotApplied
        )
    }
}

/// One line of a list of changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRow {
    /// Which.
    pub id: ChangeId,
    /// In which project.
    pub project: ProjectRef,
    /// What is changed.
    pub kind: ChangeKind,
    /// Which database user; none where the whole project is changed.
    pub username: Option<Username>,
    /// Where it stands.
    pub state: ChangeState,
    /// Who asked.
    pub requester: PersonRef,
    /// Who said yes or no.
    pub second: Option<PersonRef>,
    /// Why.
    pub reason: String,
    /// When it was asked for.
    pub submitted_at: OffsetDateTime,
    /// When its state last changed.
    pub changed_at: OffsetDateTime,
    /// When it stops waiting, in the states that wait for somebody.
    pub until: Option<OffsetDateTime>,
}

/// What exactly is changed: what was there when it was asked for, and what will be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangePlan {
    /// Customer-managed X.509 is switched off.
    DisableX509 {
        /// The customer's authorities, which Atlas forgets and the record keeps.
        authorities: Vec<Authority>,
    },
    /// A database user is created.
    CreateUser {
        /// What it will be allowed.
        roles: Vec<DatabaseRole>,
        /// Clusters it will be limited to; empty means the whole project.
        clusters: Vec<String>,
    },
    /// A database user gets other roles.
    UpdateUser {
        /// What it is allowed now.
        before: Vec<DatabaseRole>,
        /// What it will be allowed.
        after: Vec<DatabaseRole>,
        /// Clusters it is limited to, which stays as it is.
        clusters: Vec<String>,
    },
    /// A database user is deleted.
    DeleteUser {
        /// What it is allowed now.
        roles: Vec<DatabaseRole>,
        /// Clusters it is limited to.
        clusters: Vec<String>,
    },
}

impl ChangePlan {
    /// What is changed.
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::DisableX509 { .. } => ChangeKind::DisableX509,
            Self::CreateUser { .. } => ChangeKind::CreateUser,
            Self::UpdateUser { .. } => ChangeKind::UpdateUser,
            Self::DeleteUser { .. } => ChangeKind::DeleteUser,
        }
    }
}

/// A change's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePage {
    /// Its line in the list.
    pub row: ChangeRow,
    /// What exactly is changed.
    pub plan: ChangePlan,
    /// Certificates of the database user that live: they work as long as it exists, and again when it
    /// is created anew. Zero where the whole project is changed.
    pub live_certificates: u32,
    /// The latest end among them.
    pub latest_end: Option<OffsetDateTime>,
    /// Hash of what the second person sees, down to whom it would lock out now; sent back with the yes.
    pub digest: String,
    /// What happened: its entries of the audit log, oldest first.
    pub story: Vec<AuditRow>,
    /// Who can say yes, other than the person who asked: owners who have signed in within
    /// [`SECOND_SEEN_DAYS`], or security. Empty once decided.
    pub approvers: Vec<PersonRef>,
    /// The person who asked is the only owner who has signed in lately: security decides.
    pub security_decides: bool,
    /// What the viewer may do now.
    pub may: ChangeActions,
    /// Why the viewer may not decide, if the page should say so.
    pub why_not_approve: Option<Denial>,
    /// The viewer must sign in again before saying yes.
    pub step_up: bool,
    /// Why Atlas refused.
    pub refusal: Option<Refusal>,
    /// Why nothing was sent the last time, as the log words it (`connect`, `atlas_away`, …).
    pub not_sent: Option<String>,
    /// The clusters that must follow, with how far they are. `None` where Atlas does not tell.
    pub clusters: Option<Vec<ClusterProgress>>,
    /// Whether authorities were kept and can be downloaded at `/changes/{id}/authorities`.
    pub authorities_kept: bool,
    /// When the page was made.
    pub now: OffsetDateTime,
}

/// What the viewer may do with a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "one flag per button")]
pub struct ChangeActions {
    /// Say yes; the portal then carries it out at once.
    pub approve: bool,
    /// Say no.
    pub deny: bool,
    /// Take it back.
    pub withdraw: bool,
    /// Try once more what could not be sent.
    pub carry_out: bool,
}

/// A cluster that follows a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterProgress {
    /// Its name.
    pub name: String,
    /// Atlas's word for how it is: `IDLE`, `UPDATING`, `PENDING`, `APPLIED`, …
    pub state: String,
    /// Whether it has followed.
    pub done: bool,
}

/// Whose changes to list.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ChangeScope {
    /// Those of the projects the viewer owns.
    #[default]
    Projects,
    /// Every one (security).
    All,
}

/// Which changes to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeFilter {
    /// Whose.
    pub scope: ChangeScope,
    /// Only in this project.
    pub project: Option<GroupId>,
    /// Only of this kind.
    pub kind: Option<ChangeKind>,
    /// Only open ones, or only those that are over.
    pub open: Option<bool>,
    /// Where to continue.
    pub after: Option<Cursor>,
}

/// The short answer the status island asks for again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeStatus {
    /// Where it stands.
    pub state: ChangeState,
    /// Clusters that have not followed yet.
    pub clusters_left: u32,
    /// Number of story lines; the page is stale when it grows.
    pub story_length: u32,
}
