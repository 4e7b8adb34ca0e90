//! The way of every request.

use axum::{
    Router,
    error_handling::HandleErrorLayer,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use http::StatusCode;
use leptos::{
    config::LeptosOptions,
    nonce::Nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{LeptosRoutes as _, generate_route_list};
use metrics_exporter_prometheus::PrometheusHandle;
use tower::ServiceBuilder;
use tower_http::{
    limit::RequestBodyLimitLayer,
    timeout::{RequestBodyTimeoutLayer, TimeoutLayer},
};

use crate::{Web, layers, routes, session, trouble};

const REPORT_MAX: usize = 64 * 1024;

/// What people reach.
pub fn public(web: &Web) -> Router {
    let people = pages(web)
        .merge(signing_in())
        .route(
            "/requests/{id}/certificate",
            post(routes::delivery::deliver),
        )
        .route(
            "/changes/{id}/authorities",
            get(routes::authorities::authorities),
        )
        .layer(
            ServiceBuilder::new()
                // The cookie first, then whose it is.
                .layer(session::layer(web.portal.clone()))
                .layer(from_fn_with_state(web.clone(), session::caller))
                .layer(from_fn_with_state(web.clone(), layers::rates::changes)),
        )
        // No form of ours is larger; a server function would read 2 MiB.
        .layer(RequestBodyLimitLayer::new(layers::limits::BODY_MAX));
    let routes = people
        .merge(programs())
        .merge(layers::static_files::routes(web))
        .layer(from_fn(layers::access_log::note_route))
        .fallback(routes::not_found::not_found);
    with_layers(routes, web)
}

/// Every layer, in the order a request meets them.
fn with_layers(routes: Router<Web>, web: &Web) -> Router {
    let limits = &web.limits;
    let layers = ServiceBuilder::new()
        // Who it is, and its number: everything after may log, and does so with both.
        .layer(from_fn_with_state(
            web.clone(),
            layers::client_address::layer,
        ))
        .layer(from_fn_with_state(web.clone(), layers::request_id::layer))
        // Measures all that follows, refusals included.
        .layer(from_fn(layers::access_log::layer))
        // On every answer, those of the layers below included.
        .layer(from_fn_with_state(
            web.clone(),
            layers::security_headers::layer,
        ))
        // Below this, whoever refuses answers without a page.
        .layer(from_fn_with_state(web.clone(), trouble::pages))
        .layer(layers::catch_panic::layer())
        // Cheap refusals before dear ones.
        .layer(from_fn(layers::limits::head))
        .layer(from_fn(layers::fetch_metadata::layer))
        .layer(from_fn_with_state(web.clone(), layers::csrf::layer))
        // Beyond this many at once nobody is served better by waiting.
        .layer(HandleErrorLayer::new(layers::limits::shed))
        .load_shed()
        .layer(tower::limit::GlobalConcurrencyLimitLayer::new(
            limits.concurrency,
        ))
        // The clock runs once it is their turn.
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            limits.handler,
        ))
        .layer(RequestBodyTimeoutLayer::new(layers::limits::BODY_TIME));
    routes.with_state(web.clone()).layer(layers)
}

/// Pages and server functions.
fn pages(web: &Web) -> Router<Web> {
    let options: LeptosOptions = axum::extract::FromRef::from_ref(web);
    let context = {
        let web = web.clone();
        move || {
            provide_context(web.portal.clone());
            provide_context(web.files.clone());
            // The nonce in the header is the page's; Leptos would mint another.
            let nonce = use_context::<http::request::Parts>()
                .and_then(|parts| parts.extensions.get::<Nonce>().cloned());
            if let Some(nonce) = nonce {
                provide_context(nonce);
            }
        }
    };
    Router::new().leptos_routes_with_context(
        web,
        generate_route_list(app::App),
        context,
        move || app::shell(options.clone()),
    )
}

fn signing_in() -> Router<Web> {
    use routes::auth;

    Router::new()
        .route("/auth/login", get(auth::login))
        .route("/auth/callback", get(auth::callback))
        .route_layer(from_fn(auth::refuse_looking_ahead))
        .route("/auth/logout", post(auth::logout))
        .route("/auth/signed-out", get(auth::signed_out))
}

/// Called by programs: without cookies, so without sessions.
fn programs() -> Router<Web> {
    Router::new()
        .route(
            "/auth/backchannel-logout",
            post(routes::auth::back_channel_logout),
        )
        .route(
            "/csp-report",
            post(routes::csp_report::csp_report).layer(DefaultBodyLimit::max(REPORT_MAX)),
        )
}

/// What operators reach, on a listener of its own.
pub fn admin(web: &Web, numbers: PrometheusHandle) -> Router {
    Router::new()
        .route("/livez", get(routes::health::livez))
        .route("/readyz", get(routes::health::readyz))
        .with_state(web.clone())
        .merge(
            Router::new()
                .route("/metrics", get(routes::health::metrics))
                .with_state(numbers),
        )
}
