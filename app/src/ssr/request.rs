//! The request being answered, as Leptos hands it over.

use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// Reads the request. `None` while routes are collected at the start, when there is none.
pub(super) fn with_parts<T>(read: impl FnOnce(&Parts) -> T) -> Option<T> {
    use_context::<Parts>().map(|parts| read(&parts))
}

/// A header's value, if it is text.
pub(super) fn header_text(parts: &Parts, name: HeaderName) -> Option<&str> {
    parts.headers.get(name)?.to_str().ok()
}

/// Whether a person's browser waits for a page: an ordinary navigation or a plain form.
pub(super) fn wants_page(parts: &Parts) -> bool {
    header_text(parts, header::ACCEPT).is_some_and(|accept| accept.contains("text/html"))
}

/// Path and query.
pub(super) fn address(parts: &Parts) -> String {
    parts
        .uri
        .path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string)
}

/// Adds a header to the answer.
pub(super) fn add_header(name: HeaderName, value: &str) {
    if let (Some(answer), Ok(value)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(value),
    ) {
        answer.append_header(name, value);
    }
}

/// Sets the answer's status.
pub(super) fn set_status(status: u16) {
    if let (Some(answer), Ok(status)) = (
        use_context::<ResponseOptions>(),
        StatusCode::from_u16(status),
    ) {
        answer.set_status(status);
    }
}
