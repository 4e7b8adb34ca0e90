//! What happened, from every side that saw it: the stand-in for Atlas, the audit log, the tables, the
//! clients, and the search for keys where none may be.

mod calls;
mod log;
mod read;
mod tables;
mod told;

use time::OffsetDateTime;

#[cfg(test)]
pub(crate) use self::tables::{CertificateRow, DecisionRow, RequestRow};
pub(crate) use self::{
    calls::{Call, Made, Target},
    log::{Detail, LogEntry},
    tables::{AttemptRow, ChangeRow, Tables},
    told::{Answer, Deed, Told},
};
use crate::canary::Leak;

/// What happened.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// Every request that changes something at the stand-in for Atlas, in order.
    pub(crate) calls: Vec<Call>,
    /// Every certificate it made.
    pub(crate) made: Vec<Made>,
    /// The audit log, in order.
    pub(crate) log: Vec<LogEntry>,
    /// The texts that stand beside it.
    pub(crate) details: Vec<Detail>,
    /// How long the log says it is.
    pub(crate) head: i64,
    /// The portal's tables.
    pub(crate) tables: Tables,
    /// What clients asked for, and what they were told.
    pub(crate) told: Vec<Told>,
    /// Keys and secrets found where none may be.
    pub(crate) leaks: Vec<Leak>,
    /// When all this was read.
    pub(crate) read_at: OffsetDateTime,
}
