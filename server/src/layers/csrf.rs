//! Forms from other sites are refused.

use app::Trouble;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, Method, StatusCode, header};

use crate::{Web, trouble};

/// What a form or a script of ours sends. A page elsewhere can make a browser send `text/plain`
/// or `multipart/form-data` without asking; nobody here does.
const CONTENT_TYPES: &[&str] = &[
    "application/x-www-form-urlencoded",
    "application/json",
    "application/cbor",
];
/// Called by programs, without cookies: a token with a signature of its own, and reports that
/// change nothing.
const EXEMPT: &[&str] = &["/auth/backchannel-logout", "/csp-report"];

/// Lets a request that may change something through only if it comes from a page of ours: by
/// `Sec-Fetch-Site`, and where a browser does not send that, by `Origin`. Neither is a refusal.
pub async fn layer(State(web): State<Web>, request: Request, next: Next) -> Response {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_reading || EXEMPT.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    if !is_ours(request.headers(), &web.public.origin()) {
        metrics::counter!("certdesk_cross_site_refused_total").increment(1);
        return trouble::answer(Trouble::CrossSite);
    }
    if !has_known_type(request.headers()) {
        return trouble::with_status(Trouble::CrossSite, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    next.run(request).await
}

fn is_ours(headers: &HeaderMap, origin: &str) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers
            .get(header::ORIGIN)
            .is_some_and(|from| from.as_bytes() == origin.as_bytes()),
    }
}

fn has_known_type(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| {
            value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        });
    essence.is_some_and(|essence| CONTENT_TYPES.contains(&essence.as_str()))
}
