//! The way there and back: whose answer it is, and how often it counts.

use axum::body::Body;
use http::{Method, StatusCode};
use portal::{identity, testing::START};
use sqlx::PgPool;
use time::Duration;

use crate::support::{IdentityProvider, TestWeb, identity_provider::Asked};

/// What the browser brings back, each with what the log calls it.
fn wrong_answers(provider: &IdentityProvider, asked: &Asked) -> Vec<(String, &'static str)> {
    let Asked { state, .. } = asked;
    let iss: String = url::form_urlencoded::byte_serialize(provider.issuer.as_bytes()).collect();
    let long = "x".repeat(3_500);
    vec![
        (format!("code=c&state=another&iss={iss}"), "answer.state"),
        (format!("code=c&iss={iss}"), "answer.state"),
        (format!("code=c&state=&iss={iss}"), "answer.state"),
        (
            format!("code=c&state={state}&state={state}&iss={iss}"),
            "answer.duplicate",
        ),
        (
            format!("code=c&code=c&state={state}&iss={iss}"),
            "answer.duplicate",
        ),
        (
            format!("code=c&state={state}&iss={iss}&iss={iss}"),
            "answer.duplicate",
        ),
        (
            format!("error=access_denied&state=another&iss={iss}"),
            "answer.state",
        ),
        (
            format!("code=c&error=access_denied&state={state}&iss={iss}"),
            "answer.contradiction",
        ),
        (format!("state={state}&iss={iss}"), "answer.code"),
        (format!("code=&state={state}&iss={iss}"), "answer.code"),
        (
            format!("code={long}&state={state}&iss={iss}"),
            "answer.code",
        ),
        (
            format!("code=c&state={state}&iss=https%3A%2F%2Fevil.example"),
            "answer.issuer",
        ),
        (
            format!("code=c&state={state}&iss={iss}%2F"),
            "answer.issuer",
        ),
        (format!("code=c&state={state}"), "answer.issuer"),
        (format!("code=c&state={state}&iss="), "answer.issuer"),
    ]
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_wrong_answer_is_refused_before_anything_is_sent(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let number = {
        let asked = provider.begin(&mut web.browser(), "/auth/login").await;
        wrong_answers(&provider, &asked).len()
    };
    for index in 0..number {
        let mut browser = web.browser().at(&format!("192.0.2.{}", index + 1));
        let asked = provider.begin(&mut browser, "/auth/login").await;
        let (query, class) = wrong_answers(&provider, &asked).swap_remove(index);
        let answer = browser.get(&format!("/auth/callback?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(
            web.last_entry().await,
            ("login.failed".to_owned(), Some(class.to_owned())),
            "{query}"
        );
        assert!(!answer.text().contains("access_denied"), "{query}");
    }
    assert_eq!(provider.token_calls(), 0);
    assert_eq!(web.count("select count(*) from session").await, 0);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_answer_counts_in_the_browser_that_asked_only(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut attacker = web.browser();
    let asked = provider.begin(&mut attacker, "/auth/login").await;
    provider.give(&provider.good_token(&asked, "attacker", START));
    let callback = provider.callback(&asked);

    let mut without_cookie = web.browser();
    assert_eq!(
        without_cookie.get(&callback).await.status,
        StatusCode::BAD_REQUEST
    );
    let mut with_another = web.browser();
    provider.begin(&mut with_another, "/auth/login").await;
    assert_eq!(
        with_another.get(&callback).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(provider.token_calls(), 0);
    // It was not theirs to use up.
    assert_eq!(attacker.get(&callback).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_answer_counts_once(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut dana = web.browser();
    let asked = provider.begin(&mut dana, "/auth/login").await;
    provider.give(&provider.good_token(&asked, "dana", START));
    let callback = provider.callback(&asked);
    assert_eq!(dana.get(&callback).await.status, StatusCode::SEE_OTHER);
    let session = dana.cookies.clone();
    assert_eq!(dana.get(&callback).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(provider.token_calls(), 1);
    dana.cookies = session;
    assert!(dana.is_signed_in().await);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn fifty_answers_at_once_are_one_session(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut dana = web.browser();
    let asked = provider.begin(&mut dana, "/auth/login").await;
    provider.give(&provider.good_token(&asked, "dana", START));
    let callback = provider.callback(&asked);
    let mut answers = tokio::task::JoinSet::new();
    for number in 0..50 {
        let (browser, callback) = (
            dana.clone().at(&format!("192.0.2.{number}")),
            callback.clone(),
        );
        answers.spawn(async move {
            let mut browser = browser;
            browser.get(&callback).await.status
        });
    }
    let statuses = answers.join_all().await;
    let successes = statuses
        .iter()
        .filter(|status| **status == StatusCode::SEE_OTHER)
        .count();
    assert_eq!(successes, 1, "{statuses:?}");
    assert_eq!(provider.token_calls(), 1);
    assert_eq!(web.count("select count(*) from session").await, 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_answer_after_ten_minutes_is_too_late(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut dana = web.browser();
    let asked = provider.begin(&mut dana, "/auth/login").await;
    web.test
        .clock
        .advance(Duration::minutes(10) + Duration::seconds(1));
    provider.give(&provider.good_token(&asked, "dana", web.test.portal.clock.now()));
    assert_eq!(
        dana.get(&provider.callback(&asked)).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(provider.token_calls(), 0);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn two_tabs_sign_in_at_once(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut dana = web.browser();
    let first = provider
        .begin(&mut dana, "/auth/login?return_to=/requests")
        .await;
    let second = provider
        .begin(&mut dana, "/auth/login?return_to=/audit")
        .await;
    for (asked, page) in [(second, "/audit"), (first, "/requests")] {
        provider.give(&provider.good_token(&asked, "dana", START));
        let answer = dana.get(&provider.callback(&asked)).await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::SEE_OTHER, page)
        );
    }
    assert!(dana.is_signed_in().await);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_no_of_the_provider_is_a_friendly_page_and_uses_the_attempt_up(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut dana = web.browser();
    let asked = provider.begin(&mut dana, "/auth/login").await;
    let iss: String = url::form_urlencoded::byte_serialize(provider.issuer.as_bytes()).collect();
    let query = format!(
        "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E&state={}&iss={iss}",
        asked.state
    );
    let answer = dana.get(&format!("/auth/callback?{query}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(!answer.text().contains("alert(1)"));
    assert_eq!(web.last_entry().await.1.as_deref(), Some("answer.error"));
    assert_eq!(web.count("select count(*) from login_attempt").await, 0);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn looking_ahead_uses_nothing_up(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut dana = web.browser();
    let asked = provider.begin(&mut dana, "/auth/login").await;
    provider.give(&provider.good_token(&asked, "dana", START));
    let callback = provider.callback(&asked);
    let head = dana
        .request(Method::HEAD, &callback)
        .body(Body::empty())
        .expect("a request");
    assert_eq!(dana.send(head).await.status, StatusCode::METHOD_NOT_ALLOWED);
    for (name, value) in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
    ] {
        let ahead = dana.request(Method::GET, &callback).header(name, value);
        let answer = dana
            .send(ahead.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(
        dana.post(&callback, &[]).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(provider.token_calls(), 0);
    assert_eq!(dana.get(&callback).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_way_back_is_the_configured_one_whatever_the_host_header_says(owner: PgPool) {
    let (web, _provider) = TestWeb::with_provider(owner).await;
    let mut browser = web.browser();
    let request = browser
        .request(Method::GET, "/auth/login")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example");
    let answer = browser
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    let back = answer.location_query("redirect_uri");
    assert_eq!(
        back.as_deref(),
        Some("https://certdesk.example.com/auth/callback")
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn after_signing_in_one_is_never_elsewhere(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    for wish in [
        "//evil.example",
        "/%5Cevil.example",
        "https%3A%2F%2Fevil.example",
        "/auth/login",
        "%2F%2Fevil.example",
    ] {
        let mut browser = web.browser();
        let asked = provider
            .begin(&mut browser, &format!("/auth/login?return_to={wish}"))
            .await;
        provider.give(&provider.good_token(&asked, "dana", START));
        let answer = browser.get(&provider.callback(&asked)).await;
        assert_eq!(answer.location(), "/", "{wish}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn failing_again_and_again_does_not_fill_the_log(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut last = StatusCode::BAD_REQUEST;
    for _ in 0..40 {
        last = web
            .browser()
            .get("/auth/callback?state=x&code=y")
            .await
            .status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert!(web.count("select count(*) from audit.entry").await <= 31);
    let elsewhere = web
        .browser()
        .at("192.0.2.77")
        .get("/auth/callback?state=x&code=y")
        .await;
    assert_eq!(elsewhere.status, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_never_finished_is_forgotten(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    provider.begin(&mut web.browser(), "/auth/login").await;
    identity::purge(&web.web.portal)
        .await
        .expect("a database that answers");
    assert_eq!(web.count("select count(*) from login_attempt").await, 1);
    web.test.clock.advance(Duration::minutes(11));
    identity::purge(&web.web.portal)
        .await
        .expect("a database that answers");
    assert_eq!(web.count("select count(*) from login_attempt").await, 0);
}
