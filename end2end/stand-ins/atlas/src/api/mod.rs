//! The Administration API: its routes, once for each generation.

mod certs;
mod clusters;
mod database_users;
mod events;
mod groups;
mod members;
mod own_roles;
mod rate_limits;
mod security;

use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post};

use crate::auth;
use crate::errors::ApiError;
use crate::faults::{self, CutShort};
use crate::journal::{Entry, presentable};
use crate::rate_limit;
use crate::state::StandIn;
use crate::version::{self, V1, V2};

/// The largest body read. Nothing a client sends comes near it.
const BODY_LIMIT: usize = 1 << 20;

/// All routes a client of Atlas sees.
pub(crate) fn routes(stand_in: &Arc<StandIn>) -> Router<Arc<StandIn>> {
    let with = |prefix| resources(prefix);
    let api = with(V2)
        .merge(service_accounts(V2))
        .merge(with(V1))
        .fallback(nothing_here)
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        // The last layer sees a request first.
        .layer(middleware::from_fn(version::negotiate))
        .layer(middleware::from_fn_with_state(
            Arc::clone(stand_in),
            rate_limit::limit,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(stand_in),
            faults::strike,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(stand_in),
            auth::authenticate,
        ));
    let tokens = Router::new()
        .route("/api/oauth/token", post(auth::token))
        .route("/api/oauth/revoke", post(auth::revoke))
        .layer(middleware::from_fn_with_state(
            Arc::clone(stand_in),
            faults::strike,
        ));
    api.merge(tokens)
        .layer(middleware::from_fn_with_state(Arc::clone(stand_in), record))
}

fn resources(prefix: &str) -> Router<Arc<StandIn>> {
    let group = format!("{prefix}/groups/{{group}}");
    let users = format!("{group}/databaseUsers");
    let clusters = format!("{group}/clusters");
    Router::new()
        .route(prefix, get(own_roles::status))
        .route(&format!("{prefix}/groups"), get(groups::list))
        .route(&group, get(groups::get))
        .route(
            &users,
            get(database_users::list).post(database_users::create),
        )
        .route(
            &format!("{users}/{{database}}/{{name}}"),
            get(database_users::get)
                .patch(database_users::update)
                .delete(database_users::delete),
        )
        .route(
            &format!("{users}/{{name}}/certs"),
            get(certs::list).post(certs::create),
        )
        .route(
            &format!("{group}/userSecurity"),
            get(security::get).patch(security::update),
        )
        .route(
            &format!("{group}/userSecurity/customerX509"),
            delete(security::disable),
        )
        .route(&format!("{group}/users"), get(members::of_project))
        .route(&format!("{group}/teams"), get(members::teams))
        .route(
            &format!("{prefix}/orgs/{{org}}/teams/{{team}}/users"),
            get(members::of_team),
        )
        .route(&clusters, get(clusters::list))
        .route(&format!("{clusters}/{{name}}"), get(clusters::get))
        .route(
            &format!("{clusters}/{{name}}/status"),
            get(clusters::status),
        )
        .route(
            &format!("{group}/dbAccessHistory/clusters/{{name}}"),
            get(clusters::access_history),
        )
        .route(&format!("{group}/events"), get(events::list))
        .route(&format!("{prefix}/rateLimits"), get(rate_limits::list))
}

/// What only the newer generation has.
fn service_accounts(prefix: &str) -> Router<Arc<StandIn>> {
    Router::new()
        .route(
            &format!("{prefix}/groups/{{group}}/serviceAccounts/{{client}}"),
            get(own_roles::in_project),
        )
        .route(
            &format!("{prefix}/orgs/{{org}}/serviceAccounts/{{client}}"),
            get(own_roles::in_organisation),
        )
}

async fn nothing_here(OriginalUri(uri): OriginalUri) -> ApiError {
    ApiError::resource_not_found(uri.path())
}

/// The outermost middleware: the journal, and the headers every answer has.
async fn record(State(stand_in): State<Arc<StandIn>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, BODY_LIMIT)
        .await
        .unwrap_or_default();
    let entry = Entry {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: presentable(&bytes),
        ..Entry::default()
    };
    let exchange = stand_in.journal.begin(entry).await;
    let mut request = Request::from_parts(parts, bytes.into());
    request.extensions_mut().insert(exchange.clone());
    let mut response = next.run(request).await;
    let cut = response.extensions().get::<CutShort>().is_some();
    exchange
        .end((!cut).then(|| response.status().as_u16()))
        .await;
    let headers = response.headers_mut();
    headers.insert(header::SERVER, HeaderValue::from_static("mdbws"));
    headers.insert(
        header::STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000; includeSubdomains;"),
    );
    response
}
