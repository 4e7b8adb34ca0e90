//! What an operator watches.

use serde::{Deserialize, Serialize};
use strum::{Display, IntoStaticStr};
use time::OffsetDateTime;

use super::CredentialRow;

/// The operations page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationsPage {
    /// Jobs and how they went.
    pub jobs: Vec<JobRow>,
    /// Which API generation is spoken.
    pub atlas_api: String,
    /// Where Atlas is.
    pub atlas_address: String,
    /// The credentials at Atlas.
    pub credentials: Vec<CredentialRow>,
    /// Whether the viewer may have them tried now.
    pub may_probe: bool,
    /// When Atlas last answered.
    pub atlas_answered_at: Option<OffsetDateTime>,
    /// Attempts whose outcome is open.
    pub open_attempts: u32,
    /// How the finding out about lost answers goes.
    pub lost_answers: LostAnswers,
    /// Certificates Atlas handed out and then did not list, although their users' lists have been read since.
    pub unlisted: u32,
    /// Keys that wait to be collected.
    pub waiting_keys: u32,
    /// Entries in the audit log.
    pub log_size: i64,
    /// When the page was made.
    pub now: OffsetDateTime,
}

/// How the finding out about lost answers goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostAnswers {
    /// Attempts nobody knows the outcome of yet.
    pub unknown: u32,
    /// Those of them that should have been settled by now.
    pub overdue: u32,
    /// Attempts of which only security can say what was made.
    pub ambiguous: u32,
    /// Answers lost within the last ten minutes.
    pub recent: u32,
    /// So many recent ones stop new attempts.
    pub limit: u32,
    /// Until when nothing new is begun, where too many were lost.
    pub paused_until: Option<OffsetDateTime>,
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRow {
    /// Its name.
    pub name: String,
    /// How it went last.
    pub outcome: JobOutcome,
    /// Why it failed, for the operator.
    pub failure: Option<String>,
    /// When it last ended.
    pub ended_at: Option<OffsetDateTime>,
    /// How long it took, in milliseconds.
    pub took_ms: Option<i64>,
    /// How often it runs, in seconds.
    pub every_s: i64,
}

/// How a job went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum JobOutcome {
    /// It has not run yet.
    NotYet,
    /// It did its work.
    Done,
    /// It failed and will run again.
    Failed,
}
