//! Every server function there is: each is a public address.

use axum::body::Body;
use http::{Method, header};
use sqlx::PgPool;

use crate::support::TestWeb;

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn none_answers_somebody_who_is_not_signed_in(owner: PgPool) {
    let web = TestWeb::new(owner);
    let paths: Vec<_> = server_fn::axum::server_fn_paths().collect();
    assert!(!paths.is_empty(), "the app is not linked");
    for (path, method) in paths {
        let mut browser = web.browser();
        let request = browser
            .request(method.clone(), path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = browser.send(request.body(Body::empty()).expect("a request")).await;
        assert!(!answer.status.is_success(), "{method} {path}: {}", answer.text());
        let hint = "Could not find a server function";
        assert!(!answer.text().contains(hint), "{method} {path}");
    }
}

#[test]
fn each_has_an_address_that_scripts_may_rely_on_and_changes_nothing_by_get() {
    for (path, method) in server_fn::axum::server_fn_paths() {
        let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
        assert!(parts.len() == 3 && parts[0] == "api", "{path}");
        assert!(!path.bytes().any(|byte| byte.is_ascii_digit()), "{path} ends in a hash");
        assert_eq!(method, Method::POST, "{path}");
    }
}
