//! ID tokens: what is believed, and what is not.

use http::StatusCode;
use portal::testing::START;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    oidc_token_cases::{self, Case, Change, NOW},
    support::{
        TestWeb,
        jwt::{KEYS, Signature, encode},
    },
};

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_token_with_anything_wrong_is_refused(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    provider.script(|script| {
        script.keys = json!({ "keys": [KEYS[0].jwk(), crate::support::jwt::ec_jwk()] });
    });
    let mut tried = 0;
    for (
        number,
        Case {
            name,
            class,
            change,
        },
    ) in oidc_token_cases::all().enumerate()
    {
        let mut browser = web.browser().at(&format!("192.0.2.{}", number + 1));
        let answer = provider
            .sign_in(&mut browser, "dana", START, |token| {
                change(token, &provider);
            })
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(
            web.last_entry().await,
            ("login.failed".to_owned(), Some(class.to_owned())),
            "{name}"
        );
        assert!(
            !browser.cookies.contains_key(server::session::COOKIE),
            "{name}"
        );
        assert!(!answer.text().contains(class), "{name}");
        tried += 1;
    }
    assert_eq!(tried, 51);
    assert_eq!(web.count("select count(*) from session").await, 0);
    assert_eq!(web.count("select count(*) from login_attempt").await, 0);
    let elsewhere = provider
        .calls()
        .other
        .load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(elsewhere, 0, "a key was fetched from where a token said");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_token_that_is_right_is_believed_in_every_form(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    provider.script(|script| {
        script.keys = json!({ "keys": [KEYS[0].jwk(), crate::support::jwt::ec_jwk()] });
    });
    let hash = {
        use sha2::Digest as _;
        encode(&sha2::Sha256::digest(b"the-access-token")[..16])
    };
    let fine: Vec<(&str, Change)> = vec![
        ("as it is", Box::new(|_, _| ())),
        (
            "a list of one audience",
            Box::new(|token, _| token.claim("aud", json!(["certdesk"]))),
        ),
        (
            "the authorized party named",
            Box::new(|token, _| token.claim("azp", json!("certdesk"))),
        ),
        (
            "expired within the leeway",
            Box::new(|token, _| token.claim("exp", json!(NOW - 59))),
        ),
        (
            "a clock a little ahead",
            Box::new(|token, _| token.claim("iat", json!(NOW + 59))),
        ),
        (
            "a fraction of a second",
            Box::new(|token, _| token.claim("exp", json!(1_795_338_000.5))),
        ),
        (
            "the hash of its access token",
            Box::new(move |token, _| token.claim("at_hash", json!(hash))),
        ),
        (
            "no type",
            Box::new(|token, _| token.head("typ", Value::Null)),
        ),
        (
            "no word about when",
            Box::new(|token, _| token.claim("auth_time", Value::Null)),
        ),
        (
            "a key whose name says it all",
            Box::new(|token, _| token.head("kid", Value::Null)),
        ),
        (
            "on a curve",
            Box::new(|token, _| {
                token.head("alg", json!("ES256"));
                token.head("kid", json!("curve"));
                token.signature = Signature::Curve;
            }),
        ),
    ];
    for (name, change) in fine {
        let mut browser = web.browser();
        let answer = provider
            .sign_in(&mut browser, "dana", START, |token| {
                change(token, &provider);
            })
            .await;
        assert_eq!(
            answer.status,
            StatusCode::SEE_OTHER,
            "{name}: {:?}",
            web.last_entry().await
        );
        assert_eq!(answer.location(), "/account", "{name}");
        assert!(browser.is_signed_in().await, "{name}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_padding_of_the_newer_kind_is_believed_under_its_own_name(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut jwk = KEYS[0].jwk();
    jwk["alg"] = json!("PS256");
    provider.script(|script| script.keys = json!({ "keys": [jwk] }));
    let answer = provider
        .sign_in(&mut web.browser(), "dana", START, |token| {
            token.head("alg", json!("PS256"));
        })
        .await;
    assert_eq!(
        answer.status,
        StatusCode::SEE_OTHER,
        "{:?}",
        web.last_entry().await
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_fresh_sign_in_is_fresh(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut browser = web.browser();
    let cases = [
        (
            "without a word about when",
            Value::Null,
            StatusCode::BAD_REQUEST,
        ),
        ("from before", json!(NOW - 61), StatusCode::BAD_REQUEST),
        ("just now", json!(NOW), StatusCode::SEE_OTHER),
        (
            "by a clock that is a little behind",
            json!(NOW - 59),
            StatusCode::SEE_OTHER,
        ),
    ];
    for (name, auth_time, status) in cases {
        let asked = provider
            .begin(&mut browser, "/auth/login?step_up=1&return_to=/requests")
            .await;
        let query = asked.address.query().unwrap_or_default();
        assert!(
            query.contains("max_age=0") && query.contains("prompt=login"),
            "{query}"
        );
        let mut token = provider.good_token(&asked, "dana", START);
        token.claim("auth_time", auth_time);
        provider.give(&token);
        let answer = browser.get(&provider.callback(&asked)).await;
        assert_eq!(answer.status, status, "{name}");
        if status == StatusCode::BAD_REQUEST {
            assert_eq!(
                web.last_entry().await.1.as_deref(),
                Some("id_token.auth_time"),
                "{name}"
            );
        } else {
            assert_eq!(answer.location(), "/requests", "{name}");
        }
    }
}
