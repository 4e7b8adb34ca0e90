//! What an operator watches.

use serde::{Deserialize, Serialize};
use strum::{Display, IntoStaticStr};
use time::OffsetDateTime;

/// The operations page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationsPage {
    /// Jobs and how they went.
    pub jobs: Vec<JobRow>,
    /// Which API generation is spoken.
    pub atlas_api: String,
    /// Where Atlas is.
    pub atlas_address: String,
    /// Whether one credential serves for several purposes.
    pub shared_credential: bool,
    /// When Atlas last answered.
    pub atlas_answered_at: Option<OffsetDateTime>,
    /// Attempts whose outcome is open.
    pub open_attempts: u32,
    /// Keys that wait to be collected.
    pub waiting_keys: u32,
    /// Entries in the audit log.
    pub log_size: i64,
    /// When the page was made.
    pub now: OffsetDateTime,
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
