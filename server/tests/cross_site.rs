//! Forms and embeds from other sites.

use axum::body::Body;
use http::{Method, StatusCode, header};
use sqlx::PgPool;

use crate::support::{TestWeb, test_web::ORIGIN};

const FORM: &str = "application/x-www-form-urlencoded";

/// One request to a route that changes something, as another page could have it sent.
async fn status(
    web: &TestWeb,
    path: &str,
    site: Option<&str>,
    origin: Option<&str>,
    content_type: Option<&str>,
) -> StatusCode {
    let mut browser = web.browser();
    let mut request = browser.request(Method::POST, path);
    for (name, value) in [
        ("sec-fetch-site", site),
        ("origin", origin),
        ("content-type", content_type),
    ] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    browser
        .send(request.body(Body::empty()).expect("a request"))
        .await
        .status
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_form_counts_only_from_a_page_of_ours(owner: PgPool) {
    let web = TestWeb::new(owner);
    let origins = [
        None,
        Some(ORIGIN),
        Some("null"),
        Some(""),
        Some("https://evil.example"),
        Some("http://certdesk.example.com"),
        Some("https://certdesk.example.com:8443"),
        Some("https://certdesk.example.com.evil.example"),
        Some("https://certdesk.example.com/"),
        Some("https://CERTDESK.example.com"),
        Some("https://other.example.com"),
        Some("https://xn--crtdesk-xxx.example.com"),
    ];
    let sites = [
        None,
        Some("same-origin"),
        Some("same-site"),
        Some("cross-site"),
        Some("none"),
        Some(""),
    ];
    for path in [
        "/auth/logout",
        "/requests/1/certificate",
        "/api/account/set-preferences",
        "/nowhere",
    ] {
        for site in sites {
            for origin in origins {
                let is_ours =
                    site == Some("same-origin") || (site.is_none() && origin == Some(ORIGIN));
                let status = status(&web, path, site, origin, Some(FORM)).await;
                let refused = status == StatusCode::FORBIDDEN;
                assert_eq!(refused, !is_ours, "{path} {site:?} {origin:?}: {status}");
            }
        }
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_form_counts_only_in_a_form_we_send(owner: PgPool) {
    let web = TestWeb::new(owner);
    let types = [
        (Some(FORM), true),
        (
            Some("application/x-www-form-urlencoded; charset=UTF-8"),
            true,
        ),
        (Some("application/json"), true),
        (Some("application/cbor"), true),
        (Some("text/plain"), false),
        (Some("multipart/form-data; boundary=x"), false),
        (Some("application/xml"), false),
        (Some("text/plain; application/json"), false),
        (Some("application/jsonx"), false),
        (None, false),
    ];
    for path in [
        "/auth/logout",
        "/requests/1/certificate",
        "/api/account/set-preferences",
        "/nowhere",
    ] {
        for (content_type, fine) in types {
            let status = status(&web, path, Some("same-origin"), Some(ORIGIN), content_type).await;
            let refused = status == StatusCode::UNSUPPORTED_MEDIA_TYPE;
            // A route may still refuse a type that is not its own.
            assert!(refused || fine, "{path} {content_type:?}: {status}");
            if path == "/nowhere" {
                assert_eq!(refused, !fine, "{path} {content_type:?}: {status}");
            }
        }
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn other_methods_are_held_to_the_same(owner: PgPool) {
    let web = TestWeb::new(owner);
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let mut browser = web.browser();
        let request = browser
            .request(method.clone(), "/account")
            .header("sec-fetch-site", "cross-site");
        let answer = browser
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{method}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn other_sites_may_link_here_and_nothing_else(owner: PgPool) {
    let web = TestWeb::new(owner);
    let cases = [
        ("cross-site", "navigate", "document", true),
        ("same-site", "navigate", "document", true),
        ("cross-site", "navigate", "iframe", false),
        ("cross-site", "navigate", "object", false),
        ("cross-site", "no-cors", "image", false),
        ("cross-site", "no-cors", "script", false),
        ("cross-site", "cors", "empty", false),
        ("same-site", "cors", "empty", false),
        ("same-origin", "cors", "empty", true),
        ("same-origin", "no-cors", "script", true),
        ("none", "navigate", "document", true),
    ];
    for path in ["/auth/signed-out", "/favicon.svg"] {
        for (site, mode, dest, fine) in cases {
            let mut browser = web.browser();
            let request = browser
                .request(Method::GET, path)
                .header("sec-fetch-site", site)
                .header("sec-fetch-mode", mode)
                .header("sec-fetch-dest", dest);
            let answer = browser
                .send(request.body(Body::empty()).expect("a request"))
                .await;
            let refused = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(
                refused, !fine,
                "{path} {site} {mode} {dest}: {}",
                answer.status
            );
        }
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn functions_are_read_by_scripts_of_ours_and_never_navigated_to(owner: PgPool) {
    let web = TestWeb::new(owner);
    let cases = [
        ("cross-site", "navigate", "document", false),
        ("same-site", "navigate", "document", false),
        ("same-origin", "navigate", "document", false),
        ("none", "navigate", "document", false),
        ("cross-site", "cors", "empty", false),
        ("same-site", "no-cors", "empty", false),
        ("same-origin", "cors", "empty", true),
        ("same-origin", "same-origin", "empty", true),
    ];
    for method in [Method::GET, Method::HEAD] {
        for (site, mode, dest, fine) in cases {
            let mut dana = web.sign_in_as("dana", &[]).await;
            let request = dana
                .request(method.clone(), "/api/account/page")
                .header("referer", "https://evil.example/")
                .header("accept", "application/json")
                .header("sec-fetch-site", site)
                .header("sec-fetch-mode", mode)
                .header("sec-fetch-dest", dest);
            let answer = dana
                .send(request.body(Body::empty()).expect("a request"))
                .await;
            let what = format!("{method} {site} {mode} {dest}: {}", answer.status);
            assert_eq!(answer.status == StatusCode::FORBIDDEN, !fine, "{what}");
            assert!(fine || answer.location().is_empty(), "{what}");
        }
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn programs_call_without_a_page(owner: PgPool) {
    let web = TestWeb::new(owner);
    let reported = status(
        &web,
        "/csp-report",
        Some("cross-site"),
        None,
        Some("application/csp-report"),
    );
    assert_eq!(reported.await, StatusCode::NO_CONTENT);
    let refused = status(&web, "/auth/backchannel-logout", None, None, Some(FORM)).await;
    assert_eq!(refused, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_sign_out_needs_a_form(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut dana = web.sign_in_as("dana", &[]).await;
    assert_eq!(
        dana.get("/auth/logout").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let request = dana
        .request(Method::POST, "/auth/logout")
        .header("sec-fetch-site", "cross-site")
        .header(header::ORIGIN, "https://evil.example")
        .header(header::CONTENT_TYPE, FORM);
    let answer = dana
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(dana.is_signed_in().await);
}
