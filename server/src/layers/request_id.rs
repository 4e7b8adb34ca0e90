//! A number for every request: in every line of the log, and in the answer.

use std::fmt;

use app::Incident;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue};
use tracing::Instrument as _;

use super::client_address::FromTrustedProxy;
use crate::Web;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LENGTH_MAX: usize = 64;

/// The request's number.
#[derive(Clone, Debug)]
pub struct RequestId(String);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Gives the request a number; takes one over from a trusted proxy only.
pub async fn layer(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let trusted = request
        .extensions()
        .get::<FromTrustedProxy>()
        .is_some_and(|proxy| proxy.0);
    let given = if trusted { given(&request) } else { None };
    let id = given.unwrap_or_else(|| web.portal.new_id().to_string());
    let span = tracing::info_span!(
        "request",
        request.id = %id,
        method = %request.method(),
        path = request.uri().path(),
    );
    request.extensions_mut().insert(RequestId(id.clone()));
    // The number a person is shown when something goes wrong.
    request.extensions_mut().insert(Incident(id.clone()));
    let mut response = next.run(request).instrument(span).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, id);
    }
    response
}

fn given(request: &Request) -> Option<String> {
    let text = request.headers().get(HEADER)?.to_str().ok()?;
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_id = !text.is_empty() && text.len() <= LENGTH_MAX && text.bytes().all(fine);
    is_id.then(|| text.to_owned())
}
