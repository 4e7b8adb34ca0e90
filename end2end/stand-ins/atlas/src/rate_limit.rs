//! Rate limits: one token bucket per set of endpoints and project.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use time::OffsetDateTime;

use crate::auth::Caller;
use crate::errors::ApiError;
use crate::state::{StandIn, lock};

/// A set of endpoints that share a bucket. The figures are those Atlas publishes.
#[derive(Debug, Eq, PartialEq, Hash)]
pub(crate) struct EndpointSet {
    pub(crate) name: &'static str,
    /// `GROUP` or `USER`.
    pub(crate) scope: &'static str,
    pub(crate) capacity: u32,
    /// Per 60 seconds.
    pub(crate) refill: u32,
}

const fn set(name: &'static str, scope: &'static str, capacity: u32, refill: u32) -> EndpointSet {
    EndpointSet {
        name,
        scope,
        capacity,
        refill,
    }
}

/// All sets this program serves.
pub(crate) static SETS: [EndpointSet; 9] = [
    set("X509 Authentication", "GROUP", 1200, 500),
    set("LDAP Configuration", "GROUP", 1200, 500),
    set("Database Users", "GROUP", 10_000, 5000),
    set("Projects", "GROUP", 1200, 500),
    set("Projects", "USER", 1200, 500),
    set("MongoDB Cloud Users, Teams", "GROUP", 1200, 500),
    set("Events", "GROUP", 300, 100),
    set("Clusters", "GROUP", 10_000, 5000),
    set("Rate Limits Inspection", "USER", 300, 100),
];

/// The set a route belongs to; the route is a template such as `/groups/{group}/events`.
fn set_of(route: &str) -> &'static EndpointSet {
    let index = if route.ends_with("/certs") || route.ends_with("/customerX509") {
        0
    } else if route.ends_with("/userSecurity") {
        1
    } else if route.contains("/databaseUsers") {
        2
    } else if route.ends_with("/groups/{group}") {
        3
    } else if route.ends_with("/groups") {
        4
    } else if route.ends_with("/users") || route.ends_with("/teams") {
        5
    } else if route.contains("/events") {
        6
    } else if route.ends_with("/rateLimits") {
        8
    } else {
        7
    };
    &SETS[index]
}

/// The buckets in use.
#[derive(Default)]
pub(crate) struct Buckets(Mutex<HashMap<(&'static EndpointSet, String), Bucket>>);

struct Bucket {
    tokens: f64,
    at: OffsetDateTime,
}

impl Buckets {
    /// Takes one token: how many are left, or the seconds until there is one.
    fn take(
        &self,
        set: &'static EndpointSet,
        scope: &str,
        now: OffsetDateTime,
    ) -> Result<u32, u64> {
        let capacity = f64::from(set.capacity);
        let per_second = f64::from(set.refill) / 60.0;
        let mut buckets = lock(&self.0);
        let bucket = buckets.entry((set, scope.to_owned())).or_insert(Bucket {
            tokens: capacity,
            at: now,
        });
        // The clock may have been set back; a bucket never loses by it.
        let passed = (now - bucket.at).as_seconds_f64().max(0.0);
        bucket.tokens = (bucket.tokens + passed * per_second).min(capacity);
        bucket.at = now;
        if bucket.tokens < 1.0 {
            return Err(whole((((1.0 - bucket.tokens) / per_second).ceil()).max(1.0)).into());
        }
        bucket.tokens -= 1.0;
        Ok(whole(bucket.tokens.floor()))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "token counts and waits are whole, positive and far below 2^32"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

/// The middleware that takes a token for every request and says how many are left.
pub(crate) async fn limit(
    State(stand_in): State<Arc<StandIn>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(route) = request.extensions().get::<MatchedPath>() else {
        return next.run(request).await;
    };
    let set = set_of(route.as_str());
    let path = request.uri().path();
    let scope = if set.scope == "GROUP" {
        path.split('/')
            .skip_while(|part| *part != "groups" && *part != "orgs")
            .nth(1)
            .unwrap_or_default()
    } else {
        request
            .extensions()
            .get::<Caller>()
            .map_or("", |caller| caller.0.name.as_str())
    };
    let taken = if stand_in.settings.unlimited {
        Ok(set.capacity)
    } else {
        stand_in.buckets.take(set, scope, stand_in.clock.now())
    };
    let resource = path.trim_start_matches('/').to_owned();
    let (mut response, left) = match taken {
        Ok(left) => (next.run(request).await, left),
        Err(seconds) => (
            ApiError::rate_limited(&resource, seconds, set.capacity, set.refill).into_response(),
            0,
        ),
    };
    response
        .headers_mut()
        .insert("ratelimit-limit", set.capacity.into());
    response
        .headers_mut()
        .insert("ratelimit-remaining", left.into());
    response
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let buckets = Buckets::default();
        let now = OffsetDateTime::UNIX_EPOCH;
        let events = set_of("/api/atlas/v2/groups/{group}/events");
        for left in (0..300).rev() {
            assert_eq!(buckets.take(events, "a", now), Ok(left));
        }
        assert_eq!(buckets.take(events, "a", now), Err(1));
        assert_eq!(
            buckets.take(events, "b", now),
            Ok(299),
            "each project has its own"
        );
        assert_eq!(
            buckets.take(events, "a", now + Duration::seconds(60)),
            Ok(99)
        );
    }

    #[test]
    fn certificates_have_a_set_of_their_own() {
        let name = |route| set_of(route).name;
        assert_eq!(
            name("/api/atlas/v2/groups/{group}/databaseUsers/{name}/certs"),
            "X509 Authentication"
        );
        assert_eq!(
            name("/api/atlas/v2/groups/{group}/userSecurity/customerX509"),
            "X509 Authentication"
        );
        assert_eq!(
            name("/api/atlas/v1.0/groups/{group}/databaseUsers"),
            "Database Users"
        );
        assert_eq!(
            name("/api/atlas/v2/groups/{group}/clusters/{name}/status"),
            "Clusters"
        );
    }
}
