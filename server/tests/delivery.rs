//! The download of a certificate with its key.

use http::StatusCode;
use portal::Actor;
use sqlx::PgPool;

use crate::support::{Browser, TestWeb};

const DEVELOPERS: &str = "atlas-payments-prod-developers";

/// Dana's browser, and the address of a key that waits for it.
async fn with_waiting_key(web: &TestWeb) -> (Browser, String) {
    let mut dana = web.sign_in_as("dana", &[DEVELOPERS]).await;
    let actor = Actor::Person(Box::new(web.live(&dana).await.signed_in));
    let olga = web.test.olga().await;
    let request = web.test.submitted(&actor, "orders-api").await;
    web.test.approve(&olga, request).await;
    let begun = web
        .test
        .issue(&actor, request)
        .await
        .expect("a first attempt");
    dana.cookies
        .insert(begun.cookie_name.clone(), begun.secret.to_string());
    (dana, format!("/requests/{request}/certificate"))
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_key_comes_as_a_file_and_leaves_nothing_behind(owner: PgPool) {
    let web = TestWeb::with_projects(owner).await;
    let (mut dana, address) = with_waiting_key(&web).await;
    let answer = dana.post(&address, &[("format", "pem")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(answer.text().contains("PRIVATE KEY-----"));
    assert_eq!(answer.header("content-type"), "application/x-pem-file");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        answer.header("content-security-policy"),
        "sandbox; default-src 'none'"
    );
    assert_eq!(
        answer.header("content-length"),
        answer.body.len().to_string()
    );
    let disposition = answer.header("content-disposition");
    assert!(
        disposition.starts_with("attachment; filename=\"") && disposition.ends_with(".pem\""),
        "{disposition}"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("location"), "");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_key_is_given_to_nobody_else(owner: PgPool) {
    let web = TestWeb::with_projects(owner).await;
    let (dana, address) = with_waiting_key(&web).await;

    let mut nobody = dana.clone();
    nobody.cookies.remove(server::session::COOKIE);
    let answer = nobody.post(&address, &[("format", "pem")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(
        answer
            .location()
            .starts_with("/auth/login?return_to=%2Frequests%2F"),
        "{}",
        answer.location()
    );

    let mut without_token = dana.clone();
    for csrf in ["", "another"] {
        let answer = without_token
            .post(&address, &[("format", "pem"), ("csrf", csrf)])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{csrf:?}");
    }

    let mut another_browser = dana.clone();
    another_browser
        .cookies
        .retain(|name, _| name == server::session::COOKIE);
    let answer = another_browser.post(&address, &[("format", "pem")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);

    let mut devon = web.sign_in_as("devon", &["staff"]).await;
    devon.cookies.extend(
        dana.cookies
            .clone()
            .into_iter()
            .filter(|(name, _)| name.starts_with("__Host-pk")),
    );
    assert_eq!(
        devon.post(&address, &[("format", "pem")]).await.status,
        StatusCode::NOT_FOUND
    );

    let mut dana = dana;
    assert_eq!(
        dana.post(&address, &[("format", "floppy")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        dana.post("/requests/1/certificate", &[("format", "pem")])
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        dana.get(&address).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(
        dana.post(&address, &[("format", "pem")]).await.status,
        StatusCode::OK
    );
}
