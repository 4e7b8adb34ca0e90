//! Pages of the audit log.

pub use super::{entry::AuditEntryRoute, list::AuditRoute};
