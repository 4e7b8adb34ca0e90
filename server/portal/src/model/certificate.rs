//! Certificates.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};
use time::{Duration, OffsetDateTime};

use super::{
    AuditRow, CertificateId, ClusterView, Cursor, DatabaseRole, GroupId, Obstacle, PersonRef,
    ProjectRef, RequestId, Serial, Username,
};

/// How a certificate came to be known.
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
pub enum Origin {
    /// Issued through the portal.
    Portal,
    /// There before the portal first looked.
    Preexisting,
    /// Made behind the portal's back.
    Unexplained,
    /// Made for a request whose answer was lost; nobody has its key.
    Lost,
}

/// One line of a list of certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRow {
    /// The portal's id.
    pub id: CertificateId,
    /// Atlas's id, the certificate's serial number.
    pub serial: Serial,
    /// In which project.
    pub project: ProjectRef,
    /// For which database user.
    pub username: Username,
    /// When it began to be valid.
    pub not_before: OffsetDateTime,
    /// When it ends.
    pub not_after: OffsetDateTime,
    /// How it came to be known.
    pub origin: Origin,
    /// Who collected it, where the portal issued it.
    pub holder: Option<PersonRef>,
    /// The request it was issued for.
    pub request: Option<RequestId>,
    /// What somebody said it is, where it was made behind the portal's back.
    pub explanation: Option<Explanation>,
}

/// What somebody said a certificate is that nothing in the log explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Who.
    pub by: PersonRef,
    /// When.
    pub at: OffsetDateTime,
    /// What they said.
    pub reason: String,
}

/// How near a certificate's end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Life {
    /// More than 30 days.
    Calm,
    /// Within 30 days.
    Soon,
    /// Within 7 days.
    Now,
    /// Over.
    Over,
}

impl Life {
    /// How near the end is at `now`.
    pub fn until(end: OffsetDateTime, now: OffsetDateTime) -> Self {
        let left = end - now;
        if left <= Duration::ZERO {
            Self::Over
        } else if left < Duration::days(7) {
            Self::Now
        } else if left < Duration::days(30) {
            Self::Soon
        } else {
            Self::Calm
        }
    }
}

/// How much of a life is gone at `now`, in percent, 0 to 100.
pub fn gone_percent(begin: OffsetDateTime, end: OffsetDateTime, now: OffsetDateTime) -> u8 {
    let whole = (end - begin).whole_seconds().max(1);
    let gone = (now - begin).whole_seconds().clamp(0, whole);
    u8::try_from(gone.saturating_mul(100) / whole).unwrap_or(100)
}

impl CertificateRow {
    /// How near the end is at `now`.
    pub fn life(&self, now: OffsetDateTime) -> Life {
        Life::until(self.not_after, now)
    }

    /// How much of its life is gone at `now`, in percent, 0 to 100.
    pub fn gone_percent(&self, now: OffsetDateTime) -> u8 {
        gone_percent(self.not_before, self.not_after, now)
    }
}

/// A certificate's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatePage {
    /// Its line in the list.
    pub row: CertificateRow,
    /// Its subject, RFC 2253.
    pub subject: String,
    /// SHA-256 over the DER form, hexadecimal; only where the portal saw the certificate itself.
    pub fingerprint: Option<String>,
    /// When Atlas last listed it.
    pub seen_at: Option<OffsetDateTime>,
    /// What the database user may do today.
    pub database_roles: Vec<DatabaseRole>,
    /// Why nobody can ask for another one; a user that is gone makes this one useless, too.
    pub obstacle: Option<Obstacle>,
    /// Where to connect to.
    pub clusters: Vec<ClusterView>,
    /// Its entries of the audit log, oldest first.
    pub story: Vec<AuditRow>,
    /// Whether the viewer may ask for the next one.
    pub may_ask_again: bool,
    /// Whether the viewer may say what it is.
    pub may_explain: bool,
    /// When the page was made.
    pub now: OffsetDateTime,
}

/// What reading Atlas's lists has brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepReport {
    /// Database users whose lists were read.
    pub users: u32,
    /// Certificates found that nothing explains.
    pub unexplained: u32,
}

/// Which certificates to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFilter {
    /// Whose.
    pub scope: Option<CertificateScope>,
    /// How near their end.
    pub ends: EndsFilter,
    /// Only in this project.
    pub project: Option<GroupId>,
    /// Part of a user's or project's name, or a serial number.
    pub search: Option<String>,
    /// Where to continue.
    pub after: Option<Cursor>,
}

/// Whose certificates.
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
pub enum CertificateScope {
    /// Collected by the viewer.
    Mine,
    /// Of the projects the viewer owns or may ask in.
    Projects,
    /// Every one (security).
    All,
}

/// How near their end.
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
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum EndsFilter {
    /// All that live.
    #[default]
    Live,
    /// Within 7 days.
    Week,
    /// Within 30 days.
    Month,
    /// Within 90 days.
    Quarter,
    /// Already over.
    Ended,
}

/// A page of the list of certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateList {
    /// The rows by end, soonest first (ended ones: latest first).
    pub rows: Vec<CertificateRow>,
    /// Where the next page starts.
    pub more: Option<Cursor>,
    /// The scope shown: as asked, or the widest the viewer has use for.
    pub scope: CertificateScope,
    /// Scopes the viewer may choose from.
    pub scopes: Vec<CertificateScope>,
    /// How many of the viewer's scope end within 30 days, capped at 99.
    pub ending_soon: u32,
    /// When Atlas was last asked for the oldest of the lists shown.
    pub synced_at: Option<OffsetDateTime>,
    /// When the page was made.
    pub now: OffsetDateTime,
}
