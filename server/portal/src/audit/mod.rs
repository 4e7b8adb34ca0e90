//! The audit log: append-only, in the same transaction as the change it records.
//!
//! Entries are typed [`Event`]s, kept as the verbatim bytes of a canonical JSON object with their
//! RFC 6962 leaf hash. The numbers have no gaps and follow the order of commits.

mod entry;
mod read;

pub use entry::{Entry, append, record_denied};
pub use read::{certificate_story, get, head, list, request_story};

pub use crate::model::Event;
