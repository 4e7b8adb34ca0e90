//! Projects and database users, as read from Atlas.

use portal::{
    Error,
    atlas::UserSecurity,
    model::{GroupId, Obstacle},
    projects,
    testing::{CATALOG, PAYMENTS, TestPortal, parse},
};
use sqlx::PgPool;
use time::Duration;

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn everybody_sees_the_projects_they_have_a_part_in(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    for (sub, groups, expected) in [
        (
            "dana",
            vec!["atlas-payments-prod-developers"],
            vec!["Payments prod"],
        ),
        (
            "olivia",
            vec!["atlas-catalog-staging-owners"],
            vec!["Catalog staging"],
        ),
        (
            "sam",
            vec!["certdesk-security"],
            vec!["Catalog staging", "Payments prod"],
        ),
        ("oscar", vec!["certdesk-operators"], vec![]),
    ] {
        let person = test.person(sub, &groups).await;
        let rows = projects::list(&test.portal, &person).await.expect("a list");
        let names: Vec<_> = rows.iter().map(|row| row.project.name.as_str()).collect();
        assert_eq!(names, expected, "{sub}");
    }
    let stranger = projects::get(&test.portal, &test.dana().await, &parse(CATALOG)).await;
    assert!(matches!(stranger, Err(Error::NotFound)), "{stranger:?}");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn users_that_cannot_have_a_certificate_say_why(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let dana = test.dana().await;
    let payments: GroupId = parse(PAYMENTS);
    let obstacles = |page: portal::model::ProjectPage| {
        page.users
            .into_iter()
            .map(|user| (user.username.to_string(), user.obstacle))
            .collect::<Vec<_>>()
    };
    let page = projects::get(&test.portal, &dana, &payments)
        .await
        .expect("theirs");
    assert_eq!(
        obstacles(page),
        [
            ("ledger-batch".into(), None),
            ("orders-api".into(), None),
            (
                "CN=Legacy Billing,O=Example".into(),
                Some(Obstacle::CustomerUser)
            ),
            ("admin-scram".into(), Some(Obstacle::NotX509)),
        ]
    );
    for (security, expected) in [
        (
            UserSecurity {
                customer_cas: Some("-----BEGIN CERTIFICATE-----".into()),
                ..UserSecurity::default()
            },
            Obstacle::CustomerManagedOn,
        ),
        (
            UserSecurity {
                ldap_authorization: true,
                ..UserSecurity::default()
            },
            Obstacle::LdapAuthorization,
        ),
    ] {
        test.atlas.set_user_security(&payments, security);
        projects::sync(&test.portal).await.expect("done");
        let page = projects::get(&test.portal, &dana, &payments)
            .await
            .expect("theirs");
        assert_eq!(page.users[0].obstacle, Some(expected));
        assert_eq!(page.row.obstacle, Some(expected));
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_atlas_no_longer_lists_is_gone_and_comes_back_with_it(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let dana = test.dana().await;
    let payments: GroupId = parse(PAYMENTS);
    test.atlas.remove_user(&payments, &parse("orders-api"));
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    let names = |page: portal::model::ProjectPage| page.users.len();
    assert_eq!(
        names(
            projects::get(&test.portal, &dana, &payments)
                .await
                .expect("theirs")
        ),
        3
    );
    test.atlas.add_managed_user(&payments, &parse("orders-api"));
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    assert_eq!(
        names(
            projects::get(&test.portal, &dana, &payments)
                .await
                .expect("theirs")
        ),
        4
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_new_name_at_atlas_moves_nobodys_rights(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (payments, catalog): (GroupId, GroupId) = (parse(PAYMENTS), parse(CATALOG));
    test.atlas.add_project(&payments, "Old payments");
    test.atlas.add_project(&catalog, "Payments prod");
    projects::sync(&test.portal).await.expect("done");
    let olga = test.olga().await;
    let rows = projects::list(&test.portal, &olga).await.expect("a list");
    assert_eq!(
        rows.iter()
            .map(|row| row.project.id.clone())
            .collect::<Vec<_>>(),
        [payments]
    );

    let newcomer: GroupId = parse("64f0c0a1e4b0a1b2c3d4e5ff");
    test.atlas.add_project(&newcomer, "Payments, prod");
    projects::sync(&test.portal).await.expect("done");
    assert_eq!(
        projects::list(&test.portal, &olga)
            .await
            .expect("a list")
            .len(),
        1,
        "a look-alike gives nothing"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_atlas_that_is_away_leaves_what_was_known(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.atlas.set_unreachable(true);
    let away = projects::sync(&test.portal).await;
    assert!(matches!(away, Err(Error::Unavailable { .. })), "{away:?}");
    let page = projects::get(&test.portal, &test.dana().await, &parse(PAYMENTS))
        .await
        .expect("as it was");
    assert_eq!(page.users.len(), 4);
}
