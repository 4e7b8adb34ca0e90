//! The audit log, as people read it.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumDiscriminants, EnumIter, EnumString, IntoStaticStr};
use time::OffsetDateTime;

use super::{
    AttemptId, CertificateId, ChangeId, ChangeKind, Cursor, GroupId, Months, PersonId, PersonRef,
    Problem, ProjectRef, RequestId, Serial, Username,
};

/// One fact, as recorded. Field names are the keys of the entry's `data`.
///
/// Free text (a reason) is not part of it: the entry holds a salted commitment, and the text
/// stands beside the log where it can be redacted without breaking a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, EnumDiscriminants)]
#[serde(tag = "type", content = "data")]
#[strum_discriminants(name(EventKind))]
#[strum_discriminants(doc = "The kinds of facts; `Display` is the event's name in the log.")]
#[strum_discriminants(derive(
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumIter,
    EnumString,
    IntoStaticStr
))]
#[expect(
    missing_docs,
    reason = "the fields say what they are; units are in their names"
)]
pub enum Event {
    /// Somebody signed in.
    #[serde(rename = "session.started")]
    #[strum_discriminants(strum(serialize = "session.started"))]
    SessionStarted {},
    /// Somebody signed out, or their session was ended.
    #[serde(rename = "session.ended")]
    #[strum_discriminants(strum(serialize = "session.ended"))]
    SessionEnded { how: String },
    /// A sign-in failed.
    #[serde(rename = "login.failed")]
    #[strum_discriminants(strum(serialize = "login.failed"))]
    LoginFailed { class: String },
    /// A certificate was asked for.
    #[serde(rename = "request.submitted")]
    #[strum_discriminants(strum(serialize = "request.submitted"))]
    RequestSubmitted {
        username: Username,
        #[serde(with = "as_text")]
        months: Months,
        digest: String,
    },
    /// An owner said yes.
    #[serde(rename = "request.approved")]
    #[strum_discriminants(strum(serialize = "request.approved"))]
    RequestApproved {
        #[serde(with = "as_text")]
        months: Months,
        digest: String,
        #[serde(with = "time::serde::rfc3339")]
        valid_until: OffsetDateTime,
    },
    /// An owner said no.
    #[serde(rename = "request.denied")]
    #[strum_discriminants(strum(serialize = "request.denied"))]
    RequestDenied {},
    /// The requester took it back.
    #[serde(rename = "request.withdrawn")]
    #[strum_discriminants(strum(serialize = "request.withdrawn"))]
    RequestWithdrawn {},
    /// It waited too long.
    #[serde(rename = "request.expired")]
    #[strum_discriminants(strum(serialize = "request.expired"))]
    RequestExpired { was: String },
    /// The requester asked for the certificate to be made.
    #[serde(rename = "issue.intent")]
    #[strum_discriminants(strum(serialize = "issue.intent"))]
    IssueIntent {},
    /// Nothing was sent to Atlas, for certain.
    #[serde(rename = "issue.not_sent")]
    #[strum_discriminants(strum(serialize = "issue.not_sent"))]
    IssueNotSent { why: String },
    /// About to be sent to Atlas.
    #[serde(rename = "issue.call_started")]
    #[strum_discriminants(strum(serialize = "issue.call_started"))]
    IssueCallStarted {
        baseline_count: String,
        baseline_sha256: String,
        #[serde(with = "time::serde::rfc3339")]
        deadline: OffsetDateTime,
    },
    /// Atlas refused, for certain.
    #[serde(rename = "issue.rejected")]
    #[strum_discriminants(strum(serialize = "issue.rejected"))]
    IssueRejected { status: String, code: String },
    /// Whether Atlas made a certificate is not known.
    #[serde(rename = "issue.unknown")]
    #[strum_discriminants(strum(serialize = "issue.unknown"))]
    IssueUnknown { class: String },
    /// Atlas's list shows that nothing was made. `approval` is `given_back`, or `used_up` where it had been
    /// given back before.
    #[serde(rename = "issue.not_issued")]
    #[strum_discriminants(strum(serialize = "issue.not_issued"))]
    IssueNotIssued {
        polls: String,
        list_sha256: String,
        approval: String,
    },
    /// Security has to say what was made. `why` is `several` certificates could be the one, `others` appeared
    /// that are not what was asked for, `list_differs`: Atlas does not list what it listed before, or
    /// `user_gone`: Atlas lists nothing of the user any more.
    #[serde(rename = "issue.ambiguous")]
    #[strum_discriminants(strum(serialize = "issue.ambiguous"))]
    IssueAmbiguous {
        why: String,
        candidates: Vec<Serial>,
    },
    /// Security said what was made: `verdict` is `lost`, with the certificate's number, or `nothing_made`, with
    /// what became of the approval as in `issue.not_issued`.
    #[serde(rename = "issue.resolved")]
    #[strum_discriminants(strum(serialize = "issue.resolved"))]
    IssueResolved {
        verdict: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        serial: Option<Serial>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approval: Option<String>,
    },
    /// A certificate was issued.
    #[serde(rename = "cert.issued")]
    #[strum_discriminants(strum(serialize = "cert.issued"))]
    CertIssued {
        serial: Serial,
        sha256: String,
        subject: String,
        #[serde(with = "time::serde::rfc3339")]
        not_before: OffsetDateTime,
        #[serde(with = "time::serde::rfc3339")]
        not_after: OffsetDateTime,
        elapsed_ms: String,
        status: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        atlas_request: Option<String>,
    },
    /// A certificate was made for a request whose answer was lost: it is valid, and nobody has its key.
    #[serde(rename = "cert.lost")]
    #[strum_discriminants(strum(serialize = "cert.lost"))]
    CertLost {
        serial: Serial,
        #[serde(with = "time::serde::rfc3339")]
        created_at: OffsetDateTime,
        #[serde(with = "time::serde::rfc3339")]
        not_after: OffsetDateTime,
    },
    /// The key is about to be sent to the requester's browser.
    #[serde(rename = "cert.delivery_started")]
    #[strum_discriminants(strum(serialize = "cert.delivery_started"))]
    CertDeliveryStarted {
        serial: Serial,
        delivery: String,
        format: String,
    },
    /// The requester said the key is saved; it was destroyed here.
    #[serde(rename = "cert.delivered")]
    #[strum_discriminants(strum(serialize = "cert.delivered"))]
    CertDelivered { serial: Serial },
    /// Downloaded but never confirmed; destroyed here.
    #[serde(rename = "cert.unconfirmed")]
    #[strum_discriminants(strum(serialize = "cert.unconfirmed"))]
    CertUnconfirmed { serial: Serial, downloads: String },
    /// Never downloaded; destroyed here.
    #[serde(rename = "cert.uncollected")]
    #[strum_discriminants(strum(serialize = "cert.uncollected"))]
    CertUncollected { serial: Serial },
    /// Somebody tried to collect a key that is not theirs, or too often.
    #[serde(rename = "cert.pickup_refused")]
    #[strum_discriminants(strum(serialize = "cert.pickup_refused"))]
    CertPickupRefused { why: String },
    /// A certificate that was there before the portal first looked.
    #[serde(rename = "cert.preexisting")]
    #[strum_discriminants(strum(serialize = "cert.preexisting"))]
    CertPreexisting {
        serial: Serial,
        username: Username,
        #[serde(with = "time::serde::rfc3339")]
        not_after: OffsetDateTime,
    },
    /// A certificate that nothing in the log explains.
    #[serde(rename = "cert.unexplained")]
    #[strum_discriminants(strum(serialize = "cert.unexplained"))]
    CertUnexplained {
        serial: Serial,
        username: Username,
        #[serde(with = "time::serde::rfc3339")]
        not_after: OffsetDateTime,
    },
    /// Somebody said what a certificate is that nothing in the log explains.
    #[serde(rename = "cert.explained")]
    #[strum_discriminants(strum(serialize = "cert.explained"))]
    CertExplained { serial: Serial },
    /// An owner asked to switch customer-managed X.509 off.
    #[serde(rename = "x509.disable_requested")]
    #[strum_discriminants(strum(serialize = "x509.disable_requested"))]
    X509DisableRequested {
        authorities: Vec<String>,
        locked_out: String,
        digest: String,
    },
    /// A second person confirmed it, knowing how many users would be locked out, and which clusters were not
    /// known to be idle.
    #[serde(rename = "x509.disable_confirmed")]
    #[strum_discriminants(strum(serialize = "x509.disable_confirmed"))]
    X509DisableConfirmed {
        digest: String,
        locked_out: String,
        busy_clusters: Vec<String>,
    },
    /// Customer-managed X.509 is off. `settled_by` is `answer`, or `reading` where the answer was lost.
    #[serde(rename = "x509.disabled")]
    #[strum_discriminants(strum(serialize = "x509.disabled"))]
    X509Disabled {
        before: Vec<String>,
        settled_by: String,
    },
    /// An owner asked for a change of a database user.
    #[serde(rename = "user.change_requested")]
    #[strum_discriminants(strum(serialize = "user.change_requested"))]
    UserChangeRequested {
        change_kind: ChangeKind,
        username: Username,
        before: Vec<String>,
        after: Vec<String>,
        digest: String,
    },
    /// A second person said yes to it.
    #[serde(rename = "user.change_approved")]
    #[strum_discriminants(strum(serialize = "user.change_approved"))]
    UserChangeApproved { digest: String },
    /// A database user was created. `settled_by` as in `x509.disabled`.
    #[serde(rename = "user.created")]
    #[strum_discriminants(strum(serialize = "user.created"))]
    UserCreated {
        username: Username,
        roles: Vec<String>,
        clusters: Vec<String>,
        settled_by: String,
    },
    /// A database user has other roles.
    #[serde(rename = "user.updated")]
    #[strum_discriminants(strum(serialize = "user.updated"))]
    UserUpdated {
        username: Username,
        before: Vec<String>,
        after: Vec<String>,
        settled_by: String,
    },
    /// A database user was deleted.
    #[serde(rename = "user.deleted")]
    #[strum_discriminants(strum(serialize = "user.deleted"))]
    UserDeleted {
        username: Username,
        before: Vec<String>,
        settled_by: String,
    },
    /// The second person said no to a change.
    #[serde(rename = "change.denied")]
    #[strum_discriminants(strum(serialize = "change.denied"))]
    ChangeDenied {},
    /// The person who asked for a change took it back.
    #[serde(rename = "change.withdrawn")]
    #[strum_discriminants(strum(serialize = "change.withdrawn"))]
    ChangeWithdrawn {},
    /// A change waited too long.
    #[serde(rename = "change.expired")]
    #[strum_discriminants(strum(serialize = "change.expired"))]
    ChangeExpired { was: String },
    /// About to be sent to Atlas.
    #[serde(rename = "change.call_started")]
    #[strum_discriminants(strum(serialize = "change.call_started"))]
    ChangeCallStarted {
        #[serde(with = "time::serde::rfc3339")]
        deadline: OffsetDateTime,
    },
    /// Nothing was sent to Atlas, for certain.
    #[serde(rename = "change.not_sent")]
    #[strum_discriminants(strum(serialize = "change.not_sent"))]
    ChangeNotSent { why: String },
    /// Atlas refused, for certain.
    #[serde(rename = "change.rejected")]
    #[strum_discriminants(strum(serialize = "change.rejected"))]
    ChangeRejected { status: String, code: String },
    /// Whether Atlas did it is not known.
    #[serde(rename = "change.unknown")]
    #[strum_discriminants(strum(serialize = "change.unknown"))]
    ChangeUnknown { class: String },
    /// The answer was lost, and Atlas shows that nothing was done.
    #[serde(rename = "change.not_applied")]
    #[strum_discriminants(strum(serialize = "change.not_applied"))]
    ChangeNotApplied {},
    /// Every cluster has followed but those `unseen` to within a day; `clusters` is how many there are, or
    /// empty where Atlas does not tell.
    #[serde(rename = "change.completed")]
    #[strum_discriminants(strum(serialize = "change.completed"))]
    ChangeCompleted {
        clusters: String,
        unseen: Vec<String>,
    },
    /// Somebody tried what they may not.
    #[serde(rename = "access.denied")]
    #[strum_discriminants(strum(serialize = "access.denied"))]
    AccessDenied { action: String, why: String },
}

