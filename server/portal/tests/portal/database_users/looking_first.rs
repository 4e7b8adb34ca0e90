//! What is looked at before a user is changed or goes.

use portal::{
    Actor, Error,
    atlas::{ListedUser, NextCreate, NextWrite, ReadCall, ReadError, Unanswered, UnknownClass},
    certificates, changes, database_users,
    model::{
        CertificateFilter, CertificateScope, ChangeId, ChangePlan, ChangeState, Conflict,
        NameVerdict, Origin, Username, X509Type,
    },
    projects,
    testing::{TestPortal, parse},
};
use sqlx::PgPool;
use time::Duration;

use super::{approve, deletion, form, new_roles, page, payments, roles, state};

fn orders() -> Username {
    parse("orders-api")
}

/// Olga has asked for the end of `orders-api`.
async fn to_be_deleted(test: &TestPortal) -> (Actor, ChangeId) {
    let olga = test.olga().await;
    let id = database_users::delete(&test.portal, &olga, deletion("orders-api"))
        .await
        .expect("theirs");
    (olga, id)
}

/// Has a certificate of `orders-api` made, of which nobody knows whether it was.
async fn unsettled(test: &TestPortal) {
    let dana = test.dana().await;
    let request = test.submitted(&dana, "orders-api").await;
    test.approve(&test.olga().await, request).await;
    test.atlas
        .next_create(NextCreate::Unknown(UnknownClass::Reset));
    test.issue(&dana, request).await.expect("begun");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_user_stays_while_it_is_not_known_whether_a_certificate_was_made(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = to_be_deleted(&test).await;
    unsettled(&test).await;
    let otto = test.otto().await;
    let refused = approve(&test, &otto, id, "orders-api").await;
    assert!(
        matches!(
            refused,
            Err(Error::Conflict(Conflict::CertificateUnsettled))
        ),
        "{refused:?}"
    );
    assert_eq!(state(&test, id).await, ChangeState::Submitted);
    assert!(test.atlas.writes().is_empty());

    // Once Atlas's list has told, nothing is in the way.
    test.clock.advance(Duration::minutes(11));
    certificates::reconcile(&test.portal).await.expect("read");
    approve(&test, &test.otto().await, id, "orders-api")
        .await
        .expect("a yes");
    assert_eq!(state(&test, id).await, ChangeState::Applying);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nor_does_it_go_when_one_is_begun_after_the_yes(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (olga, id) = to_be_deleted(&test).await;
    test.atlas.set_unreachable(true);
    approve(&test, &test.otto().await, id, "orders-api")
        .await
        .expect("a yes");
    assert_eq!(state(&test, id).await, ChangeState::Approved);
    test.atlas.set_unreachable(false);
    unsettled(&test).await;
    let refused = changes::carry_out(&test.portal, &olga, id).await;
    assert!(
        matches!(
            refused,
            Err(Error::Conflict(Conflict::CertificateUnsettled))
        ),
        "{refused:?}"
    );
    assert!(test.atlas.writes().is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn no_certificate_is_begun_while_nobody_knows_whether_its_user_is_gone(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = to_be_deleted(&test).await;
    let dana = test.dana().await;
    let request = test.submitted(&dana, "orders-api").await;
    test.approve(&test.olga().await, request).await;
    test.atlas
        .next_write(NextWrite::Unknown(UnknownClass::Timeout));
    approve(&test, &test.otto().await, id, "orders-api")
        .await
        .expect("a yes");
    assert_eq!(state(&test, id).await, ChangeState::Unknown);
    let refused = certificates::issue(&test.portal, &dana, request).await;
    assert!(
        matches!(
            refused,
            Err(Error::Conflict(Conflict::ChangeUnderWay { change })) if change == id
        ),
        "it waits for what becomes of the user"
    );

    // The user is still there when the time is over in which it could have gone: the approval holds.
    test.clock.advance(Duration::minutes(11));
    changes::settle(&test.portal).await.expect("read");
    assert_eq!(state(&test, id).await, ChangeState::NotApplied);
    test.issue(&test.dana().await, request)
        .await
        .expect("begun");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_certificate_begun_right_before_the_call_holds_the_deletion_back(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (olga, id) = to_be_deleted(&test).await;
    let dana = test.dana().await;
    let request = test.submitted(&dana, "orders-api").await;
    test.approve(&olga, request).await;
    test.atlas.set_unreachable(true);
    approve(&test, &test.otto().await, id, "orders-api")
        .await
        .expect("a yes");
    test.atlas.set_unreachable(false);

    // The deletion has looked at everything, and is about to start its call.
    let mut lock = test.owner.begin().await.expect("a transaction");
    changes::carry_out(&test.portal, &olga, id)
        .await
        .expect("hers");
    sqlx::query("select from change where id = $1 for update")
        .bind(id.0)
        .execute(&mut *lock)
        .await
        .expect("a lock");
    let mut waits = false;
    while !waits {
        waits = sqlx::query_scalar(
            "select count(*) > 0 from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(&test.owner)
        .await
        .expect("an owner");
    }
    let mut hold = test.atlas.hold_creates();
    certificates::issue(&test.portal, &dana, request)
        .await
        .expect("begun");
    hold.arrived(1).await;
    lock.rollback().await.expect("an end");
    while page(&test, id).await.not_sent.as_deref() != Some("certificate_unsettled") {
        assert!(test.atlas.writes().is_empty(), "it was sent");
    }
    hold.release();
    test.tasks_done().await;
    assert_eq!(state(&test, id).await, ChangeState::Approved);
    assert!(test.atlas.writes().is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_atlas_lists_of_a_user_is_on_record_before_it_goes(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = to_be_deleted(&test).await;
    let made = test
        .atlas
        .make_certificate(&payments(), &orders(), parse("3"));
    approve(&test, &test.otto().await, id, "orders-api")
        .await
        .expect("a yes");
    assert_eq!(state(&test, id).await, ChangeState::Applying);
    let filter = CertificateFilter {
        scope: Some(CertificateScope::All),
        ..CertificateFilter::default()
    };
    let sam = test.sam().await;
    let listed = portal::certificates::list(&test.portal, &sam, filter)
        .await
        .expect("a list");
    let found: Vec<_> = listed
        .rows
        .iter()
        .map(|row| (row.serial, row.origin))
        .collect();
    assert_eq!(found, [(made.serial, Origin::Unexplained)]);
    // So the name is not given away while it lives.
    let name = form(&test, "orders-api").await.name.expect("looked up");
    assert!(
        matches!(name.verdict, NameVerdict::StillLives { .. }),
        "{name:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_user_stays_while_its_certificates_cannot_be_listed(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (olga, id) = to_be_deleted(&test).await;
    test.atlas.fail_next(
        ReadCall::ListCertificates,
        ReadError::from(Unanswered::Timeout),
    );
    approve(&test, &test.otto().await, id, "orders-api")
        .await
        .expect("a yes");
    let waiting = page(&test, id).await;
    assert_eq!(waiting.row.state, ChangeState::Approved);
    assert_eq!(waiting.not_sent.as_deref(), Some("atlas_away"));
    assert!(test.atlas.writes().is_empty());
    changes::carry_out(&test.portal, &olga, id)
        .await
        .expect("one of the two");
    test.tasks_done().await;
    assert_eq!(state(&test, id).await, ChangeState::Applying);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn other_roles_are_not_given_where_the_user_reaches_other_clusters_by_now(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    let limited = |scopes: &[&str]| {
        let user = ListedUser {
            username: orders(),
            database: "$external".into(),
            x509_type: X509Type::Managed,
            roles: roles(&["readWrite@sales"]),
            scopes: scopes.iter().map(|&name| name.to_owned()).collect(),
        };
        test.atlas.add_user(&payments(), user);
    };
    limited(&["payments"]);
    projects::sync(&test.portal).await.expect("done");
    let update = new_roles("orders-api", &["read@sales"]);
    let id = database_users::update(&test.portal, &olga, update)
        .await
        .expect("theirs");
    let asked = page(&test, id).await;
    let ChangePlan::UpdateUser { clusters, .. } = asked.plan else {
        panic!("{:?}", asked.plan);
    };
    assert_eq!(clusters, ["payments"]);

    // Atlas tells before the portal has read it again.
    limited(&[]);
    approve(&test, &test.otto().await, id, "")
        .await
        .expect("a yes");
    assert_eq!(
        page(&test, id).await.not_sent.as_deref(),
        Some("atlas_differs")
    );
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    let refused = changes::carry_out(&test.portal, &olga, id).await;
    assert!(
        matches!(refused, Err(Error::Conflict(Conflict::AtlasDiffers))),
        "{refused:?}"
    );
    assert!(test.atlas.writes().is_empty());
}
