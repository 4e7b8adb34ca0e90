//! Signing out at the provider, from either end.

use axum::body::Body;
use http::{Method, StatusCode, header};
use portal::testing::START;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::support::{
    Answer, Browser, IdentityProvider, TestWeb,
    jwt::{KEYS, Signature, Token},
};

const NOW: i64 = START.unix_timestamp();
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn logout_token(provider: &IdentityProvider) -> Token {
    let mut token = Token::new(json!({
        "iss": provider.issuer, "aud": "certdesk", "iat": NOW, "exp": NOW + 120, "jti": "the-first",
        "events": { EVENT: {} }, "sub": "dana", "sid": "sid-of-dana",
    }));
    token.head("typ", json!("logout+jwt"));
    token
}

async fn send_form(browser: &mut Browser, body: String) -> Answer {
    let request = browser
        .request(Method::POST, "/auth/backchannel-logout")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    browser
        .send(request.body(Body::from(body)).expect("a request"))
        .await
}

async fn send(web: &TestWeb, token: &Token) -> Answer {
    send_form(
        &mut web.browser(),
        format!("logout_token={}", token.compact()),
    )
    .await
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_sign_out_at_the_provider_ends_what_it_names(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    for (number, names) in [json!({ "sid": null }), json!({ "sub": null }), json!({})]
        .into_iter()
        .enumerate()
    {
        let mut dana = web.sign_in_as("dana", &["staff"]).await;
        let mut devon = web.sign_in_as("devon", &["staff"]).await;
        let mut token = logout_token(&provider);
        token.claim("jti", json!(format!("logout-{number}")));
        for (claim, value) in names.as_object().expect("an object") {
            token.claim(claim, value.clone());
        }
        let answer = send(&web, &token).await;
        assert_eq!(answer.status, StatusCode::OK, "{names}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!dana.is_signed_in().await, "{names}");
        assert!(devon.is_signed_in().await, "{names}");
        assert_eq!(web.last_entry().await.0, "session.ended");
    }
}

type Change = Box<dyn Fn(&mut Token, &IdentityProvider)>;

fn wrong_tokens() -> Vec<(&'static str, Change)> {
    fn claim(name: &'static str, value: Value) -> Change {
        Box::new(move |token, _| token.claim(name, value.clone()))
    }
    fn head(name: &'static str, value: Value) -> Change {
        Box::new(move |token, _| token.head(name, value.clone()))
    }
    vec![
        (
            "no signature",
            Box::new(|token, _| {
                token.head("alg", json!("none"));
                token.signature = Signature::Exactly(Vec::new());
            }),
        ),
        (
            "signed with the client's secret",
            Box::new(|token, _| {
                token.head("alg", json!("HS256"));
                token.signature = Signature::Shared(b"the secret of the client".to_vec());
            }),
        ),
        ("another algorithm", head("alg", json!("RS512"))),
        (
            "signed by a stranger",
            Box::new(|token, _| token.signature = Signature::Rsa(2)),
        ),
        ("a key nobody knows", head("kid", json!("unknown"))),
        (
            "another issuer",
            claim("iss", json!("https://evil.example")),
        ),
        ("no issuer", claim("iss", Value::Null)),
        ("another audience", claim("aud", json!("another"))),
        (
            "an audience too many",
            claim("aud", json!(["certdesk", "another"])),
        ),
        ("no audience", claim("aud", Value::Null)),
        ("no events", claim("events", Value::Null)),
        ("no event", claim("events", json!({}))),
        (
            "another event",
            claim(
                "events",
                json!({ "http://schemas.openid.net/event/other": {} }),
            ),
        ),
        (
            "an event that is no object",
            claim("events", json!({ EVENT: true })),
        ),
        ("a nonce", claim("nonce", json!("n"))),
        (
            "names nobody",
            Box::new(|token, _| {
                token.claim("sub", Value::Null);
                token.claim("sid", Value::Null);
            }),
        ),
        ("an empty session", claim("sid", json!(""))),
        ("expired", claim("exp", json!(NOW - 61))),
        ("no expiry", claim("exp", Value::Null)),
        ("issued in the future", claim("iat", json!(NOW + 61))),
        ("too old", claim("iat", json!(NOW - 121))),
        ("no issue time", claim("iat", Value::Null)),
        ("no id", claim("jti", Value::Null)),
        ("an empty id", claim("jti", json!(""))),
        (
            "an ID token",
            Box::new(|token, _| {
                token.head("typ", Value::Null);
                token.claim("events", Value::Null);
                token.claim("nonce", json!("n"));
            }),
        ),
        ("an access token", head("typ", json!("at+jwt"))),
        ("demands what nobody knows", head("crit", json!(["b64"]))),
        ("holds another token", head("cty", json!("JWT"))),
        (
            "brings its key along",
            Box::new(|token, _| {
                token.head("jwk", KEYS[2].jwk());
                token.signature = Signature::Rsa(2);
            }),
        ),
        (
            "a claim that occurs twice",
            Box::new(|token, _| {
                token.raw_payload = Some(token.claims.to_string().replacen(
                    '{',
                    "{\"sub\":\"olga\",",
                    1,
                ));
            }),
        ),
    ]
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_logout_token_with_anything_wrong_ends_nothing(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut dana = web.sign_in_as("dana", &["staff"]).await;
    for (name, change) in wrong_tokens() {
        let mut token = logout_token(&provider);
        change(&mut token, &provider);
        let answer = send(&web, &token).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(answer.header("cache-control"), "no-store", "{name}");
        assert!(dana.is_signed_in().await, "{name}");
    }
    // The same token, with nothing wrong.
    assert_eq!(
        send(&web, &logout_token(&provider)).await.status,
        StatusCode::OK
    );
    assert!(!dana.is_signed_in().await);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_logout_token_counts_once(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    assert_eq!(
        send(&web, &logout_token(&provider)).await.status,
        StatusCode::OK
    );
    let mut dana = web.sign_in_as("dana", &["staff"]).await;
    assert_eq!(
        send(&web, &logout_token(&provider)).await.status,
        StatusCode::BAD_REQUEST
    );
    assert!(dana.is_signed_in().await);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_logout_request_that_is_none_ends_nothing(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let token = logout_token(&provider).compact();
    let mut browser = web.browser();
    for body in [
        String::new(),
        "logout_token=".to_owned(),
        "logout_token=a.b.c".to_owned(),
        format!("token={token}"),
        format!("logout_token={token}&logout_token={token}"),
        format!("logout_token={}", "x".repeat(1_000_000)),
    ] {
        let answer = send_form(&mut browser, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.text(), "{\"error\":\"invalid_request\"}");
    }
    let path = format!("/auth/backchannel-logout?logout_token={}", &token[..200]);
    assert_eq!(
        browser.get(&path).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let request = browser
        .request(Method::POST, "/auth/backchannel-logout")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json!({ "logout_token": token }).to_string()));
    assert_eq!(
        browser.send(request.expect("a request")).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn signing_out_here_signs_out_at_the_provider(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut dana = web.browser();
    provider.sign_in(&mut dana, "dana", START, |_| ()).await;
    let before = dana.clone();
    let answer = dana.post("/auth/logout", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(
        answer
            .location()
            .starts_with(&format!("{}/logout?", provider.issuer)),
        "{}",
        answer.location()
    );
    let hint = answer.location_query("id_token_hint").expect("a hint");
    assert_eq!(hint.split('.').count(), 3);
    let back = answer.location_query("post_logout_redirect_uri");
    assert_eq!(
        back.as_deref(),
        Some("https://certdesk.example.com/auth/signed-out")
    );
    assert!(
        answer
            .location_query("state")
            .is_some_and(|state| state.len() >= 20)
    );
    // Over before the browser has left, whatever comes back.
    assert!(!before.clone().is_signed_in().await);
    for query in [
        "",
        "?state=another",
        "?return_to=https%3A%2F%2Fevil.example",
    ] {
        let landed = dana.get(&format!("/auth/signed-out{query}")).await;
        assert_eq!((landed.status, landed.location()), (StatusCode::OK, ""));
    }
    assert_eq!(
        web.count("select count(*) from session where id_token is not null")
            .await,
        0
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn tokens_seen_are_remembered_for_longer_than_they_are_good(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    assert_eq!(
        send(&web, &logout_token(&provider)).await.status,
        StatusCode::OK
    );
    web.test.clock.advance(Duration::hours(1));
    portal::identity::purge(&web.web.portal)
        .await
        .expect("a database that answers");
    assert_eq!(web.count("select count(*) from logout_token").await, 1);
    web.test.clock.advance(Duration::days(1));
    portal::identity::purge(&web.web.portal)
        .await
        .expect("a database that answers");
    assert_eq!(web.count("select count(*) from logout_token").await, 0);
}
