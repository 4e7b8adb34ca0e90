//! Other sites may link to pages and do nothing else (W3C Fetch Metadata, resource isolation).

use app::Trouble;
use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, Method};

use crate::trouble;

/// Refuses what another site embeds, fetches or frames; following a link is fine.
pub async fn layer(request: Request, next: Next) -> Response {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_reading && !may_pass(request.uri().path(), request.headers()) {
        return trouble::answer(Trouble::CrossSite);
    }
    next.run(request).await
}

/// Server functions are no pages: one that was navigated to is answered by a redirect to whatever
/// page led there, with what went wrong in its address. Only a script of ours reads them.
fn may_pass(path: &str, headers: &HeaderMap) -> bool {
    let is = |name: &str, values: &[&str]| {
        headers
            .get(name)
            .is_some_and(|value| values.iter().any(|wanted| value == wanted))
    };
    let from_elsewhere = is("sec-fetch-site", &["cross-site", "same-site"]);
    let is_navigation = is("sec-fetch-mode", &["navigate"]);
    if path.starts_with("/api/") {
        return !from_elsewhere && !is_navigation;
    }
    !from_elsewhere || (is_navigation && is("sec-fetch-dest", &["document"]))
}
