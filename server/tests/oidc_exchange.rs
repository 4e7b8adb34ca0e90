//! The call to the token endpoint: what is sent, and what may come back.

use std::collections::HashSet;

use http::{HeaderMap, StatusCode};
use portal::testing::START;
use serde_json::json;
use sqlx::PgPool;

use crate::support::TestWeb;

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn every_sign_in_has_secrets_of_its_own(owner: PgPool) {
    use base64::Engine as _;
    use sha2::Digest as _;

    let (web, provider) = TestWeb::with_provider(owner).await;
    let portal = &web.web.portal;
    let mut seen = HashSet::new();
    for _ in 0..10_000 {
        let begun = web
            .web
            .provider
            .begin(&portal.random, "/".to_owned(), false)
            .await
            .expect("a provider");
        let challenge = begun
            .address
            .query_pairs()
            .find(|(name, _)| name == "code_challenge")
            .map(|(_, value)| value.into_owned())
            .expect("a challenge");
        for secret in [
            begun.state,
            begun.attempt.nonce,
            begun.attempt.pkce_verifier,
            challenge,
        ] {
            assert!((43..=128).contains(&secret.len()), "{secret}");
            assert!(seen.insert(secret), "a secret came twice");
        }
    }
    // What is sent with the code is what was promised with the challenge.
    let mut dana = web.browser();
    let asked = provider.begin(&mut dana, "/auth/login").await;
    provider.give(&provider.good_token(&asked, "dana", START));
    dana.get(&provider.callback(&asked)).await;
    let (form, authorization) = provider
        .script(|script| script.token_request.clone())
        .expect("a request");
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let verifier = field("code_verifier").expect("a verifier");
    let hash = sha2::Sha256::digest(verifier);
    assert_eq!(
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash),
        asked.challenge
    );
    assert_eq!(
        field("redirect_uri"),
        Some("https://certdesk.example.com/auth/callback")
    );
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
    assert_eq!(
        dana.get(&provider.callback(&asked)).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(web.last_entry().await.1.as_deref(), Some("id_token.nonce"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_token_answer_that_is_none_is_a_failure_and_asked_for_once(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let json = "application/json";
    let redirect = HeaderMap::from_iter([(
        http::header::LOCATION,
        "http://169.254.169.254/latest/meta-data"
            .parse()
            .expect("a value"),
    )]);
    let cases: Vec<(&str, StatusCode, &'static str, String, HeaderMap)> = vec![
        (
            "HTML",
            StatusCode::OK,
            "text/html",
            "<html>".to_owned(),
            HeaderMap::new(),
        ),
        (
            "an error of the server",
            StatusCode::INTERNAL_SERVER_ERROR,
            json,
            "{}".to_owned(),
            HeaderMap::new(),
        ),
        (
            "a redirect",
            StatusCode::TEMPORARY_REDIRECT,
            json,
            String::new(),
            redirect,
        ),
        (
            "ten megabytes",
            StatusCode::OK,
            json,
            "x".repeat(10_000_000),
            HeaderMap::new(),
        ),
        (
            "not JSON",
            StatusCode::OK,
            json,
            "{".to_owned(),
            HeaderMap::new(),
        ),
        (
            "no token",
            StatusCode::OK,
            json,
            json!({ "access_token": "a", "token_type": "Bearer" }).to_string(),
            HeaderMap::new(),
        ),
        (
            "no type",
            StatusCode::OK,
            json,
            json!({ "access_token": "a", "id_token": "a.b.c" }).to_string(),
            HeaderMap::new(),
        ),
        (
            "twice the same",
            StatusCode::OK,
            json,
            "{\"access_token\":\"a\",\"access_token\":\"b\",\"token_type\":\"Bearer\"}".to_owned(),
            HeaderMap::new(),
        ),
        (
            "a code used before",
            StatusCode::BAD_REQUEST,
            json,
            json!({ "error": "invalid_grant" }).to_string(),
            HeaderMap::new(),
        ),
    ];
    for (number, (name, status, content_type, body, headers)) in cases.into_iter().enumerate() {
        let mut browser = web.browser();
        let asked = provider.begin(&mut browser, "/auth/login").await;
        provider.script(|script| {
            script.token = (status, content_type, body);
            script.token_headers = headers;
        });
        let callback = provider.callback(&asked);
        assert_eq!(
            browser.get(&callback).await.status,
            StatusCode::BAD_REQUEST,
            "{name}"
        );
        let class = web.last_entry().await.1.expect("a class");
        assert!(class.starts_with("token_answer"), "{name}: {class}");
        assert_eq!(provider.token_calls(), number + 1, "{name}");
        assert_eq!(
            browser.get(&callback).await.status,
            StatusCode::BAD_REQUEST,
            "{name}"
        );
        assert_eq!(provider.token_calls(), number + 1, "{name}");
    }
    assert_eq!(web.count("select count(*) from session").await, 0);
}
