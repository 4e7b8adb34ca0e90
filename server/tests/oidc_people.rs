//! Who the provider says it is: subject, name and groups.

use std::collections::BTreeSet;

use http::StatusCode;
use portal::testing::START;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::TestWeb;

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn userinfo_is_about_the_same_person_or_nobody_is_signed_in(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let cases = [
        (
            "another person",
            StatusCode::OK,
            json!({ "sub": "olga", "groups": ["certdesk-security"] }),
        ),
        (
            "nobody",
            StatusCode::OK,
            json!({ "groups": ["certdesk-security"] }),
        ),
        (
            "a refusal",
            StatusCode::UNAUTHORIZED,
            json!({ "sub": "dana" }),
        ),
        (
            "a failure",
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({ "sub": "dana" }),
        ),
    ];
    for (name, status, body) in cases {
        provider.script(|script| script.userinfo = (status, body.to_string()));
        let mut browser = web.browser();
        let answer = provider
            .sign_in(&mut browser, "dana", START, |token| {
                token.claim("groups", Value::Null);
            })
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(
            web.last_entry().await.1.as_deref(),
            Some("userinfo"),
            "{name}"
        );
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
        provider
            .sign_in(&mut browser, "dana", START, |token| {
                token.claim("groups", claim.clone());
            })
            .await;
        let live = web.live(&browser).await;
        let wanted: BTreeSet<String> = wanted.into_iter().map(str::to_owned).collect();
        assert_eq!(live.signed_in.groups, wanted, "{claim}");
        let is_security = web.web.portal.role_groups.is_security(&live.signed_in);
        assert_eq!(is_security, wanted.contains("certdesk-security"), "{claim}");
    }
    // Neither in the token nor at userinfo: nothing.
    provider
        .script(|script| script.userinfo = (StatusCode::OK, json!({ "sub": "dana" }).to_string()));
    let mut browser = web.browser();
    provider
        .sign_in(&mut browser, "dana", START, |token| {
            token.claim("groups", Value::Null);
        })
        .await;
    assert!(web.live(&browser).await.signed_in.groups.is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn userinfo_fills_in_what_the_token_does_not_say(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let more = json!({ "sub": "dana", "name": "Another Name", "email": "dana@example.com", "groups": ["staff", "x"] });
    provider.script(|script| script.userinfo = (StatusCode::OK, more.to_string()));
    let mut browser = web.browser();
    provider
        .sign_in(&mut browser, "dana", START, |token| {
            token.claim("groups", Value::Null);
        })
        .await;
    let live = web.live(&browser).await;
    assert_eq!(live.signed_in.name, "dana");
    assert_eq!(
        live.signed_in.groups,
        ["staff", "x"].map(str::to_owned).into()
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_person_is_who_the_issuer_says_and_not_their_address(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut ids = Vec::new();
    for (sub, email) in [
        ("dana", "dana@example.com"),
        ("dana", "new@example.com"),
        ("devon", "dana@example.com"),
    ] {
        let mut browser = web.browser();
        provider
            .sign_in(&mut browser, sub, START, |token| {
                token.claim("email", json!(email));
            })
            .await;
        ids.push(web.live(&browser).await.signed_in.id);
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_change_of_groups_counts_from_the_next_sign_in_on(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut sam = web.browser();
    provider
        .sign_in(&mut sam, "sam", START, |token| {
            token.claim("groups", json!(["certdesk-security"]));
        })
        .await;
    let before = sam.clone();
    provider
        .sign_in(&mut sam, "sam", START, |token| {
            token.claim("groups", json!([]));
        })
        .await;
    assert!(web.live(&sam).await.signed_in.groups.is_empty());
    assert!(!before.clone().is_signed_in().await);
}
