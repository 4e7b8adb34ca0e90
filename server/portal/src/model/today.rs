//! The first page: what needs the person now.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{CertificateRow, ChangeRow, RefusedPickup, RequestRow};

/// What needs the person now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Today {
    /// Requests the person can decide.
    pub to_approve: Vec<RequestRow>,
    /// Changes of projects the person can decide.
    pub changes_to_approve: Vec<ChangeRow>,
    /// Changes that are under way, or ended within a week, in projects the person owns; all of them for
    /// security.
    pub changes: Vec<ChangeRow>,
    /// Own requests that are approved and wait to be issued.
    pub to_issue: Vec<RequestRow>,
    /// Own keys that wait to be collected.
    pub to_collect: Vec<RequestRow>,
    /// Own requests whose outcome is being found out.
    pub unsettled: Vec<RequestRow>,
    /// For security: requests of which only a person can say what was made.
    pub to_resolve: Vec<RequestRow>,
    /// Own requests that wait for somebody else.
    pub waiting: Vec<RequestRow>,
    /// Own certificates, and those of owned projects, that end within 30 days.
    pub ending_soon: Vec<CertificateRow>,
    /// For security: certificates that nothing and nobody explains.
    pub unexplained: Vec<CertificateRow>,
    /// For security: keys that somebody reached for who should not have, within a week.
    pub refused_pickups: Vec<RefusedPickup>,
    /// When Atlas was last asked.
    pub checked_at: Option<OffsetDateTime>,
    /// When the page was made.
    pub now: OffsetDateTime,
}

impl Today {
    /// Whether nothing needs the person.
    pub fn all_clear(&self) -> bool {
        self.to_approve.is_empty()
            && self.changes_to_approve.is_empty()
            && self.to_issue.is_empty()
            && self.to_collect.is_empty()
            && self.unsettled.is_empty()
            && self.to_resolve.is_empty()
            && self.ending_soon.is_empty()
            && self.unexplained.is_empty()
            && self.refused_pickups.is_empty()
    }
}
