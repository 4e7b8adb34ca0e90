//! The audit log: append-only, in the same transaction as the change it records.
//!
//! Entries are typed [`Event`]s, kept as the verbatim bytes of a canonical JSON object with their
//! RFC 6962 leaf hash. The numbers have no gaps and follow the order of commits.

mod entry;
mod read;
mod refused;

pub(crate) use entry::canonical_json;
pub use entry::{Entry, Subject, append, record_denied};
pub use read::{certificate_story, change_story, get, head, list, request_story};
pub(crate) use refused::refused_pickups;

pub use crate::model::Event;
