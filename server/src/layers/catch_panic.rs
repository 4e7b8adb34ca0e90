//! A fault of ours ends one request, not the process, and tells nothing about itself.

use std::any::Any;

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use tower_http::catch_panic::CatchPanicLayer;

/// Turns a panic into a bare 500; the page is written further out.
pub fn layer() -> CatchPanicLayer<fn(Box<dyn Any + Send + 'static>) -> Response> {
    CatchPanicLayer::custom(answer as fn(_) -> _)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer calls it like this"
)]
fn answer(panic: Box<dyn Any + Send + 'static>) -> Response {
    let what = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    metrics::counter!("certdesk_panics_total").increment(1);
    tracing::error!("A request panicked: {what}");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
