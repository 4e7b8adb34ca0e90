//! Who may ask, and for what.

use portal::{
    Error,
    atlas::ListedUser,
    changes, database_users,
    model::{
        ChangeState, Conflict, Denial, EventKind, Field, Obstacle, Problem, ROLES_MAX, X509Type,
    },
    projects,
    testing::{CATALOG, TestPortal, parse},
};
use sqlx::PgPool;
use time::Duration;

use super::{
    approve, asked_for, deletion, form, new_roles, new_user, page, payments, roles, state,
};

/// The one thing wrong with a form.
fn invalid<T: std::fmt::Debug>(refused: portal::Result<T>) -> (Field, Problem) {
    match refused {
        Err(Error::Invalid(errors)) if errors.len() == 1 => (errors[0].field, errors[0].problem),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_form_offers_what_the_project_has(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    test.otto().await;
    let form = database_users::form(
        &test.portal,
        &olga,
        &payments(),
        Some(&parse("orders-api")),
        None,
    )
    .await
    .expect("their project");
    assert_eq!(form.in_use, roles(&["readWrite@sales"]));
    assert_eq!(form.role_names, ["read", "readWrite"]);
    assert_eq!(form.databases, ["sales"]);
    assert_eq!(form.clusters, ["payments"]);
    let user = form.user.expect("the one to change");
    assert_eq!(
        (user.username, user.roles),
        (parse("orders-api"), form.in_use)
    );
    let approvers: Vec<_> = form.approvers.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(approvers, ["Otto"]);
    assert!(!form.security_decides);
    assert_eq!((form.open, form.name), (None, None));

    let nobody = parse("nobody");
    let unknown = database_users::form(&test.portal, &olga, &payments(), Some(&nobody), None).await;
    assert!(matches!(unknown, Err(Error::NotFound)), "{unknown:?}");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn only_an_owner_asks_and_others_are_recorded_trying(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    for who in [test.dana().await, test.sam().await] {
        for refused in [
            database_users::create(&test.portal, &who, new_user("billing-api")).await,
            database_users::update(
                &test.portal,
                &who,
                new_roles("orders-api", &["read@orders"]),
            )
            .await,
            database_users::delete(&test.portal, &who, deletion("orders-api")).await,
        ] {
            assert!(
                matches!(refused, Err(Error::NotAllowed(Denial::NotAnOwner))),
                "{refused:?}"
            );
        }
        let form = database_users::form(&test.portal, &who, &payments(), None, None).await;
        assert!(matches!(form, Err(Error::NotFound)), "{form:?}");
    }
    let denied: i64 =
        sqlx::query_scalar("select count(*) from audit.entry where type = 'access.denied'")
            .fetch_one(&test.portal.pool)
            .await
            .expect("a count");
    assert_eq!(denied, 6);

    let olga = test.olga().await;
    let mut elsewhere = new_user("billing-api");
    elsewhere.project = parse(CATALOG);
    let hidden = database_users::create(&test.portal, &olga, elsewhere).await;
    assert!(matches!(hidden, Err(Error::NotFound)), "{hidden:?}");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn roles_are_one_to_twenty_and_different(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    let many: Vec<String> = (0..=ROLES_MAX).map(|n| format!("read@db{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (asked, problem) in [
        (vec![], Problem::Missing),
        (vec!["read@a", "read@b", "read@a"], Problem::Repeated),
        (
            many,
            Problem::OutOfRange {
                least: 1,
                most: ROLES_MAX,
            },
        ),
    ] {
        let mut new = new_user("billing-api");
        new.roles = roles(&asked);
        let refused = database_users::create(&test.portal, &olga, new).await;
        assert_eq!(invalid(refused), (Field::Roles, problem));
        let refused =
            database_users::update(&test.portal, &olga, new_roles("orders-api", &asked)).await;
        assert_eq!(invalid(refused), (Field::Roles, problem));
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn clusters_are_the_projects_own_and_different(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    for (clusters, problem) in [
        (vec!["payments", "elsewhere"], Problem::NotAChoice),
        (vec!["payments", "payments"], Problem::Repeated),
    ] {
        let mut new = new_user("billing-api");
        new.clusters = clusters.into_iter().map(str::to_owned).collect();
        let refused = database_users::create(&test.portal, &olga, new).await;
        assert_eq!(invalid(refused), (Field::Clusters, problem));
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn only_managed_users_that_are_there_are_changed(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    test.atlas.remove_user(&payments(), &parse("ledger-batch"));
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    for (name, obstacle) in [
        ("CN=Legacy Billing,O=Example", Obstacle::CustomerUser),
        ("ledger-batch", Obstacle::UserGone),
    ] {
        for refused in [
            database_users::update(&test.portal, &olga, new_roles(name, &["read@a"])).await,
            database_users::delete(&test.portal, &olga, deletion(name)).await,
        ] {
            match refused {
                Err(Error::Conflict(Conflict::NotAvailable(found))) => assert_eq!(found, obstacle),
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    // A password user authenticates elsewhere, and is none of the portal's business.
    for name in ["admin-scram", "nobody"] {
        let refused = database_users::delete(&test.portal, &olga, deletion(name)).await;
        assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn roles_that_are_the_same_change_nothing(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    let same = new_roles("orders-api", &["readWrite@sales"]);
    let refused = database_users::update(&test.portal, &olga, same).await;
    assert!(
        matches!(refused, Err(Error::Conflict(Conflict::NothingChanges))),
        "{refused:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_deletion_is_typed_by_both(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    let mut slip = deletion("orders-api");
    slip.typed = "ledger-batch".into();
    let refused = database_users::delete(&test.portal, &olga, slip).await;
    assert_eq!(invalid(refused), (Field::Typed, Problem::NotAChoice));

    let id = database_users::delete(&test.portal, &olga, deletion("orders-api"))
        .await
        .expect("theirs");
    let otto = test.otto().await;
    let refused = approve(&test, &otto, id, "").await;
    assert_eq!(invalid(refused), (Field::Typed, Problem::Missing));
    let refused = approve(&test, &otto, id, "ledger-batch").await;
    assert_eq!(invalid(refused), (Field::Typed, Problem::NotAChoice));
    assert_eq!(state(&test, id).await, ChangeState::Submitted);
    approve(&test, &otto, id, "orders-api")
        .await
        .expect("a yes");
    assert_eq!(state(&test, id).await, ChangeState::Applying);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn whoever_asks_does_not_say_yes(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    test.otto().await;
    let id = asked_for(&test, "billing-api").await;
    let own = approve(&test, &olga, id, "").await;
    assert!(
        matches!(own, Err(Error::NotAllowed(Denial::OwnRequest))),
        "{own:?}"
    );
    let security = approve(&test, &test.sam().await, id, "").await;
    assert!(
        matches!(security, Err(Error::NotAllowed(Denial::NotAnOwner))),
        "there is another owner: {security:?}"
    );
    assert_eq!(state(&test, id).await, ChangeState::Submitted);
    assert!(test.atlas.writes().is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn security_says_yes_to_a_sole_owner(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let sam = test.sam().await;
    let form = form(&test, "billing-api").await;
    assert!(form.security_decides);
    assert_eq!(form.approvers.len(), 1);
    let id = asked_for(&test, "billing-api").await;
    assert!(page(&test, id).await.security_decides);
    approve(&test, &sam, id, "").await.expect("a yes");
    assert_eq!(state(&test, id).await, ChangeState::Applying);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn one_change_of_a_user_at_a_time(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    let first = asked_for(&test, "billing-api").await;
    assert_eq!(form(&test, "billing-api").await.open, Some(first));
    let second = database_users::create(&test.portal, &olga, new_user("billing-api")).await;
    assert!(
        matches!(second, Err(Error::Conflict(Conflict::ChangeUnderWay { change })) if change == first),
        "{second:?}"
    );
    changes::withdraw(&test.portal, &olga, first)
        .await
        .expect("their own");
    asked_for(&test, "billing-api").await;

    let update = new_roles("orders-api", &["read@orders"]);
    let update = database_users::update(&test.portal, &olga, update)
        .await
        .expect("theirs");
    let delete = database_users::delete(&test.portal, &olga, deletion("orders-api")).await;
    assert!(
        matches!(delete, Err(Error::Conflict(Conflict::ChangeUnderWay { change })) if change == update),
        "{delete:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_asked_stands_in_the_log_with_its_reason(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    let update = new_roles("orders-api", &["read@sales", "read@orders"]);
    let id = database_users::update(&test.portal, &olga, update)
        .await
        .expect("theirs");
    let page = page(&test, id).await;
    let line = page.story.first().expect("an entry");
    assert_eq!(line.event.kind(), EventKind::UserChangeRequested);
    assert_eq!(line.text.as_deref(), Some(super::WHY));
    assert_eq!(line.username, Some(parse("orders-api")));
    let data = serde_json::to_value(&line.event).expect("JSON")["data"].clone();
    assert_eq!(data["change_kind"], "update_user");
    assert_eq!(data["before"], serde_json::json!(["readWrite@sales"]));
    assert_eq!(
        data["after"],
        serde_json::json!(["read@sales", "read@orders"])
    );
    assert_eq!(data["digest"], page.digest);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_change_of_somebody_who_owns_nothing_any_more_is_not_done(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let otto = test.otto().await;
    let id = asked_for(&test, "billing-api").await;
    test.person("olga", &["staff"]).await;
    let refused = approve(&test, &otto, id, "").await;
    assert!(
        matches!(refused, Err(Error::Conflict(Conflict::RequesterLeft))),
        "{refused:?}"
    );
    assert_eq!(state(&test, id).await, ChangeState::Submitted);
    assert!(test.atlas.writes().is_empty());
    changes::deny(
        &test.portal,
        &otto,
        id,
        parse("Ask again with an owner of today"),
    )
    .await
    .expect("a no is always possible");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn roles_nobody_in_the_project_has_cannot_be_asked_for(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    let mut new = new_user("billing-api");
    new.roles = roles(&["read@orders", "atlasAdmin@admin"]);
    let refused = database_users::create(&test.portal, &olga, new.clone()).await;
    assert_eq!(invalid(refused), (Field::Roles, Problem::NotAChoice));
    let update = new_roles("orders-api", &["atlasAdmin@admin"]);
    let refused = database_users::update(&test.portal, &olga, update.clone()).await;
    assert_eq!(invalid(refused), (Field::Roles, Problem::NotAChoice));

    // Somebody who may has given it to another user of the project.
    let keeper = ListedUser {
        username: parse("keeper"),
        database: "admin".into(),
        x509_type: X509Type::None,
        roles: roles(&["atlasAdmin@admin"]),
        scopes: Vec::new(),
    };
    test.atlas.add_user(&payments(), keeper);
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    for asked in [
        database_users::create(&test.portal, &olga, new).await,
        database_users::update(&test.portal, &olga, update).await,
    ] {
        asked.expect("in use in the project");
    }
}
