//! The download of a project's authorities.

use http::StatusCode;
use portal::testing::authority;
use sqlx::PgPool;

use crate::support::TestWeb;

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_authorities_come_as_a_file_for_owners_and_security(owner: PgPool) {
    let web = TestWeb::with_projects(owner).await;
    let root = authority("Root");
    web.test.set_authorities(Some(&root)).await;
    let change = web.test.asked_to_disable(&web.test.olga().await).await;
    let address = format!("/changes/{change}/authorities");

    for (who, groups) in [
        ("otto", "atlas-payments-prod-owners"),
        ("sam", "certdesk-security"),
    ] {
        let answer = web.sign_in_as(who, &[groups]).await.get(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.text(), root);
        for (name, value) in [
            ("content-type", "application/x-pem-file"),
            ("cache-control", "no-store"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("x-content-type-options", "nosniff"),
            (
                "content-disposition",
                "attachment; filename=\"payments-prod-authorities.pem\"",
            ),
        ] {
            assert_eq!(answer.header(name), value, "{name}");
        }
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nobody_else_learns_that_there_are_any(owner: PgPool) {
    let web = TestWeb::with_projects(owner).await;
    web.test.set_authorities(Some(&authority("Root"))).await;
    let change = web.test.asked_to_disable(&web.test.olga().await).await;
    let address = format!("/changes/{change}/authorities");

    let nobody = web.browser().get(&address).await;
    assert_eq!(nobody.status, StatusCode::SEE_OTHER);
    assert!(
        nobody
            .location()
            .starts_with("/auth/login?return_to=%2Fchanges%2F"),
        "{}",
        nobody.location()
    );
    for (who, groups) in [
        ("dana", "atlas-payments-prod-developers"),
        ("olivia", "atlas-catalog-staging-owners"),
        ("oscar", "certdesk-operators"),
    ] {
        let answer = web.sign_in_as(who, &[groups]).await.get(&address).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{who}");
    }
    let mut olga = web
        .sign_in_as("olga", &["atlas-payments-prod-owners"])
        .await;
    for other in ["1", "00000000-0000-0000-0000-000000000000"] {
        let answer = olga.get(&format!("/changes/{other}/authorities")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{other}");
    }
    let posted = olga.post(&address, &[]).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
}
