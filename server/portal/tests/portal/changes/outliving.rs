//! Processes that outlive the connection their fence stood on: what they were answered still counts.

use portal::{
    Actor,
    atlas::{Hold, NextWrite},
    changes,
    model::{ChangeId, ChangeState, EventKind, Refusal, RefusalReason},
    testing::TestPortal,
};
use sqlx::PgPool;
use time::Duration;

use super::{calls, page, state, story, with_two_owners};

/// A change whose call hangs while every connection to the database breaks.
async fn cut_off(test: &TestPortal, olga: &Actor, otto: &Actor) -> (ChangeId, Hold) {
    let id = test.asked_to_disable(olga).await;
    let mut hold = test.atlas.hold_writes();
    let digest = page(test, otto, id).await.digest;
    changes::approve(&test.portal, otto, id, &digest, "Payments prod", &[])
        .await
        .expect("another owner");
    hold.arrived(1).await;
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .execute(&test.owner)
    .await
    .expect("the owner may");
    (id, hold)
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_broken_connection_during_the_call_is_not_taken_for_a_dead_process(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let (id, hold) = cut_off(&test, &olga, &otto).await;
    changes::settle(&test.replica()).await.expect("left alone");
    assert_eq!(state(&test, &olga, id).await, ChangeState::Calling);
    hold.release();
    test.tasks_done().await;
    let page = page(&test, &olga, id).await;
    assert_eq!(page.row.state, ChangeState::Applying);
    assert!(!story(&page).contains(&EventKind::ChangeUnknown));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_refusal_that_comes_after_the_deadline_still_ends_it(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let refusal = Refusal {
        reason: RefusalReason::Forbidden,
        status: 403,
        code: "USER_UNAUTHORIZED".into(),
        retry_after: None,
        retry_at: None,
        address: None,
    };
    test.atlas.next_write(NextWrite::Refused(refusal.clone()));
    let (id, hold) = cut_off(&test, &olga, &otto).await;
    test.clock.advance(Duration::seconds(51));
    changes::settle(&test.replica()).await.expect("done");
    assert_eq!(state(&test, &olga, id).await, ChangeState::Unknown);
    hold.release();
    test.tasks_done().await;
    let page = page(&test, &olga, id).await;
    assert_eq!(page.row.state, ChangeState::Rejected);
    assert_eq!(page.refusal, Some(refusal));
    assert_eq!(
        story(&page)[3..],
        [EventKind::ChangeUnknown, EventKind::ChangeRejected]
    );
    assert_eq!(calls(&test).len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn so_does_a_yes(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let (id, hold) = cut_off(&test, &olga, &otto).await;
    test.clock.advance(Duration::seconds(51));
    changes::settle(&test.replica()).await.expect("done");
    assert_eq!(state(&test, &olga, id).await, ChangeState::Unknown);
    hold.release();
    test.tasks_done().await;
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
    assert_eq!(calls(&test).len(), 1);
}
