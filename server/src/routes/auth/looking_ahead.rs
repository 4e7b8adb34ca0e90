//! Browsers that look ahead, and mail scanners that look behind links.

use app::Trouble;
use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, Method};

use crate::trouble;

/// Lets through only what a person decided to open: the other would use a sign-in up that somebody
/// is in the middle of.
pub(crate) async fn refuse_looking_ahead(request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD || is_prefetch(request.headers()) {
        return trouble::answer(Trouble::WrongMethod);
    }
    next.run(request).await
}

fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose"].iter().any(|name| {
        let value = headers.get(*name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.contains("prefetch") || value.contains("prerender"))
    })
}
