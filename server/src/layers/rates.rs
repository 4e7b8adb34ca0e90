//! How often, by address and by person.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use app::{Caller, PortalError, Trouble};
use axum::{
    Extension,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use http::{HeaderValue, Method, header};
use portal::model::Conflict;
use uuid::Uuid;

use crate::{Web, trouble};

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

/// Changes by one signed-in person: more than anybody can type.
const CHANGES: Quota = per_minute(60);

/// Counts what happens too often.
pub struct Rates {
    begun: DefaultKeyedRateLimiter<Option<IpAddr>>,
    failed: DefaultKeyedRateLimiter<Option<IpAddr>>,
    reports: DefaultDirectRateLimiter,
    changes: DefaultKeyedRateLimiter<Uuid>,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            begun: RateLimiter::keyed(BEGUN),
            failed: RateLimiter::keyed(FAILED),
            reports: RateLimiter::direct(REPORTS),
            changes: RateLimiter::keyed(CHANGES),
        }
    }
}

impl Rates {
    /// Nobody is ever too quick: a torture run is about what comes after.
    #[cfg(feature = "failpoints")]
    pub fn boundless() -> Self {
        let quota = Quota::per_second(NonZeroU32::MAX);
        Self {
            begun: RateLimiter::keyed(quota),
            failed: RateLimiter::keyed(quota),
            reports: RateLimiter::direct(quota),
            changes: RateLimiter::keyed(quota),
        }
    }

    /// Whether this address may begin another sign-in.
    pub fn may_begin(&self, address: Option<IpAddr>) -> bool {
        self.begun.check_key(&address.map(network_of)).is_ok()
    }

    /// Whether another failed sign-in from this address is to be recorded.
    pub fn may_fail(&self, address: Option<IpAddr>) -> bool {
        self.failed.check_key(&address.map(network_of)).is_ok()
    }

    /// Whether another report is to be logged.
    pub fn may_report(&self) -> bool {
        self.reports.check().is_ok()
    }

    /// Whether this person may change something now; otherwise how long until they may.
    fn may_change(&self, person: Uuid) -> Result<(), Duration> {
        self.changes
            .check_key(&person)
            .map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }

    /// Forgets who has been quiet. For a timer.
    pub fn forget_quiet(&self) {
        self.begun.retain_recent();
        self.failed.retain_recent();
        self.changes.retain_recent();
    }
}

/// What counts as one address: in IPv6 a single machine has all of a /64 (RFC 6177, RFC 8981).
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// Refuses what a signed-in person sends to change something, when it is too much in a minute.
/// Whoever is not signed in has the limits by address.
pub async fn changes(
    State(web): State<Web>,
    caller: Option<Extension<Caller>>,
    request: Request,
    next: Next,
) -> Response {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let person = caller
        .as_ref()
        .and_then(|caller| caller.actor.person())
        .filter(|_| !is_reading);
    if let Some(person) = person
        && let Err(wait) = web.rates.may_change(person.id.0)
    {
        metrics::counter!("certdesk_changes_refused_total").increment(1);
        return too_many(&web, wait);
    }
    next.run(request).await
}

fn too_many(web: &Web, wait: Duration) -> Response {
    // Rounded up: whoever comes back when told is let through.
    let seconds = wait.as_secs() + 1;
    let after = web.portal.clock.now() + Duration::from_secs(seconds);
    let conflict = Conflict::TooMany { after };
    let mut response = trouble::answer(Trouble::Portal(PortalError::Conflict(conflict)));
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_network_of_one_machine_counts_as_one_address() {
        let network = |text| network_of(address(text)).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("192.0.2.10"), "192.0.2.10");
        assert_eq!(network("::ffff:192.0.2.10"), "192.0.2.10");

        let rates = Rates::default();
        for host in 0..30 {
            assert!(rates.may_fail(Some(address(&format!("2001:db8:1:2::{host:x}")))));
        }
        assert!(!rates.may_fail(Some(address("2001:db8:1:2:ffff::1"))));
        assert!(rates.may_fail(Some(address("2001:db8:1:3::1"))));
    }
}
