//! How long, how much, how many.

use std::time::Duration;

use axum::body::Body;
use http::{Method, StatusCode, header};
use server::config::Limits;
use sqlx::PgPool;

use crate::support::{Browser, TestWeb, test_web::Wishes};

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_body_longer_than_any_form_is_refused(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut dana = web.sign_in_as("dana", &[]).await;
    for path in [
        "/auth/logout",
        "/requests/1/certificate",
        "/api/account/set-preferences",
    ] {
        let long = "x".repeat(17 * 1024);
        let answer = dana.post(path, &[("format", &long)]).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
    // Without a word about its length it is read, but no further than that.
    let request = dana
        .request(Method::POST, "/requests/1/certificate")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let body = Body::from(format!("format={}", "x".repeat(17 * 1024)));
    let answer = dana.send(request.body(body).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(dana.is_signed_in().await);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_head_longer_than_any_browsers_is_refused(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut browser = web.browser();
    let too_long = browser
        .get(&format!("/account?{}", "x".repeat(4_096)))
        .await;
    assert_eq!(too_long.status, StatusCode::URI_TOO_LONG);

    for (name, length) in [("cookie", 8_200), ("x-anything", 17_000)] {
        let request = browser
            .request(Method::GET, "/account")
            .header(name, "x".repeat(length));
        let answer = browser
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(
            answer.status,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "{name}"
        );
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_takes_too_long_is_ended_with_a_page(owner: PgPool) {
    let limits = Limits {
        concurrency: 256,
        handler: Duration::from_millis(300),
    };
    let web = TestWeb::with(
        owner.clone(),
        Wishes {
            limits,
            ..Wishes::default()
        },
    );
    let mut dana = web.sign_in_as("dana", &[]).await;
    let mut lock = owner.begin().await.expect("a transaction");
    sqlx::query("lock table session in access exclusive mode")
        .execute(&mut *lock)
        .await
        .expect("a lock");
    let answer = dana.get("/account").await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    assert!(
        answer.header("content-type").starts_with("text/html"),
        "{}",
        answer.text()
    );
    assert!(answer.text().contains("408"), "{}", answer.text());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn more_at_once_than_can_be_done_is_shed_and_told_when_to_come_back(owner: PgPool) {
    let limits = Limits {
        concurrency: 1,
        handler: Duration::from_secs(15),
    };
    let web = TestWeb::with(
        owner.clone(),
        Wishes {
            limits,
            ..Wishes::default()
        },
    );
    let mut dana = web.sign_in_as("dana", &[]).await;
    let mut lock = owner.begin().await.expect("a transaction");
    sqlx::query("lock table session in access exclusive mode")
        .execute(&mut *lock)
        .await
        .expect("a lock");
    let slow = tokio::spawn({
        let mut dana = dana.clone();
        async move { dana.get("/account").await.status }
    });
    let shed = loop {
        let answer = web.browser().get("/auth/signed-out").await;
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(shed.header(header::RETRY_AFTER.as_str()), "5");
    assert!(
        shed.header("content-type").starts_with("text/html"),
        "{}",
        shed.text()
    );
    lock.rollback().await.expect("a rollback");
    assert_eq!(slow.await.expect("an answer"), StatusCode::OK);
    assert!(dana.is_signed_in().await);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn files_with_a_hash_are_kept_for_ever_and_wasm_is_called_wasm(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut browser = web.browser();
    let hashed = browser.get("/pkg/app.0123456789abcdef0123.wasm").await;
    assert_eq!(hashed.status, StatusCode::OK);
    assert_eq!(hashed.header("content-type"), "application/wasm");
    assert_eq!(
        hashed.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    let manifest = browser.get("/pkg/manifest.json").await;
    assert_eq!(manifest.header("cache-control"), "no-cache");
    assert_eq!(
        browser.get("/pkg/../main.rs").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        browser.get("/pkg/%2e%2e/favicon.svg").await.status,
        StatusCode::NOT_FOUND
    );

    let request = browser
        .request(Method::GET, "/pkg/app.0123456789abcdef0123.wasm")
        .header(header::ACCEPT_ENCODING, "br, gzip");
    let compressed = browser
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(compressed.header("content-encoding"), "br");
    assert_eq!(compressed.header("content-type"), "application/wasm");
    assert_eq!(&compressed.body[..], b"compressed");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn pages_are_never_compressed(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut dana = web.sign_in_as("dana", &[]).await;
    let request = dana
        .request(Method::GET, "/account")
        .header(header::ACCEPT_ENCODING, "br, gzip");
    let page = dana
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("content-encoding"), "");
    assert_eq!(page.header("cache-control"), "no-store");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn reports_are_bounded_and_only_so_many_are_taken(owner: PgPool) {
    let web = TestWeb::new(owner);
    let report = async |length: usize| {
        let mut browser = web.browser();
        let request = browser
            .request(Method::POST, "/csp-report")
            .body(Body::from("x".repeat(length)));
        browser.send(request.expect("a request")).await.status
    };
    assert_eq!(report(100).await, StatusCode::NO_CONTENT);
    assert_eq!(report(65 * 1024).await, StatusCode::PAYLOAD_TOO_LARGE);
    let mut last = StatusCode::NO_CONTENT;
    for _ in 0..300 {
        last = report(100).await;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_person_may_change_only_so_much_in_a_minute(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut dana = web.sign_in_as("dana", &[]).await;
    let mut elsewhere = web.sign_in_as("dana", &[]).await.at("192.0.2.11");
    let mut olga = web.sign_in_as("olga", &[]).await;
    let mut nobody = web.browser();
    let path = "/requests/1/certificate";
    let mut refused = None;
    for _ in 0..200 {
        let answer = dana.post(path, &[("format", "pem")]).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a refusal");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=2).contains(&wait), "{wait}");
    assert!(
        refused.header("content-type").starts_with("text/html"),
        "{}",
        refused.text()
    );
    let status = async |browser: &mut Browser| {
        let answer = browser.post(path, &[("format", "pem")]).await;
        answer.status
    };
    for _ in 0..3 {
        status(&mut elsewhere).await;
    }
    let too_many = StatusCode::TOO_MANY_REQUESTS;
    assert_eq!(status(&mut elsewhere).await, too_many, "it is the person");
    assert_ne!(status(&mut olga).await, too_many);
    assert_eq!(dana.get("/account").await.status, StatusCode::OK);
    for _ in 0..100 {
        assert_ne!(status(&mut nobody).await, too_many);
    }
}
