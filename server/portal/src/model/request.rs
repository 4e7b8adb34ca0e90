//! Requests for certificates.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};
use time::OffsetDateTime;

use super::{
    Ambiguity, AuditRow, CertificateRow, ClusterView, Cursor, DatabaseRole, DatabaseUserRow,
    Denial, GroupId, Months, Obstacle, PersonRef, Pickup, PolicyView, ProjectRef, Reason, Refusal,
    RequestId, Settling, Username,
};

/// Where a request stands.
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
pub enum RequestState {
    /// Waits for a decision.
    Submitted,
    /// An owner said yes; the requester may issue.
    Approved,
    /// An owner said no.
    Denied,
    /// The requester took it back.
    Withdrawn,
    /// Nobody decided, or nobody issued, in time.
    Expired,
    /// The certificate is being made.
    Issuing,
    /// Atlas's answer was lost; whether a certificate exists is being found out.
    Unknown,
    /// More than one certificate could be the one; security decides.
    Ambiguous,
    /// A certificate was made, and its key is lost.
    Lost,
    /// Atlas refused three times; or answers were lost twice, and nothing had been made.
    Failed,
    /// The key waits to be collected.
    Ready,
    /// Collected, and the requester said so.
    Delivered,
    /// Downloaded, but never confirmed; the key is destroyed.
    Unconfirmed,
    /// Never downloaded; the key is destroyed.
    Uncollected,
}

impl RequestState {
    /// Whether nothing can change any more.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Denied
                | Self::Withdrawn
                | Self::Expired
                | Self::Lost
                | Self::Failed
                | Self::Delivered
                | Self::Unconfirmed
                | Self::Uncollected
        )
    }
}

/// A new request, as parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRequest {
    /// In which project.
    pub project: GroupId,
    /// For which database user.
    pub username: Username,
    /// For how long.
    pub months: Months,
    /// Why.
    pub reason: Reason,
}

/// What the form for a new request offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestForm {
    /// Projects the viewer may ask in.
    pub projects: Vec<ProjectRef>,
    /// The chosen project.
    pub project: Option<ProjectChoice>,
    /// When the page was made.
    pub now: OffsetDateTime,
}

/// The chosen project of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectChoice {
    /// Which.
    pub project: ProjectRef,
    /// Its rules.
    pub policy: PolicyView,
    /// Its database users, those that cannot have a certificate with the reason.
    pub users: Vec<DatabaseUserRow>,
    /// The chosen user.
    pub user: Option<DatabaseUserRow>,
    /// Certificates that live for the chosen user.
    pub held: Vec<CertificateRow>,
    /// Who can approve.
    pub approvers: Vec<PersonRef>,
}

/// Which requests to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFilter {
    /// Whose.
    pub scope: RequestScope,
    /// Only open ones, or only those that are over.
    pub open: Option<bool>,
    /// Only in this project.
    pub project: Option<GroupId>,
    /// Where to continue.
    pub after: Option<Cursor>,
}

/// Whose requests.
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
pub enum RequestScope {
    /// The viewer's.
    #[default]
    Mine,
    /// Those of the projects the viewer owns.
    Projects,
    /// Every one (security).
    All,
}

/// One line of a list of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRow {
    /// Which.
    pub id: RequestId,
    /// In which project.
    pub project: ProjectRef,
    /// For which database user.
    pub username: Username,
    /// For how long: as asked, or as approved if that is shorter.
    pub months: Months,
    /// Where it stands.
    pub state: RequestState,
    /// Who asked.
    pub requester: PersonRef,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub submitted_at: OffsetDateTime,
    /// When its state last changed.
    pub changed_at: OffsetDateTime,
    /// When it stops waiting: for its decision, its use, its key to be saved.
    pub until: Option<OffsetDateTime>,
}

/// A request's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestPage {
    /// Its line in the list.
    pub row: RequestRow,
    /// Months as asked.
    pub months_asked: Months,
    /// Hash of what the approver sees; sent back with the approval.
    pub digest: String,
    /// What happened: its entries of the audit log, oldest first.
    pub story: Vec<AuditRow>,
    /// Approvals given and needed.
    pub approvals: ApprovalMeter,
    /// Who can approve, other than the requester. Empty once decided.
    pub approvers: Vec<PersonRef>,
    /// What the viewer may do now.
    pub may: RequestActions,
    /// Why the viewer may not approve, if the page should say so.
    pub why_not_approve: Option<Denial>,
    /// The viewer must sign in again before approving or issuing.
    pub step_up: bool,
    /// For the approver: what will exist.
    pub brief: Option<Brief>,
    /// Why Atlas refused the last attempt.
    pub refusal: Option<Refusal>,
    /// How the finding out goes, while Atlas's answer is lost.
    pub settling: Option<Settling>,
    /// What security has to decide, for them alone.
    pub ambiguity: Option<Ambiguity>,
    /// The key that waits, for the requester alone.
    pub pickup: Option<Pickup>,
    /// The certificate that was made.
    pub certificate: Option<CertificateRow>,
    /// Where to connect to.
    pub clusters: Vec<ClusterView>,
    /// What the database user may do.
    pub database_roles: Vec<DatabaseRole>,
    /// Why nothing could be issued for it now.
    pub obstacle: Option<Obstacle>,
    /// When the page was made.
    pub now: OffsetDateTime,
}

/// Approvals given of those needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalMeter {
    /// Given.
    pub given: u8,
    /// Needed.
    pub needed: u8,
}

/// What the viewer may do with a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "one flag per button")]
pub struct RequestActions {
    /// Say yes.
    pub approve: bool,
    /// Say no.
    pub deny: bool,
    /// Take it back.
    pub withdraw: bool,
    /// Have the certificate made.
    pub issue: bool,
    /// Download the key and say it is saved.
    pub collect: bool,
    /// Ask for the same again.
    pub ask_again: bool,
    /// Say what was made.
    pub resolve: bool,
}

/// What an approver should know before saying yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    /// The subject the certificate will have.
    pub subject: String,
    /// When it would end, if it were issued now.
    pub would_end: OffsetDateTime,
    /// The project's rules.
    pub policy: PolicyView,
    /// What the requester holds in this project.
    pub requester_holds: Vec<CertificateRow>,
    /// Certificates of this database user that live, whoever holds them.
    pub user_has: Vec<CertificateRow>,
    /// The last decisions in this project.
    pub last_decisions: Vec<RequestRow>,
}

/// The short answer the status island asks for again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestStatus {
    /// Where it stands.
    pub state: RequestState,
    /// Number of story lines; the page is stale when it grows.
    pub story_length: u32,
    /// While the answer is lost: when Atlas's list is read next.
    #[serde(default)]
    pub next_look: Option<OffsetDateTime>,
}
