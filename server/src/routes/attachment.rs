//! A file as an answer.

use axum::{body::Body, response::Response};
use http::{HeaderValue, header};

/// Nothing in it may do anything, should a browser ever show it.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

/// The answer that a browser saves under `file_name`, and nobody else keeps.
pub(crate) fn attachment(content_type: &'static str, file_name: &str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let disposition = format!("attachment; filename=\"{file_name}\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
