//! Whether the process is well. On the admin listener only.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use portal::certificates::pickup::Keyring;
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{Web, database};

/// How long the database may take to say that it is there.
const DATABASE_TIME: Duration = Duration::from_secs(2);
/// How long a file may take to be written: the folder may be on another machine.
const KEYS_TIME: Duration = Duration::from_secs(2);

/// `GET /livez`: the process answers. Depends on nothing: restarting it would help nothing else.
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// What the portal depends on.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    database: Dependency,
    identity_provider: Dependency,
    atlas: Dependency,
    keys: Dependency,
}

#[derive(Serialize)]
struct Dependency {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl Dependency {
    /// Of something that was asked just now.
    fn asked_now(failure: Option<String>, now: OffsetDateTime) -> Self {
        let answered_at = failure.is_none().then_some(now);
        Self::new(failure, answered_at)
    }

    fn new(failure: Option<String>, answered_at: Option<OffsetDateTime>) -> Self {
        let state = match (&failure, answered_at) {
            (Some(_), _) => "away",
            (None, None) => "not asked yet",
            (None, Some(_)) => "there",
        };
        Self {
            state,
            answered_at: answered_at.and_then(|at| at.format(&Rfc3339).ok()),
            failure,
        }
    }
}

/// `GET /readyz`: 503 while no page could be shown, which is without the database. What else is
/// away is said, and shown on the pages that need it.
pub(crate) async fn readyz(State(web): State<Web>) -> Response {
    let now = web.portal.clock.now();
    let database =
        match tokio::time::timeout(DATABASE_TIME, database::is_ready(&web.portal.pool)).await {
            Ok(outcome) => outcome.err(),
            Err(_) => Some("the database does not answer".to_owned()),
        };
    let keys = keys_failure(web.portal.keyring.clone()).await;
    let contact = web.provider.contact();
    let readiness = Readiness {
        ready: database.is_none(),
        database: Dependency::asked_now(database, now),
        identity_provider: Dependency::new(contact.failure, contact.answered_at),
        atlas: Dependency::new(None, web.portal.atlas.last_answered_at()),
        keys: Dependency::asked_now(keys, now),
    };
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}

async fn keys_failure(keyring: Keyring) -> Option<String> {
    let asked = tokio::task::spawn_blocking(move || keyring.check());
    match tokio::time::timeout(KEYS_TIME, asked).await {
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(error))) => Some(format!(
            "the folder of sealing keys cannot be written: {error}"
        )),
        Ok(Err(error)) => Some(format!("the look at the sealing keys failed: {error}")),
        Err(_) => Some("the folder of sealing keys does not answer".to_owned()),
    }
}

/// `GET /metrics`, for Prometheus.
pub(crate) async fn metrics(State(handle): State<PrometheusHandle>) -> impl IntoResponse {
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        handle.render(),
    )
}
