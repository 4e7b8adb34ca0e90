//! A provider that changes its keys, is away, or says of itself what cannot be.

use http::StatusCode;
use portal::testing::START;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::support::{
    IdentityProvider, TestWeb,
    jwt::{KEYS, Signature, ec_jwk},
    test_web::Wishes,
};

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_key_changed_between_two_sign_ins_is_found(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    provider
        .sign_in(&mut web.browser(), "dana", START, |_| ())
        .await;
    assert_eq!(provider.key_calls(), 1);
    web.test.clock.advance(Duration::minutes(1));
    let now = web.test.portal.clock.now();
    provider.script(|script| script.keys = json!({ "keys": [KEYS[1].jwk()] }));
    for _ in 0..3 {
        let answer = provider
            .sign_in(&mut web.browser(), "dana", now, |token| {
                token.head("kid", json!("second"));
                token.signature = Signature::Rsa(1);
            })
            .await;
        assert_eq!(
            answer.status,
            StatusCode::SEE_OTHER,
            "{:?}",
            web.last_entry().await
        );
    }
    assert_eq!(provider.key_calls(), 2);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn made_up_keys_do_not_make_us_ask_and_ask(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    provider
        .sign_in(&mut web.browser(), "dana", START, |_| ())
        .await;
    web.test.clock.advance(Duration::minutes(1));
    let now = web.test.portal.clock.now();
    for number in 0..60 {
        let mut browser = web.browser().at(&format!("192.0.2.{number}"));
        let answer = provider
            .sign_in(&mut browser, "dana", now, |token| {
                token.head("kid", json!(format!("key-{number}")));
            })
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(
        provider.key_calls(),
        2,
        "once at the start, once for all of them"
    );
    web.test.clock.advance(Duration::seconds(30));
    let now = web.test.portal.clock.now();
    provider
        .sign_in(&mut web.browser(), "dana", now, |token| {
            token.head("kid", json!("another"));
        })
        .await;
    assert_eq!(provider.key_calls(), 3);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_token_without_a_key_name_is_believed_if_there_is_one_key_only(owner: PgPool) {
    let cases = [
        (json!([KEYS[0].jwk()]), StatusCode::SEE_OTHER),
        (
            json!([KEYS[0].jwk(), KEYS[1].jwk()]),
            StatusCode::BAD_REQUEST,
        ),
        (json!([KEYS[0].jwk(), ec_jwk()]), StatusCode::SEE_OTHER),
    ];
    for (keys, status) in cases {
        let (web, provider) = TestWeb::with_provider(owner.clone()).await;
        provider.script(|script| script.keys = json!({ "keys": keys }));
        let answer = provider
            .sign_in(&mut web.browser(), "dana", START, |token| {
                token.head("kid", Value::Null);
            })
            .await;
        assert_eq!(answer.status, status, "{keys}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn keys_for_something_else_are_not_used(owner: PgPool) {
    let good = KEYS[0].jwk();
    let with = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        key
    };
    let short = json!("AQAB".repeat(22));
    let cases = [
        ("for encryption", json!([with("use", json!("enc"))])),
        ("of another kind", json!([with("kty", json!("EC"))])),
        ("of 512 bits", json!([with("n", short)])),
        (
            "a shared secret",
            json!([{ "kty": "oct", "kid": "first", "k": "c2VjcmV0" }]),
        ),
        (
            "two of the same name",
            json!([good, with("n", KEYS[1].jwk()["n"].clone())]),
        ),
        (
            "for another algorithm",
            json!([with("alg", json!("RS512"))]),
        ),
        ("none", json!([])),
    ];
    for (number, (name, keys)) in cases.into_iter().enumerate() {
        let (web, provider) = TestWeb::with_provider(owner.clone()).await;
        provider.script(|script| script.keys = json!({ "keys": keys }));
        let mut browser = web.browser().at(&format!("192.0.2.{}", number + 1));
        let answer = provider.sign_in(&mut browser, "dana", START, |_| ()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn keys_that_would_not_end_leave_the_last_good_ones(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    provider
        .sign_in(&mut web.browser(), "dana", START, |_| ())
        .await;
    let many: Vec<_> = (0..10_000).map(|_| KEYS[1].jwk()).collect();
    provider.script(|script| script.keys = json!({ "keys": many }));
    web.test.clock.advance(Duration::minutes(1));
    let now = web.test.portal.clock.now();
    let unknown = provider
        .sign_in(&mut web.browser(), "dana", now, |token| {
            token.head("kid", json!("second"));
        })
        .await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    let known = provider
        .sign_in(&mut web.browser(), "dana", now, |_| ())
        .await;
    assert_eq!(
        known.status,
        StatusCode::SEE_OTHER,
        "{:?}",
        web.last_entry().await
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_provider_that_is_not_safe_to_work_with_is_refused(owner: PgPool) {
    let cases = [
        (
            "another issuer",
            "issuer",
            json!("https://evil.example"),
            "discovery",
        ),
        (
            "a token endpoint without TLS",
            "token_endpoint",
            json!("http://id.example/token"),
            "discovery.endpoint",
        ),
        (
            "keys without TLS",
            "jwks_uri",
            json!("http://127.0.0.1.evil.example/keys"),
            "discovery",
        ),
        (
            "an authorization endpoint without TLS",
            "authorization_endpoint",
            json!("http://id.example/a"),
            "discovery.endpoint",
        ),
        (
            "a userinfo endpoint of another scheme",
            "userinfo_endpoint",
            json!("ftp://id.example/u"),
            "discovery.endpoint",
        ),
        (
            "no token endpoint",
            "token_endpoint",
            Value::Null,
            "discovery.endpoint",
        ),
        (
            "no S256",
            "code_challenge_methods_supported",
            json!(["plain"]),
            "discovery.pkce",
        ),
        (
            "no word about PKCE",
            "code_challenge_methods_supported",
            Value::Null,
            "discovery.pkce",
        ),
    ];
    for (name, field, value, class) in cases {
        let (web, provider) = TestWeb::with_provider(owner.clone()).await;
        provider.script(|script| {
            if value.is_null() {
                script
                    .discovery
                    .as_object_mut()
                    .expect("an object")
                    .remove(field);
            } else {
                script.discovery[field] = value;
            }
        });
        let refusal = web.web.provider.ask().await.expect_err(name);
        assert_eq!(refusal.class, class, "{name}: {refusal}");
        let answer = web.browser().get("/auth/login").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{name}");
        assert!(web.web.provider.contact().failure.is_some(), "{name}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_provider_may_keep_quiet_about_pkce_if_the_operator_says_so(owner: PgPool) {
    let provider = IdentityProvider::start().await;
    provider.script(|script| {
        script
            .discovery
            .as_object_mut()
            .expect("an object")
            .remove("code_challenge_methods_supported");
    });
    let wishes = Wishes {
        issuer: provider.issuer.clone(),
        assume_s256: true,
        ..Wishes::default()
    };
    let web = TestWeb::with(owner, wishes);
    let asked = provider.begin(&mut web.browser(), "/auth/login").await;
    assert!(
        asked
            .address
            .as_str()
            .contains("code_challenge_method=S256")
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_secret_travels_as_the_provider_wants_it(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    provider.script(|script| {
        script.discovery["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
    });
    provider
        .sign_in(&mut web.browser(), "dana", START, |_| ())
        .await;
    let (form, authorization) = provider
        .script(|script| script.token_request.clone())
        .expect("a request");
    assert_eq!(authorization, "");
    assert!(
        form.iter()
            .any(|(name, value)| name == "client_secret" && value == "the secret of the client")
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn while_the_provider_is_away_sessions_live_and_the_sign_in_says_so(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let discovery =
        provider.script(|script| std::mem::replace(&mut script.discovery, json!("gone")));
    let mut dana = web.sign_in_as("dana", &["staff"]).await;
    let answer = web.browser().get("/auth/login").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "5");
    assert!(dana.is_signed_in().await);
    // Signing out works here, and does not wait for the provider.
    let mut olga = web.sign_in_as("olga", &[]).await;
    assert_eq!(
        olga.post("/auth/logout", &[]).await.location(),
        "/auth/signed-out"
    );

    provider.script(|script| script.discovery = discovery);
    web.test.clock.advance(Duration::seconds(5));
    let mut browser = web.browser();
    let answer = browser.get("/auth/login").await;
    assert_eq!(
        answer.status,
        StatusCode::SEE_OTHER,
        "it is there again, and nobody restarted anything"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_provider_that_is_away_is_not_asked_by_every_visitor(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    provider.script(|script| script.discovery = json!("gone"));
    for _ in 0..20 {
        web.browser().get("/auth/login").await;
    }
    assert_eq!(
        provider
            .calls()
            .discovery
            .load(std::sync::atomic::Ordering::SeqCst),
        1
    );
}
