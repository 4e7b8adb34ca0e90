//! One line and one measurement per request. Never the query: it may hold a code.

use std::time::Duration;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use portal::Client;
use tokio::time::Instant;

/// How long requests take, by route and status.
pub const DURATION: &str = "certdesk_http_request_duration_seconds";
/// Buckets around the budget of a page: half in 8 ms, nearly all in 40 ms.
pub const BUCKETS: &[f64] = &[
    0.001, 0.002, 0.004, 0.008, 0.015, 0.025, 0.04, 0.08, 0.15, 0.3, 1.0, 5.0, 15.0,
];

/// Logs and measures.
pub async fn layer(request: Request, next: Next) -> Response {
    let method = request.method().to_string();
    let client = request
        .extensions()
        .get::<Client>()
        .and_then(|client| client.ip);
    let began = Instant::now();
    let response = next.run(request).await;
    let took = began.elapsed();
    let status = response.status().as_u16();
    let route = response
        .extensions()
        .get::<Route>()
        .map_or("other", |route| route.0.as_str());
    measure(route, &method, status, took);
    tracing::info!(
        target: "certdesk::access",
        status,
        route,
        client = client.map(tracing::field::display),
        duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "{method} {status}",
    );
    response
}

/// The template of the route that answered: `/requests/{id}`. Labels must not grow with the data.
#[derive(Clone)]
struct Route(String);

/// Tells the outer layers which route answered: only inside the router is it known.
pub async fn note_route(path: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(path) = path {
        response
            .extensions_mut()
            .insert(Route(path.as_str().to_owned()));
    }
    response
}

fn measure(route: &str, method: &str, status: u16, took: Duration) {
    let labels = [
        ("route", route.to_owned()),
        ("method", method.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::histogram!(DURATION, &labels).record(took);
}
