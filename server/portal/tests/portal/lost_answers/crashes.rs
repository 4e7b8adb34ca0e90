//! The table of crashes, as far as it can be shown without killing anybody. Lost commits are in `commits`.

use portal::{
    atlas::{NextCreate, ReadCall, UnknownClass},
    certificates,
    model::{EventKind, RequestState},
    testing::{START, TestPortal, tasks_done},
};
use sqlx::PgPool;
use time::Duration;

use super::{approved, lost, on_record, page, state, story};

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_process_that_ends_while_calling_is_found_out_about(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    // Another process calls, Atlas makes the certificate, and the process ends before it records that.
    let replica = test.replica();
    let (dana, id) = approved(&test, "orders-api").await;
    test.atlas
        .next_create(NextCreate::Unknown(UnknownClass::Reset));
    let mut hold = test.atlas.hold_creates();
    certificates::issue(&replica, &dana, id)
        .await
        .expect("begun");
    hold.arrived(1).await;
    assert_eq!(state(&test, id).await, RequestState::Issuing);
    super::behind_our_back(&test, "3");
    end_connections(&test).await;

    // Until the deadline it may still record what it knows.
    certificates::settle_unattended(&test.portal)
        .await
        .expect("not yet");
    assert_eq!(state(&test, id).await, RequestState::Issuing);
    test.clock.advance(Duration::seconds(51));
    certificates::settle_unattended(&test.portal)
        .await
        .expect("settled");
    let unknown = page(&test, &dana, id).await;
    assert_eq!(unknown.row.state, RequestState::Unknown);
    assert_eq!(story(&unknown).last(), Some(&EventKind::IssueUnknown));
    test.clock.advance(Duration::seconds(10));
    certificates::reconcile(&test.portal).await.expect("found");
    assert_eq!(state(&test, id).await, RequestState::Lost);

    // It wakes up after all: what it was told comes too late, and changes nothing.
    hold.release();
    tasks_done(&replica).await;
    assert_eq!(state(&test, id).await, RequestState::Lost);
    assert_eq!(test.atlas.creates().len(), 1);
}

/// Ends every other connection to the database, as its restart would.
async fn end_connections(test: &TestPortal) {
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .execute(&test.owner)
    .await
    .expect("the owner may");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_database_that_restarts_during_the_call_costs_no_certificate(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id) = approved(&test, "orders-api").await;
    let mut hold = test.atlas.hold_creates();
    let begun = certificates::issue(&test.portal, &dana, id)
        .await
        .expect("begun")
        .expect("not under way");
    hold.arrived(1).await;
    end_connections(&test).await;
    // The fence fell with its connection, and nobody concludes anything from that yet.
    certificates::settle_unattended(&test.replica())
        .await
        .expect("left alone");
    hold.release();
    test.tasks_done().await;
    let page = portal::requests::get(&test.portal, &dana, id, Some(&begun.secret))
        .await
        .expect("visible");
    assert_eq!(page.row.state, RequestState::Ready);
    assert!(page.pickup.expect("a key that waits").in_this_browser);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn after_the_window_an_unused_call_costs_only_time(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    // "After the start was committed, before the first byte" looks the same as "during the call".
    let (_, id) = lost(&test, NextCreate::Unknown(UnknownClass::Reset)).await;
    super::look_at(&test, 600).await.expect("read");
    assert_eq!(state(&test, id).await, RequestState::Approved);
    assert!(on_record(&test).await.is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_approval_that_ran_out_meanwhile_is_not_used(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = lost(&test, NextCreate::Unknown(UnknownClass::Reset)).await;
    test.clock.set(START + Duration::hours(80));
    certificates::reconcile(&test.portal).await.expect("read");
    let dana = test.dana().await;
    let back = page(&test, &dana, id).await;
    assert!(!back.may.issue, "given back, and over");
    portal::requests::expire_due(&test.portal)
        .await
        .expect("done");
    assert_eq!(state(&test, id).await, RequestState::Expired);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn that_atlas_lists_what_it_handed_out_is_looked_at_and_not_waited_for(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let oscar = test.person("oscar", &["certdesk-operators"]).await;
    let unlisted = async || {
        let page = portal::jobs::operations(&test.portal, &oscar).await;
        page.expect("theirs").unlisted
    };
    let (dana, id) = approved(&test, "orders-api").await;
    let reads = test.atlas.reads(ReadCall::ListCertificates);
    test.issue(&dana, id).await.expect("begun");
    assert_eq!(test.atlas.reads(ReadCall::ListCertificates), reads + 2);
    let row = on_record(&test).await.pop().expect("issued");
    let seen = certificates::get(&test.portal, &dana, row.id)
        .await
        .expect("theirs");
    assert!(seen.seen_at.is_some());

    // A list that lags: ready all the same, and the operator sees it if it stays so.
    let (dana, id) = approved(&test, "ledger-batch").await;
    let mut hold = test.atlas.hold_creates();
    certificates::issue(&test.portal, &dana, id)
        .await
        .expect("begun");
    hold.arrived(1).await;
    test.atlas.hide_new(true);
    hold.release();
    test.tasks_done().await;
    assert_eq!(state(&test, id).await, RequestState::Ready);
    assert_eq!(unlisted().await, 0, "no list was read since");
    test.clock.advance(Duration::minutes(1));
    certificates::sync(&test.portal).await.expect("done");
    assert_eq!(unlisted().await, 1);
    let made = test
        .atlas
        .made(&super::payments(), &"ledger-batch".parse().expect("a name"));
    test.atlas.hide_certificate(made[0].serial, false);
    certificates::sync(&test.portal).await.expect("done");
    assert_eq!(unlisted().await, 0);
}
