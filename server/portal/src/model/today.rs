//! The first page: what needs the person now.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{CertificateRow, RequestRow};

/// What needs the person now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Today {
    /// Requests the person can decide.
    pub to_approve: Vec<RequestRow>,
    /// Own requests that are approved and wait to be issued.
    pub to_issue: Vec<RequestRow>,
    /// Own keys that wait to be collected.
    pub to_collect: Vec<RequestRow>,
    /// Own requests whose outcome is being found out.
    pub unsettled: Vec<RequestRow>,
    /// Own requests that wait for somebody else.
    pub waiting: Vec<RequestRow>,
    /// Own certificates, and those of owned projects, that end within 30 days.
    pub ending_soon: Vec<CertificateRow>,
    /// For security: certificates nothing explains.
    pub unexplained: Vec<CertificateRow>,
    /// When Atlas was last asked.
    pub checked_at: Option<OffsetDateTime>,
    /// When the page was made.
    pub now: OffsetDateTime,
}

impl Today {
    /// Whether nothing needs the person.
    pub fn all_clear(&self) -> bool {
        self.to_approve.is_empty()
            && self.to_issue.is_empty()
            && self.to_collect.is_empty()
            && self.unsettled.is_empty()
            && self.ending_soon.is_empty()
            && self.unexplained.is_empty()
    }
}
