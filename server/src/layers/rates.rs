//! How often, by address.

use std::{net::IpAddr, num::NonZeroU32};

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

const fn per_minute(times: u32) -> Quota {
    match NonZeroU32::new(times) {
        Some(times) => Quota::per_minute(times),
        None => panic!("a quota of nothing"),
    }
}

/// Sign-ins begun: a whole office may share one address.
const BEGUN: Quota = per_minute(120);
/// Sign-ins failed: each becomes an entry in the audit log, which must not be a way to fill it.
const FAILED: Quota = per_minute(30);
/// Reports of policy violations, from everybody together.
const REPORTS: Quota = per_minute(120);

/// Counts what happens too often.
pub struct Rates {
    begun: DefaultKeyedRateLimiter<Option<IpAddr>>,
    failed: DefaultKeyedRateLimiter<Option<IpAddr>>,
    reports: DefaultDirectRateLimiter,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            begun: RateLimiter::keyed(BEGUN),
            failed: RateLimiter::keyed(FAILED),
            reports: RateLimiter::direct(REPORTS),
        }
    }
}

impl Rates {
    /// Whether this address may begin another sign-in.
    pub fn may_begin(&self, address: Option<IpAddr>) -> bool {
        self.begun.check_key(&address).is_ok()
    }

    /// Whether another failed sign-in from this address is to be recorded.
    pub fn may_fail(&self, address: Option<IpAddr>) -> bool {
        self.failed.check_key(&address).is_ok()
    }

    /// Whether another report is to be logged.
    pub fn may_report(&self) -> bool {
        self.reports.check().is_ok()
    }

    /// Forgets addresses that have been quiet. For a timer.
    pub fn forget_quiet(&self) {
        self.begun.retain_recent();
        self.failed.retain_recent();
    }
}
