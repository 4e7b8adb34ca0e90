//! The control endpoints: what only tests and the demo may do to an Atlas.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::certificates::{Certificate, Order, issue};
use crate::clock::iso;
use crate::customer_authority::{self, Wish};
use crate::faults::Fault;
use crate::journal::Entry;
use crate::state::StandIn;
use crate::world::World;

type Shared = State<Arc<StandIn>>;
type Input<T> = Result<Json<T>, JsonRejection>;

/// All routes under `/_control`.
pub(crate) fn routes() -> Router<Arc<StandIn>> {
    Router::new()
        .route(
            "/_control/health",
            get(|| async { Json(json!({"status": "up"})) }),
        )
        .route("/_control/journal", get(read_journal).delete(clear_journal))
        .route(
            "/_control/faults",
            get(list_faults).post(arm).delete(disarm),
        )
        .route("/_control/certs", get(list_certs).post(issue_out_of_band))
        .route("/_control/authorities/{group}", get(authority))
        .route(
            "/_control/customer-authorities/{group}",
            put(set_customer_authorities),
        )
        .route("/_control/clusters/{group}/{name}", put(set_cluster))
        .route("/_control/world", get(read_world).post(replace_world))
        .route("/_control/reset", post(reset))
        .route("/_control/clock", get(read_clock).post(set_clock))
        .route("/_control/delay", post(set_delay))
        .route("/_control/tokens", axum::routing::delete(end_tokens))
        .route(
            "/_control/{*rest}",
            any(|| async { ControlError::not_found("there is no such control") }),
        )
}

/// A refusal; whoever drives the controls is a program of ours, so a sentence is enough.
struct ControlError(StatusCode, String);

