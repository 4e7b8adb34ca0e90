//! Answers that say what went wrong.
//!
//! Layers and routes answer with a [`Trouble`] and no body; the layer [`pages`] turns that into the
//! page, at one place and with the request at hand.

use app::{PortalError, Trouble, error_page};
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use portal::model::Upstream;

use crate::{Web, layers::request_id::RequestId};

/// How soon to come back to something that is away, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// The answer to a request that came to nothing.
pub fn answer(trouble: Trouble) -> Response {
    let status = trouble.status();
    with_status(trouble, status)
}

/// The same with a more exact status.
pub fn with_status(trouble: Trouble, status: StatusCode) -> Response {
    let mut response = status.into_response();
    response.extensions_mut().insert(trouble);
    response
}

/// Something outside is away.
pub fn away(upstream: Upstream) -> Response {
    answer(Trouble::Portal(PortalError::Unavailable { upstream }))
}

/// An operation of the portal failed. Logs what the person is not told.
pub fn failed(error: portal::Error) -> Response {
    answer(Trouble::Portal(PortalError::from(error)))
}

/// Writes the page of an answer that has none: marked by a route or a layer of ours, or made bare
/// by a library.
pub async fn pages(State(web): State<Web>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let seen = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(trouble) = trouble_of(&response, &seen).map(|trouble| numbered(trouble, &seen)) else {
        return response;
    };
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    if head.status == StatusCode::SERVICE_UNAVAILABLE {
        head.headers
            .entry(header::RETRY_AFTER)
            .or_insert(RETRY_AFTER);
    }
    let page = body_of(&trouble, &seen, &web);
    let mut answer = page.into_response();
    *answer.status_mut() = head.status;
    *answer.extensions_mut() = head.extensions;
    let content_type = answer.headers().get(header::CONTENT_TYPE).cloned();
    answer.headers_mut().extend(head.headers);
    if let Some(content_type) = content_type {
        answer
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
    }
    answer
}

fn trouble_of(response: &Response, request: &Parts) -> Option<Trouble> {
    if let Some(trouble) = response.extensions().get::<Trouble>() {
        return Some(trouble.clone());
    }
    let status = response.status();
    let is_bare = !response.headers().contains_key(header::CONTENT_TYPE);
    let is_error = status.is_client_error() || status.is_server_error();
    // What is said to a program, not to a person.
    let is_page = !request.uri.path().starts_with("/auth/backchannel-logout");
    (is_bare && is_error && is_page).then(|| of_status(status, request))
}

/// A fault of ours with the request's number. Outside of pages a failure does not know the request
/// it belongs to; the line it logs does.
fn numbered(trouble: Trouble, request: &Parts) -> Trouble {
    match trouble {
        Trouble::Portal(PortalError::Internal { .. }) => Trouble::Portal(PortalError::Internal {
            incident: incident(request),
        }),
        other => other,
    }
}

fn of_status(status: StatusCode, request: &Parts) -> Trouble {
    match status {
        StatusCode::NOT_FOUND => Trouble::NoSuchPage,
        StatusCode::METHOD_NOT_ALLOWED => Trouble::WrongMethod,
        StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::URI_TOO_LONG
        | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Trouble::TooBig,
        StatusCode::TOO_MANY_REQUESTS => Trouble::TooMany,
        StatusCode::REQUEST_TIMEOUT => Trouble::TimedOut,
        StatusCode::SERVICE_UNAVAILABLE => Trouble::Busy,
        StatusCode::FORBIDDEN => Trouble::CrossSite,
        _ if status.is_client_error() => Trouble::Portal(PortalError::Invalid(Vec::new())),
        _ => Trouble::Portal(PortalError::Internal {
            incident: incident(request),
        }),
    }
}

fn incident(request: &Parts) -> String {
    request
        .extensions
        .get::<RequestId>()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// A page, or for the portal's own scripts the error itself.
fn body_of(trouble: &Trouble, request: &Parts, web: &Web) -> Response<Body> {
    match trouble {
        Trouble::Portal(error) if is_script(&request.uri, &request.headers) => {
            axum::Json(error).into_response()
        }
        _ => Html(error_page(trouble, request, &web.files)).into_response(),
    }
}

fn is_script(uri: &http::Uri, headers: &HeaderMap) -> bool {
    uri.path().starts_with("/api/") && !wants_page(headers)
}

/// Whether a person's browser waits for a page.
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}
