//! Addresses that do not exist.

use app::Trouble;
use axum::response::Response;

use crate::trouble;

/// The page for them. Also in place of the hints Leptos gives developers.
pub(crate) async fn not_found() -> Response {
    trouble::answer(Trouble::NoSuchPage)
}
