//! Commits whose answer is lost: Postgres is asked what became of them.

mod lossy;

use portal::{
    Actor, Error, Parts, Portal,
    certificates::{self, Begun},
    changes,
    clock::Random,
    model::{ChangeState, EventKind, RequestId, RequestPage, RequestState},
    testing::{TestPortal, authority, tasks_done},
};
use sqlx::PgPool;
use time::Duration;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use self::lossy::{LossyDatabase, Strike};
use super::{approved, entries, on_record, page, story};

/// A replica that reaches the database by a way on which answers to commits get lost.
async fn on_a_lossy_way(test: &TestPortal) -> (Portal, LossyDatabase) {
    let database = LossyDatabase::before(&test.owner).await;
    let portal = Portal::new(Parts {
        pool: database.pool.clone(),
        atlas: test.portal.atlas.clone(),
        clock: test.portal.clock.clone(),
        keyring: test.portal.keyring.clone(),
        random: Random::from_system(),
        role_groups: test.portal.role_groups.clone(),
        step_up_s: test.portal.step_up_s,
        boot_id: Uuid::now_v7(),
        pace: portal::pace::Pace::default(),
        tasks: TaskTracker::new(),
    });
    (portal, database)
}

/// What comes of an approved request whose certificate is had made while the commit with that entry is
/// struck.
async fn issued(
    test: &TestPortal,
    entry: &'static str,
    strike: Strike,
) -> (Actor, RequestId, portal::Result<Option<Begun>>, RequestPage) {
    let (dana, id) = approved(test, "orders-api").await;
    let (portal, database) = on_a_lossy_way(test).await;
    database.strike(entry, strike);
    let begun = certificates::issue(&portal, &dana, id).await;
    tasks_done(&portal).await;
    assert!(database.has_struck(), "{entry}");
    let page = page(test, &dana, id).await;
    (dana, id, begun, page)
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_intent_that_was_committed_goes_on(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, _, begun, page) = issued(&test, "issue.intent", Strike::After).await;
    let begun = begun.expect("committed").expect("begun");
    assert!(begun.cookie_name.starts_with("__Host-pk-"));
    assert_eq!(page.row.state, RequestState::Ready);
    assert_eq!(test.atlas.creates().len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_intent_that_was_not_committed_is_nothing(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, begun, page) = issued(&test, "issue.intent", Strike::Before).await;
    let refused = begun.err();
    assert!(
        matches!(refused, Some(Error::Unavailable { .. })),
        "{refused:?}"
    );
    assert_eq!(page.row.state, RequestState::Approved);
    assert_eq!(entries(&test, EventKind::IssueIntent).await, 0);
    test.issue(&dana, id).await.expect("click again");
    assert_eq!(test.atlas.creates().len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_start_that_was_committed_is_followed_by_the_one_call(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, _, begun, page) = issued(&test, "issue.call_started", Strike::After).await;
    begun.expect("begun");
    assert_eq!(page.row.state, RequestState::Ready);
    assert_eq!(
        story(&page)[2..],
        [
            EventKind::IssueIntent,
            EventKind::IssueCallStarted,
            EventKind::CertIssued
        ]
    );
    assert_eq!(test.atlas.creates().len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_start_that_was_not_committed_is_not_followed_by_a_call(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, begun, page) = issued(&test, "issue.call_started", Strike::Before).await;
    begun.expect("begun");
    assert_eq!(page.row.state, RequestState::Approved);
    assert_eq!(
        story(&page)[2..],
        [EventKind::IssueIntent, EventKind::IssueNotSent]
    );
    assert!(test.atlas.creates().is_empty());
    test.issue(&dana, id).await.expect("the approval is intact");
    assert_eq!(test.atlas.creates().len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_start_nobody_can_prove_is_not_followed_by_a_call(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id) = approved(&test, "orders-api").await;
    let (portal, database) = on_a_lossy_way(&test).await;
    // Committed, and then nobody can be asked.
    database.strike("issue.call_started", Strike::AfterAndAway);
    certificates::issue(&portal, &dana, id)
        .await
        .expect("begun");
    database.struck().await;
    assert_eq!(
        page(&test, &dana, id).await.row.state,
        RequestState::Issuing
    );
    // It is back, once the task has given up asking.
    tokio::spawn({
        let database = database.clone();
        async move {
            database.refused(60).await;
            database.mend();
        }
    });
    tasks_done(&portal).await;
    let page = page(&test, &dana, id).await;
    assert_eq!(page.row.state, RequestState::Approved);
    assert_eq!(
        story(&page)[2..],
        [
            EventKind::IssueIntent,
            EventKind::IssueCallStarted,
            EventKind::IssueNotSent
        ]
    );
    assert!(test.atlas.creates().is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_process_that_slept_after_the_start_sends_nothing(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let clock = test.clock.clone();
    let sleeps = Strike::Then(Box::new(move || clock.advance(Duration::seconds(11))));
    let (_, _, begun, page) = issued(&test, "issue.call_started", sleeps).await;
    begun.expect("begun");
    assert_eq!(page.row.state, RequestState::Approved);
    assert_eq!(story(&page).last(), Some(&EventKind::IssueNotSent));
    assert!(test.atlas.creates().is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_outcome_whose_commit_is_in_doubt_is_recorded_once(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    for strike in [Strike::After, Strike::Before] {
        let (dana, id, begun, page) = issued(&test, "cert.issued", strike).await;
        let secret = begun.expect("begun").expect("not under way").secret;
        assert_eq!(page.row.state, RequestState::Ready);
        let waits = portal::requests::get(&test.portal, &dana, id, Some(&secret))
            .await
            .expect("visible")
            .pickup;
        assert!(waits.expect("a key that waits").in_this_browser);
        test.clock.advance(Duration::minutes(16));
        certificates::end_pickups(&test.portal).await.expect("done");
    }
    assert_eq!(test.atlas.creates().len(), 2);
    assert_eq!(on_record(&test).await.len(), 2);
    assert_eq!(entries(&test, EventKind::CertIssued).await, 2);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_conclusion_whose_commit_is_in_doubt_is_drawn_once(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let next = portal::atlas::NextCreate::UnknownButMade(portal::atlas::UnknownClass::Reset);
    let (_, id) = super::lost(&test, next).await;
    test.clock.advance(Duration::seconds(52));
    let (portal, database) = on_a_lossy_way(&test).await;
    database.strike("cert.lost", Strike::Before);
    let failed = certificates::reconcile(&portal).await;
    assert!(
        matches!(failed, Err(Error::Unavailable { .. })),
        "{failed:?}"
    );
    assert_eq!(super::state(&test, id).await, RequestState::Unknown);
    database.strike("cert.lost", Strike::After);
    certificates::reconcile(&portal).await.expect("committed");
    certificates::reconcile(&portal)
        .await
        .expect("nothing is left");
    assert_eq!(super::state(&test, id).await, RequestState::Lost);
    assert_eq!(entries(&test, EventKind::CertLost).await, 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_same_holds_for_changes(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let id = test.asked_to_disable(&olga).await;
    let (portal, database) = on_a_lossy_way(&test).await;
    let state = async || {
        let page = changes::get(&test.portal, &olga, id).await;
        page.expect("visible").row.state
    };

    database.strike("change.call_started", Strike::Before);
    let digest = changes::get(&portal, &otto, id)
        .await
        .expect("visible")
        .digest;
    changes::approve(&portal, &otto, id, &digest, "Payments prod", &[])
        .await
        .expect("another owner");
    tasks_done(&portal).await;
    assert!(database.has_struck());
    assert_eq!(state().await, ChangeState::Approved);
    assert!(test.atlas.writes().is_empty());

    database.strike("x509.disabled", Strike::After);
    changes::carry_out(&portal, &otto, id)
        .await
        .expect("once more");
    tasks_done(&portal).await;
    assert!(database.has_struck());
    assert_eq!(state().await, ChangeState::Applying);
    assert_eq!(test.atlas.writes().len(), 1);
    assert_eq!(entries(&test, EventKind::X509Disabled).await, 1);
}