/// Numbers stand in the log as text, so that no reader rounds them.
mod as_text {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::model::Months;

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    pub(super) fn serialize<S: Serializer>(
        months: &Months,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(months)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Months, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl Event {
    /// The event's name in the log.
    pub fn kind(&self) -> EventKind {
        self.into()
    }
}

impl TryFrom<String> for EventKind {
    type Error = Problem;

    fn try_from(name: String) -> Result<Self, Problem> {
        name.parse().map_err(|_| Problem::NotAChoice)
    }
}

impl From<EventKind> for String {
    fn from(kind: EventKind) -> Self {
        kind.to_string()
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActorName {
    /// A person.
    Person(PersonRef),
    /// The portal itself: a job.
    System(String),
    /// Somebody not signed in.
    Nobody,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its place, from 0, without gaps.
    pub seq: i64,
    /// When, by the database's clock.
    pub at: OffsetDateTime,
    /// Who.
    pub actor: ActorName,
    /// What.
    pub event: Event,
    /// Free text that belongs to it: a reason. `None` also where it was redacted.
    pub text: Option<String>,
    /// In which project.
    pub project: Option<ProjectRef>,
    /// About which database user, where a request or certificate tells.
    pub username: Option<Username>,
    /// About which request.
    pub request: Option<RequestId>,
    /// About which change of a project.
    pub change: Option<ChangeId>,
    /// Whose request it is.
    pub requester: Option<PersonRef>,
    /// About which certificate.
    pub certificate: Option<CertificateId>,
    /// Whether the viewer may read the whole entry.
    pub may_open: bool,
}

/// One entry with all that is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntryPage {
    /// Its line.
    pub row: AuditRow,
    /// The verbatim canonical bytes, as text.
    pub body: String,
    /// RFC 6962 leaf hash of the bytes, hexadecimal.
    pub leaf_hash: String,
    /// Which attempt it belongs to.
    pub attempt: Option<AttemptId>,
    /// When the page was made.
    pub now: OffsetDateTime,
}

/// Which entries to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFilter {
    /// Only of this kind.
    pub kind: Option<EventKind>,
    /// Only by this person.
    pub person: Option<PersonId>,
    /// Only in this project.
    pub project: Option<GroupId>,
    /// Only about this request.
    pub request: Option<RequestId>,
    /// Only about this change of a project.
    pub change: Option<ChangeId>,
    /// Only at or after this time.
    pub since: Option<OffsetDateTime>,
    /// Only before this time.
    pub until: Option<OffsetDateTime>,
    /// Where to continue.
    pub after: Option<Cursor>,
}

/// A page of the log, newest first, with what the filters offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditList {
    /// The lines.
    pub rows: Vec<AuditRow>,
    /// Where the next page starts.
    pub more: Option<Cursor>,
    /// People to filter by.
    pub people: Vec<PersonRef>,
    /// Projects to filter by.
    pub projects: Vec<ProjectRef>,
    /// When the page was made.
    pub now: OffsetDateTime,
}

/// How far the log has come; stands at the foot of every page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogHead {
    /// Number of entries.
    pub size: i64,
    /// When the last was written.
    pub last_at: Option<OffsetDateTime>,
    /// The last entry's leaf hash, hexadecimal.
    pub hash: Option<String>,
    /// When Atlas last answered.
    pub atlas_answered_at: Option<OffsetDateTime>,
    /// When the page was made.
    pub now: OffsetDateTime,
}
