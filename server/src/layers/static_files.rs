//! What the browser downloads: `/pkg` and a few files at the root.

use axum::{Router, extract::Request, middleware::Next, response::Response};
use http::{HeaderValue, header};
use tower_http::services::{ServeDir, ServeFile};

use crate::Web;

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const AGAIN_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");
/// Files at the root of the site.
const AT_ROOT: &[&str] = &["favicon.svg", "favicon.ico", "robots.txt"];
/// Fewest characters of a hash in a file's name.
const HASH_MIN: usize = 8;

/// Serves them, as they were compressed at build time. Only these are compressed: a page holds the
/// form token beside what a person typed, and their lengths would tell (the BREACH attack).
pub fn routes(web: &Web) -> Router<Web> {
    let pkg = ServeDir::new(web.site_root.join("pkg"))
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(false);
    let mut routes = Router::new().nest_service("/pkg", pkg);
    for name in AT_ROOT {
        let file = ServeFile::new(web.site_root.join(name))
            .precompressed_br()
            .precompressed_gzip();
        routes = routes.route_service(&format!("/{name}"), file);
    }
    routes.layer(axum::middleware::from_fn(cache))
}

/// A name with a hash never means anything else; a name without one may.
async fn cache(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == http::StatusCode::NOT_MODIFIED {
        let how_long = match path.strip_prefix("/pkg/") {
            Some(name) if has_hash(name) => FOR_EVER,
            Some(_) => AGAIN_EACH_TIME,
            None => FOR_AN_HOUR,
        };
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, how_long);
    }
    response
}

/// `app.3f9a2c41.wasm`, `certdesk-3f9a2c41.css`.
fn has_hash(name: &str) -> bool {
    let Some((stem, _)) = name.rsplit_once('.') else {
        return false;
    };
    let tail = stem.rsplit(['.', '-']).next().unwrap_or_default();
    tail != stem
        && tail.len() >= HASH_MIN
        && tail
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && tail.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::has_hash;

    #[test]
    fn only_a_name_with_a_hash_is_kept_for_ever() {
        for name in [
            "app.3f9a2c41.wasm",
            "certdesk-3f9a2c41d0.js",
            "main.0123456789abcdef.css",
        ] {
            assert!(has_hash(name), "{name}");
        }
        for name in [
            "app.wasm",
            "app.js",
            "stylesheet-compressed.css",
            "manifest.json",
            "noextension",
        ] {
            assert!(!has_hash(name), "{name}");
        }
    }
}
