//! The rate limits, for those who ask.

use axum::response::Response;
use serde_json::{Value, json};
use time::macros::date;

use crate::auth::Caller;
use crate::errors::ApiError;
use crate::rate_limit::{EndpointSet, SETS};
use crate::view::View;

/// `GET /rateLimits`.
pub(super) async fn list(_: Caller, view: View) -> Result<Response, ApiError> {
    let version = date!(2025 - 03 - 12);
    view.resolve(&[version])?;
    Ok(view.list_of(SETS.iter().map(present).collect(), version, true))
}

fn present(set: &EndpointSet) -> Value {
    json!({
        "capacity": {"defaultValue": set.capacity, "value": set.capacity},
        "endpointSetId": set.name.to_lowercase().replace(", ", "-").replace(' ', "-"),
        "endpointSetName": set.name,
        "refillDurationSeconds": {"defaultValue": 60, "value": 60},
        "refillRate": {"defaultValue": set.refill, "value": set.refill},
        "scope": set.scope,
    })
}