impl ControlError {
    fn not_found(message: &str) -> Self {
        Self(StatusCode::NOT_FOUND, message.to_owned())
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

impl From<JsonRejection> for ControlError {
    fn from(rejection: JsonRejection) -> Self {
        Self(StatusCode::BAD_REQUEST, rejection.body_text())
    }
}

impl From<anyhow::Error> for ControlError {
    fn from(error: anyhow::Error) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct JournalFilter {
    #[serde(default)]
    since: u64,
    method: Option<String>,
    path_contains: Option<String>,
}

async fn read_journal(State(stand_in): Shared, Query(filter): Query<JournalFilter>) -> Json<Value> {
    let wanted = |entry: &Entry| {
        entry.seq > filter.since
            && filter
                .method
                .as_ref()
                .is_none_or(|method| *method == entry.method)
            && filter
                .path_contains
                .as_ref()
                .is_none_or(|part| entry.path.contains(part.as_str()))
    };
    let entries: Vec<_> = stand_in
        .journal
        .entries()
        .into_iter()
        .filter(wanted)
        .collect();
    Json(json!({"entries": entries}))
}

async fn clear_journal(State(stand_in): Shared) -> StatusCode {
    stand_in.journal.clear();
    StatusCode::NO_CONTENT
}

async fn list_faults(State(stand_in): Shared) -> Json<Value> {
    Json(json!({"faults": stand_in.faults.list()}))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

/// Arms one fault, or several that strike one after the other; none of them when one is not understood.
async fn arm(State(stand_in): Shared, body: Input<OneOrMany>) -> Result<Response, ControlError> {
    let values = match body?.0 {
        OneOrMany::Many(values) => values,
        OneOrMany::One(value) => vec![value],
    };
    let faults: Vec<Fault> = values
        .into_iter()
        .map(serde_json::from_value)
        .collect::<Result<_, _>>()
        .map_err(|error| ControlError(StatusCode::BAD_REQUEST, error.to_string()))?;
    for fault in faults {
        stand_in.arm(fault);
    }
    Ok((StatusCode::CREATED, list_faults(State(stand_in)).await).into_response())
}

async fn disarm(State(stand_in): Shared) -> StatusCode {
    stand_in.disarm();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CertFilter {
    group_id: Option<String>,
    username: Option<String>,
}

/// Every certificate ever made, with what only the maker knows.
async fn list_certs(State(stand_in): Shared, Query(filter): Query<CertFilter>) -> Json<Value> {
    let wanted = |certificate: &Certificate| {
        filter
            .group_id
            .as_ref()
            .is_none_or(|id| *id == certificate.group_id)
            && filter
                .username
                .as_ref()
                .is_none_or(|name| *name == certificate.username)
    };
    let certificates: Vec<_> = stand_in.certificates().into_iter().filter(wanted).collect();
    Json(json!({"certificates": certificates}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OutOfBand {
    group_id: String,
    username: String,
    #[serde(default = "three")]
    months: u8,
    /// `notBefore`, so one hour before the certificate counts as made.
    #[serde(default, with = "time::serde::rfc3339::option")]
    created_at: Option<OffsetDateTime>,
}

fn three() -> u8 {
    3
}

/// Makes a certificate behind the portal's back, as somebody with the console open could. The user need not exist.
async fn issue_out_of_band(
    State(stand_in): Shared,
    body: Input<OutOfBand>,
) -> Result<Response, ControlError> {
    let Json(wish) = body?;
    if stand_in.stored(|stored| stored.project(&wish.group_id).is_err()) {
        return Err(ControlError::not_found("there is no such project"));
    }
    let order = Order {
        group_id: wish.group_id,
        username: wish.username,
        months: wish.months,
        created_at: wish.created_at.map(OffsetDateTime::truncate_to_second),
        list_lag: time::Duration::ZERO,
        out_of_band: true,
        public_key: None,
        remote_address: "192.0.2.99".to_owned(),
    };
    let issued = issue(&stand_in, order, None).await?;
    let mut answer = serde_json::to_value(&issued.certificate).unwrap_or_default();
    answer["privateKey"] = json!(issued.key_pem);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// The certificate of a project's authority, to verify a chain with.
async fn authority(
    State(stand_in): Shared,
    Path(group): Path<String>,
) -> Result<Response, ControlError> {
    if stand_in.stored(|stored| stored.project(&group).is_err()) {
        return Err(ControlError::not_found("there is no such project"));
    }
    let pem = stand_in.authority(&group).await?.certificate_pem()?;
    stand_in.save().await?;
    Ok(([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response())
}

/// Sets the authorities of a project's customer, made on the spot; none switches customer-managed X.509 off. As if it
/// had been so for long: no cluster restarts.
async fn set_customer_authorities(
    State(stand_in): Shared,
    Path(group): Path<String>,
    wishes: Input<Vec<Wish>>,
) -> Result<Json<Value>, ControlError> {
    let now = stand_in.clock.now().truncate_to_second();
    let made = wishes?
        .iter()
        .map(|wish| customer_authority::make(wish, now))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let cas: String = made
        .iter()
        .map(|authority| authority.pem.as_str())
        .collect();
    let found = stand_in.stored(|stored| {
        let project = stored.project_mut(&group).ok()?;
        project.customer_x509.cas = Some(cas).filter(|cas| !cas.is_empty());
        Some(())
    });
    found.ok_or_else(|| ControlError::not_found("there is no such project"))?;
    stand_in.save().await?;
    Ok(Json(json!({"authorities": made})))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClusterChange {
    state_name: Option<String>,
    instance_size: Option<String>,
}

/// Sets what a cluster says about itself; what is absent is as usual again.
async fn set_cluster(
    State(stand_in): Shared,
    Path((group, name)): Path<(String, String)>,
    change: Input<ClusterChange>,
) -> Result<StatusCode, ControlError> {
    let Json(change) = change?;
    let found = stand_in.stored(|stored| {
        let clusters = &mut stored.project_mut(&group).ok()?.clusters;
        let cluster = clusters.iter_mut().find(|cluster| cluster.name == name)?;
        cluster.state_name = change.state_name;
        cluster.instance_size = change.instance_size;
        Some(())
    });
    found.ok_or_else(|| ControlError::not_found("there is no such cluster"))?;
    stand_in.save().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn read_world(State(stand_in): Shared) -> Json<World> {
    Json(stand_in.world())
}

async fn replace_world(
    State(stand_in): Shared,
    world: Input<World>,
) -> Result<StatusCode, ControlError> {
    stand_in.replace_world(world?.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Back to the world of the demo, without certificates, faults or an offset of the clock.
async fn reset(State(stand_in): Shared) -> Result<StatusCode, ControlError> {
    stand_in.disarm();
    stand_in.clock.set_offset_seconds(0);
    stand_in.set_delay(stand_in.settings.delay);
    let world = stand_in
        .settings
        .world
        .clone()
        .unwrap_or_else(|| World::demo(stand_in.clock.now()));
    stand_in.replace_world(world).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn read_clock(State(stand_in): Shared) -> Json<Value> {
    let clock = &stand_in.clock;
    Json(json!({"now": iso(clock.now()), "offsetSeconds": clock.offset_seconds()}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Offset {
    offset_seconds: i32,
}

async fn set_clock(
    State(stand_in): Shared,
    body: Input<Offset>,
) -> Result<Json<Value>, ControlError> {
    stand_in
        .clock
        .set_offset_seconds(body?.offset_seconds.into());
    Ok(read_clock(State(stand_in)).await)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Delay {
    delay_ms: u64,
}

async fn set_delay(
    State(stand_in): Shared,
    body: Input<Delay>,
) -> Result<StatusCode, ControlError> {
    stand_in.set_delay(Duration::from_millis(body?.delay_ms));
    Ok(StatusCode::NO_CONTENT)
}

/// Ends every access token, as if an hour had passed.
async fn end_tokens(State(stand_in): Shared) -> StatusCode {
    stand_in.tokens.forget_all();
    StatusCode::NO_CONTENT
}
