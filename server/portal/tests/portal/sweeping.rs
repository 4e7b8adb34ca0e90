//! Reading Atlas's lists: by the hour, at Atlas's hints, and when somebody wants it.

use portal::{
    Error,
    atlas::{ReadCall, ReadError, Unanswered},
    certificates,
    model::{Conflict, Denial, GroupId, SweepReport},
    testing::{CATALOG, PAYMENTS, TestPortal, parse},
};
use sqlx::PgPool;
use time::Duration;

fn payments() -> GroupId {
    parse(PAYMENTS)
}

async fn unexplained(test: &TestPortal) -> i64 {
    sqlx::query_scalar("select count(*) from certificate where origin = 'unexplained'")
        .fetch_one(&test.portal.pool)
        .await
        .expect("a count")
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn atlas_s_own_trail_says_where_to_look_before_the_hour_is_over(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let watch = || certificates::watch(&test.portal);
    let lists = || test.atlas.reads(ReadCall::ListCertificates);
    test.atlas.tell_cert_events(&payments(), true);
    test.clock.advance(Duration::minutes(1));
    let before = lists();
    watch().await.expect("nothing is told");
    assert_eq!(lists(), before);

    test.atlas
        .make_certificate(&payments(), &parse("orders-api"), parse("3"));
    watch().await.expect("looked");
    assert_eq!(unexplained(&test).await, 1);
    assert_eq!(
        lists(),
        before + 2,
        "both users of that project, and no other"
    );
    watch().await.expect("known by now");
    assert_eq!(lists(), before + 2);

    // What the portal had made itself is no hint.
    let dana = test.dana().await;
    let id = test.submitted(&dana, "orders-api").await;
    test.approve(&test.olga().await, id).await;
    test.clock.advance(Duration::minutes(1));
    test.issue(&dana, id).await.expect("begun");
    let before = lists();
    watch().await.expect("nothing is told");
    assert_eq!(lists(), before);
    // One more than that is.
    test.clock.advance(Duration::seconds(1));
    test.atlas
        .make_certificate(&payments(), &parse("ledger-batch"), parse("3"));
    watch().await.expect("looked");
    assert_eq!(unexplained(&test).await, 2);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn without_hints_new_users_are_read_all_the_same_and_the_rest_by_the_hour(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let lists = || test.atlas.reads(ReadCall::ListCertificates);
    test.atlas
        .make_certificate(&payments(), &parse("orders-api"), parse("3"));
    test.atlas.add_managed_user(&payments(), &parse("fresh"));
    test.atlas
        .make_certificate(&payments(), &parse("fresh"), parse("3"));
    portal::projects::sync(&test.portal).await.expect("done");
    let before = lists();
    certificates::watch(&test.portal).await.expect("looked");
    assert_eq!(lists(), before + 1, "only whom nobody has read yet");
    assert_eq!(
        unexplained(&test).await,
        0,
        "what a new user has was there before"
    );
    certificates::sync(&test.portal).await.expect("the hour");
    assert_eq!(unexplained(&test).await, 1);
    assert_eq!(lists(), before + 1 + 4);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn one_project_that_does_not_tell_keeps_no_other_from_being_read(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    for project in [PAYMENTS, CATALOG] {
        test.atlas.tell_cert_events(&parse(project), true);
    }
    test.clock.advance(Duration::minutes(1));
    test.atlas
        .make_certificate(&payments(), &parse("orders-api"), parse("3"));
    test.atlas
        .make_certificate(&parse(CATALOG), &parse("catalog-web"), parse("3"));
    let away = || ReadError::Unavailable {
        source: Unanswered::Timeout,
    };
    test.atlas.fail_next(ReadCall::ListCertEvents, away());
    let failed = certificates::watch(&test.portal).await;
    assert!(
        matches!(failed, Err(Error::Unavailable { .. })),
        "{failed:?}"
    );
    assert_eq!(unexplained(&test).await, 1);
    test.atlas.fail_next(ReadCall::ListCertificates, away());
    certificates::sync(&test.portal)
        .await
        .expect_err("one of them");
    certificates::sync(&test.portal).await.expect("all");
    assert_eq!(unexplained(&test).await, 2);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn owners_and_security_have_them_read_now_and_not_again_and_again(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (olga, sam, dana) = (test.olga().await, test.sam().await, test.dana().await);
    let replica = test.replica();
    test.atlas
        .make_certificate(&payments(), &parse("orders-api"), parse("3"));
    let refused = certificates::sweep_now(&test.portal, &dana, &payments()).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::NotAnOwner))),
        "{refused:?}"
    );
    let stranger = test
        .person("olivia", &["atlas-catalog-staging-owners"])
        .await;
    let hidden = certificates::sweep_now(&test.portal, &stranger, &payments()).await;
    assert!(matches!(hidden, Err(Error::NotFound)), "{hidden:?}");

    let size: i64 = log_size(&test).await;
    let report = certificates::sweep_now(&test.portal, &olga, &payments())
        .await
        .expect("an owner");
    let expected = SweepReport {
        users: 2,
        unexplained: 1,
    };
    assert_eq!(report, expected);
    assert_eq!(
        log_size(&test).await,
        size + 1,
        "what was found; that it was read is not on record"
    );
    let soon = certificates::sweep_now(&replica, &sam, &payments()).await;
    let Err(Error::Conflict(Conflict::TooMany { after })) = soon else {
        panic!("{soon:?}");
    };
    test.clock.set(after);
    let report = certificates::sweep_now(&replica, &sam, &payments())
        .await
        .expect("security");
    assert_eq!(report.unexplained, 0);
    // Another project has a turn of its own.
    certificates::sweep_now(&replica, &sam, &parse(CATALOG))
        .await
        .expect("security");
}

async fn log_size(test: &TestPortal) -> i64 {
    sqlx::query_scalar("select size from audit.head")
        .fetch_one(&test.portal.pool)
        .await
        .expect("a number")
}
