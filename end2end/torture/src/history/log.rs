//! Entries of the audit log.

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

/// An entry, as its row holds it.
#[derive(Clone, Debug)]
pub(crate) struct LogEntry {
    /// Its number.
    pub(crate) seq: i64,
    /// When it was written.
    pub(crate) at: OffsetDateTime,
    /// When its transaction was committed, where Postgres remembers.
    pub(crate) committed_at: Option<OffsetDateTime>,
    /// The event's name.
    pub(crate) kind: String,
    /// Who did it, if a person.
    pub(crate) person: Option<Uuid>,
    /// In which project.
    pub(crate) project: Option<String>,
    /// About which request.
    pub(crate) request: Option<Uuid>,
    /// About which change.
    pub(crate) change: Option<Uuid>,
    /// About which attempt.
    pub(crate) attempt: Option<Uuid>,
    /// About which certificate.
    pub(crate) certificate: Option<Uuid>,
    /// The bytes.
    pub(crate) body: Vec<u8>,
    /// The hash that stands beside them.
    pub(crate) leaf_hash: Vec<u8>,
    /// What the bytes say under `entry`; null where they are no JSON.
    pub(crate) entry: Value,
}

/// A text that stands beside the log.
#[derive(Clone, Debug)]
pub(crate) struct Detail {
    /// The entry's number.
    pub(crate) seq: i64,
    /// What it is: a reason.
    pub(crate) field: String,
    /// What was hashed before it.
    pub(crate) salt: Vec<u8>,
    /// The text.
    pub(crate) value: String,
}

impl LogEntry {
    /// A field of the event.
    pub(crate) fn data(&self, name: &str) -> Option<&str> {
        self.entry["data"][name].as_str()
    }

    /// The serial number the event names.
    pub(crate) fn serial(&self) -> Option<i64> {
        self.data("serial")?.parse().ok()
    }

    /// Not later than this was it there for everybody. Without a time of the commit, when it was
    /// written has to do.
    pub(crate) fn there_since(&self) -> OffsetDateTime {
        self.committed_at.unwrap_or(self.at)
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> String {
        format!("entry {} ({})", self.seq, self.kind)
    }
}
