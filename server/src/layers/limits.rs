//! How long, how much, how many.

use std::time::Duration;

use app::Trouble;
use axum::{BoxError, extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, StatusCode, header};

use crate::trouble;

/// A form's body: the largest holds a reason of 500 characters.
pub const BODY_MAX: usize = 16 * 1024;
/// How long a body may take to arrive.
pub const BODY_TIME: Duration = Duration::from_secs(10);
const URL_MAX: usize = 4 * 1024;
const COOKIES_MAX: usize = 8 * 1024;
const HEADERS_MAX: usize = 16 * 1024;

/// Refuses a request line or headers longer than any browser of ours sends.
pub async fn head(request: Request, next: Next) -> Response {
    let length = request
        .uri()
        .path_and_query()
        .map_or(0, |path| path.as_str().len());
    if length > URL_MAX {
        return trouble::with_status(Trouble::TooBig, StatusCode::URI_TOO_LONG);
    }
    if cookies(request.headers()) > COOKIES_MAX || all(request.headers()) > HEADERS_MAX {
        return trouble::with_status(Trouble::TooBig, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    next.run(request).await
}

fn cookies(headers: &HeaderMap) -> usize {
    headers
        .get_all(header::COOKIE)
        .iter()
        .map(http::HeaderValue::len)
        .sum()
}

fn all(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum()
}

/// The answer to a request beyond what is worked on at once.
pub async fn shed(_: BoxError) -> Response {
    metrics::counter!("certdesk_requests_shed_total").increment(1);
    trouble::answer(Trouble::Busy)
}
