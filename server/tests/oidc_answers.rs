//! The way there and back: whose answer it is, and how often it counts.

use std::collections::{BTreeSet, HashSet};

use axum::body::Body;
use http::{HeaderMap, Method, StatusCode};
use portal::{identity, testing::START};
use serde_json::{Value, json};
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
        (format!("code=c&state={state}&state={state}&iss={iss}"), "answer.duplicate"),
        (format!("code=c&code=c&state={state}&iss={iss}"), "answer.duplicate"),
        (format!("code=c&state={state}&iss={iss}&iss={iss}"), "answer.duplicate"),
        (format!("error=access_denied&state=another&iss={iss}"), "answer.state"),
        (format!("code=c&error=access_denied&state={state}&iss={iss}"), "answer.contradiction"),
        (format!("state={state}&iss={iss}"), "answer.code"),
        (format!("code=&state={state}&iss={iss}"), "answer.code"),
        (format!("code={long}&state={state}&iss={iss}"), "answer.code"),
        (format!("code=c&state={state}&iss=https%3A%2F%2Fevil.example"), "answer.issuer"),
        (format!("code=c&state={state}&iss={iss}%2F"), "answer.issuer"),
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
        assert_eq!(web.last_entry().await, ("login.failed".to_owned(), Some(class.to_owned())), "{query}");
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
    assert_eq!(without_cookie.get(&callback).await.status, StatusCode::BAD_REQUEST);
    let mut with_another = web.browser();
    provider.begin(&mut with_another, "/auth/login").await;
    assert_eq!(with_another.get(&callback).await.status, StatusCode::BAD_REQUEST);
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
        let (browser, callback) = (dana.clone().at(&format!("192.0.2.{number}")), callback.clone());
        answers.spawn(async move {
            let mut browser = browser;
            browser.get(&callback).await.status
        });
    }
    let statuses = answers.join_all().await;
    let successes = statuses.iter().filter(|status| **status == StatusCode::SEE_OTHER).count();
    assert_eq!(successes, 1, "{statuses:?}");
    assert_eq!(provider.token_calls(), 1);
    assert_eq!(web.count("select count(*) from session").await, 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_answer_after_ten_minutes_is_too_late(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut dana = web.browser();
    let asked = provider.begin(&mut dana, "/auth/login").await;
    web.test.clock.advance(Duration::minutes(10) + Duration::seconds(1));
    provider.give(&provider.good_token(&asked, "dana", web.test.portal.clock.now()));
    assert_eq!(dana.get(&provider.callback(&asked)).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(provider.token_calls(), 0);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn two_tabs_sign_in_at_once(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut dana = web.browser();
    let first = provider.begin(&mut dana, "/auth/login?return_to=/requests").await;
    let second = provider.begin(&mut dana, "/auth/login?return_to=/audit").await;
    for (asked, page) in [(second, "/audit"), (first, "/requests")] {
        provider.give(&provider.good_token(&asked, "dana", START));
        let answer = dana.get(&provider.callback(&asked)).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page));
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
    let head = dana.request(Method::HEAD, &callback).body(Body::empty()).expect("a request");
    assert_eq!(dana.send(head).await.status, StatusCode::METHOD_NOT_ALLOWED);
    for (name, value) in [("sec-purpose", "prefetch"), ("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch")] {
        let ahead = dana.request(Method::GET, &callback).header(name, value);
        let answer = dana.send(ahead.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(dana.post(&callback, &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(provider.token_calls(), 0);
    assert_eq!(dana.get(&callback).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn every_sign_in_has_secrets_of_its_own(owner: PgPool) {
    use base64::Engine as _;
    use sha2::Digest as _;

    let (web, provider) = TestWeb::with_provider(owner).await;
    let portal = &web.web.portal;
    let mut seen = HashSet::new();
    for _ in 0..10_000 {
        let begun = web.web.provider.begin(&portal.random, "/".to_owned(), false).await.expect("a provider");
        let challenge = begun
            .address
            .query_pairs()
            .find(|(name, _)| name == "code_challenge")
            .map(|(_, value)| value.into_owned())
            .expect("a challenge");
        for secret in [begun.state, begun.attempt.nonce, begun.attempt.pkce_verifier, challenge] {
            assert!((43..=128).contains(&secret.len()), "{secret}");
            assert!(seen.insert(secret), "a secret came twice");
        }
    }
    // What is sent with the code is what was promised with the challenge.
    let mut dana = web.browser();
    let asked = provider.begin(&mut dana, "/auth/login").await;
    provider.give(&provider.good_token(&asked, "dana", START));
    dana.get(&provider.callback(&asked)).await;
    let (form, authorization) = provider.script(|script| script.token_request.clone()).expect("a request");
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let verifier = field("code_verifier").expect("a verifier");
    let hash = sha2::Sha256::digest(verifier);
    assert_eq!(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash), asked.challenge);
    assert_eq!(field("redirect_uri"), Some("https://certdesk.example.com/auth/callback"));
    assert!(authorization.starts_with("Basic "), "{authorization}");
    assert_eq!(field("client_secret"), None);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_code_of_somebody_elses_sign_in_is_refused(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let theirs = provider.begin(&mut web.browser(), "/auth/login").await;
    let mut dana = web.browser();
    let asked = provider.begin(&mut dana, "/auth/login").await;
    provider.give(&provider.good_token(&theirs, "attacker", START));
    assert_eq!(dana.get(&provider.callback(&asked)).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(web.last_entry().await.1.as_deref(), Some("id_token.nonce"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_token_answer_that_is_none_is_a_failure_and_asked_for_once(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let json = "application/json";
    let redirect = HeaderMap::from_iter([(
        http::header::LOCATION,
        "http://169.254.169.254/latest/meta-data".parse().expect("a value"),
    )]);
    let cases: Vec<(&str, StatusCode, &'static str, String, HeaderMap)> = vec![
        ("HTML", StatusCode::OK, "text/html", "<html>".to_owned(), HeaderMap::new()),
        ("an error of the server", StatusCode::INTERNAL_SERVER_ERROR, json, "{}".to_owned(), HeaderMap::new()),
        ("a redirect", StatusCode::TEMPORARY_REDIRECT, json, String::new(), redirect),
        ("ten megabytes", StatusCode::OK, json, "x".repeat(10_000_000), HeaderMap::new()),
        ("not JSON", StatusCode::OK, json, "{".to_owned(), HeaderMap::new()),
        ("no token", StatusCode::OK, json, json!({ "access_token": "a", "token_type": "Bearer" }).to_string(), HeaderMap::new()),
        ("no type", StatusCode::OK, json, json!({ "access_token": "a", "id_token": "a.b.c" }).to_string(), HeaderMap::new()),
        ("twice the same", StatusCode::OK, json, "{\"access_token\":\"a\",\"access_token\":\"b\",\"token_type\":\"Bearer\"}".to_owned(), HeaderMap::new()),
        ("a code used before", StatusCode::BAD_REQUEST, json, json!({ "error": "invalid_grant" }).to_string(), HeaderMap::new()),
    ];
    for (number, (name, status, content_type, body, headers)) in cases.into_iter().enumerate() {
        let mut browser = web.browser();
        let asked = provider.begin(&mut browser, "/auth/login").await;
        provider.script(|script| {
            script.token = (status, content_type, body);
            script.token_headers = headers;
        });
        let callback = provider.callback(&asked);
        assert_eq!(browser.get(&callback).await.status, StatusCode::BAD_REQUEST, "{name}");
        let class = web.last_entry().await.1.expect("a class");
        assert!(class.starts_with("token_answer"), "{name}: {class}");
        assert_eq!(provider.token_calls(), number + 1, "{name}");
        assert_eq!(browser.get(&callback).await.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(provider.token_calls(), number + 1, "{name}");
    }
    assert_eq!(web.count("select count(*) from session").await, 0);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn userinfo_is_about_the_same_person_or_nobody_is_signed_in(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let cases = [
        ("another person", StatusCode::OK, json!({ "sub": "olga", "groups": ["certdesk-security"] })),
        ("nobody", StatusCode::OK, json!({ "groups": ["certdesk-security"] })),
        ("a refusal", StatusCode::UNAUTHORIZED, json!({ "sub": "dana" })),
        ("a failure", StatusCode::INTERNAL_SERVER_ERROR, json!({ "sub": "dana" })),
    ];
    for (name, status, body) in cases {
        provider.script(|script| script.userinfo = (status, body.to_string()));
        let mut browser = web.browser();
        let answer =
            provider.sign_in(&mut browser, "dana", START, |token| token.claim("groups", Value::Null)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(web.last_entry().await.1.as_deref(), Some("userinfo"), "{name}");
        assert!(!browser.is_signed_in().await, "{name}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn groups_are_a_list_of_names_or_none(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let many: Vec<_> = (0..5_000).map(|number| format!("group-{number}")).collect();
    let cases = [
        (json!(["certdesk-security"]), vec!["certdesk-security"]),
        (json!([]), vec![]),
        (json!("certdesk-security"), vec![]),
        (json!({ "certdesk-security": true }), vec![]),
        (json!(["certdesk-security", 7]), vec![]),
        (json!(["certdesk-security", null]), vec![]),
        (json!(many), vec![]),
        (json!(["x".repeat(300)]), vec![]),
        // Names that only look alike are kept, and mean nothing.
        (json!(["Certdesk-Security"]), vec!["Certdesk-Security"]),
        (json!(["certdesk-ѕecurity"]), vec!["certdesk-ѕecurity"]),
        (json!([" certdesk-security"]), vec![" certdesk-security"]),
    ];
    for (claim, wanted) in cases {
        let mut browser = web.browser();
        provider.sign_in(&mut browser, "dana", START, |token| token.claim("groups", claim.clone())).await;
        let live = web.live(&browser).await;
        let wanted: BTreeSet<String> = wanted.into_iter().map(str::to_owned).collect();
        assert_eq!(live.signed_in.groups, wanted, "{claim}");
        let is_security = web.web.portal.role_groups.is_security(&live.signed_in);
        assert_eq!(is_security, wanted.contains("certdesk-security"), "{claim}");
    }
    // Neither in the token nor at userinfo: nothing.
    provider.script(|script| script.userinfo = (StatusCode::OK, json!({ "sub": "dana" }).to_string()));
    let mut browser = web.browser();
    provider.sign_in(&mut browser, "dana", START, |token| token.claim("groups", Value::Null)).await;
    assert!(web.live(&browser).await.signed_in.groups.is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn userinfo_fills_in_what_the_token_does_not_say(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let more = json!({ "sub": "dana", "name": "Another Name", "email": "dana@example.com", "groups": ["staff", "x"] });
    provider.script(|script| script.userinfo = (StatusCode::OK, more.to_string()));
    let mut browser = web.browser();
    provider.sign_in(&mut browser, "dana", START, |token| token.claim("groups", Value::Null)).await;
    let live = web.live(&browser).await;
    assert_eq!(live.signed_in.name, "dana");
    assert_eq!(live.signed_in.groups, ["staff", "x"].map(str::to_owned).into());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_person_is_who_the_issuer_says_and_not_their_address(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut ids = Vec::new();
    for (sub, email) in [("dana", "dana@example.com"), ("dana", "new@example.com"), ("devon", "dana@example.com")] {
        let mut browser = web.browser();
        provider.sign_in(&mut browser, sub, START, |token| token.claim("email", json!(email))).await;
        ids.push(web.live(&browser).await.signed_in.id);
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_change_of_groups_counts_from_the_next_sign_in_on(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut sam = web.browser();
    provider.sign_in(&mut sam, "sam", START, |token| token.claim("groups", json!(["certdesk-security"]))).await;
    let before = sam.clone();
    provider.sign_in(&mut sam, "sam", START, |token| token.claim("groups", json!([]))).await;
    assert!(web.live(&sam).await.signed_in.groups.is_empty());
    assert!(!before.clone().is_signed_in().await);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_way_back_is_the_configured_one_whatever_the_host_header_says(owner: PgPool) {
    let (web, _provider) = TestWeb::with_provider(owner).await;
    let mut browser = web.browser();
    let request = browser
        .request(Method::GET, "/auth/login")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example");
    let answer = browser.send(request.body(Body::empty()).expect("a request")).await;
    let back = answer.location_query("redirect_uri");
    assert_eq!(back.as_deref(), Some("https://certdesk.example.com/auth/callback"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn after_signing_in_one_is_never_elsewhere(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    for wish in ["//evil.example", "/%5Cevil.example", "https%3A%2F%2Fevil.example", "/auth/login", "%2F%2Fevil.example"] {
        let mut browser = web.browser();
        let asked = provider.begin(&mut browser, &format!("/auth/login?return_to={wish}")).await;
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
        last = web.browser().get("/auth/callback?state=x&code=y").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert!(web.count("select count(*) from audit.entry").await <= 31);
    let elsewhere = web.browser().at("192.0.2.77").get("/auth/callback?state=x&code=y").await;
    assert_eq!(elsewhere.status, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_never_finished_is_forgotten(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    provider.begin(&mut web.browser(), "/auth/login").await;
    identity::purge(&web.web.portal).await.expect("a database that answers");
    assert_eq!(web.count("select count(*) from login_attempt").await, 1);
    web.test.clock.advance(Duration::minutes(11));
    identity::purge(&web.web.portal).await.expect("a database that answers");
    assert_eq!(web.count("select count(*) from login_attempt").await, 0);
}
