//! Lost answers and dead processes: what holds is read at Atlas, and nothing is sent a second time.

use portal::{
    Actor, Error,
    atlas::{ListedCluster, NextWrite, ReadCall, ReadError, Unanswered, UnknownClass},
    audit::{Entry, Event},
    changes,
    model::{ChangeId, ChangeState, EventKind},
    testing::TestPortal,
};
use sqlx::PgPool;
use time::Duration;

use super::{approve, calls, page, payments, state, story, with_two_owners};

/// A change whose answer was lost.
async fn lost(test: &TestPortal, (olga, otto): (&Actor, &Actor), next: NextWrite) -> ChangeId {
    let id = test.asked_to_disable(olga).await;
    test.atlas.next_write(next);
    approve(test, otto, id).await.expect("another owner");
    assert_eq!(state(test, olga, id).await, ChangeState::Unknown);
    id
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_atlas_shows_to_be_done_is_done(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let next = NextWrite::UnknownButDone(UnknownClass::Reset);
    let id = lost(&test, (&olga, &otto), next).await;
    changes::settle(&test.portal).await.expect("done");
    let page = page(&test, &olga, id).await;
    assert_eq!(page.row.state, ChangeState::Applying);
    let Some(Event::X509Disabled { settled_by, before }) =
        page.story.last().map(|line| &line.event)
    else {
        panic!("{:?}", page.story);
    };
    assert_eq!((settled_by.as_str(), before.len()), ("reading", 1));
    assert_eq!(calls(&test).len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn that_nothing_was_done_is_said_only_after_the_deadline(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let next = NextWrite::Unknown(UnknownClass::Timeout);
    let id = lost(&test, (&olga, &otto), next).await;
    for wait in [0, 50, 600] {
        test.clock.advance(Duration::seconds(wait));
        changes::settle(&test.portal).await.expect("done");
        assert_eq!(
            state(&test, &olga, id).await,
            ChangeState::Unknown,
            "{wait}"
        );
    }
    test.clock.advance(Duration::seconds(1));
    // A reading that failed says nothing, whatever the time.
    let away = ReadError::Unavailable {
        source: Unanswered::Timeout,
    };
    test.atlas.fail_next(ReadCall::UserSecurity, away);
    let failed = changes::settle(&test.portal).await;
    assert!(
        matches!(failed, Err(Error::Unavailable { .. })),
        "{failed:?}"
    );
    assert_eq!(state(&test, &olga, id).await, ChangeState::Unknown);

    for _ in 0..2 {
        changes::settle(&test.portal).await.expect("done");
    }
    let page = page(&test, &olga, id).await;
    assert_eq!(page.row.state, ChangeState::NotApplied);
    assert_eq!(
        story(&page)[3..],
        [EventKind::ChangeUnknown, EventKind::ChangeNotApplied]
    );
    assert_eq!(calls(&test).len(), 1);
    test.asked_to_disable(&otto).await;
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_call_whose_process_lives_is_left_alone(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    let mut hold = test.atlas.hold_writes();
    let digest = page(&test, &otto, id).await.digest;
    changes::approve(&test.portal, &otto, id, &digest, "Payments prod", &[])
        .await
        .expect("another owner");
    hold.arrived(1).await;
    test.clock.advance(Duration::hours(1));
    changes::settle(&test.replica()).await.expect("done");
    assert_eq!(state(&test, &olga, id).await, ChangeState::Calling);
    hold.release();
    test.tasks_done().await;
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_call_whose_process_died_is_settled_by_whoever_lives(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    leave_calling(&test, id, &otto).await;
    // Until the deadline it may still record what it knows.
    for wait in [0, 50] {
        test.clock.advance(Duration::seconds(wait));
        changes::settle(&test.replica()).await.expect("done");
        assert_eq!(state(&test, &olga, id).await, ChangeState::Calling);
    }
    test.clock.advance(Duration::seconds(1));
    changes::settle(&test.replica()).await.expect("done");
    let unknown = page(&test, &olga, id).await;
    assert_eq!(unknown.row.state, ChangeState::Unknown);
    assert_eq!(
        unknown.story.last().map(|line| &line.event),
        Some(&Event::ChangeUnknown {
            class: "process_died".into()
        })
    );
    test.clock.advance(Duration::minutes(11));
    changes::settle(&test.replica()).await.expect("done");
    assert_eq!(state(&test, &olga, id).await, ChangeState::NotApplied);
    assert!(calls(&test).is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_outcome_is_recorded_once_the_database_is_back(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    let mut hold = test.atlas.hold_writes();
    let digest = page(&test, &otto, id).await.digest;
    changes::approve(&test.portal, &otto, id, &digest, "Payments prod", &[])
        .await
        .expect("another owner");
    hold.arrived(1).await;

    // The answer comes while nobody can write, and the connection that tries to breaks.
    let mut lock = test.owner.begin().await.expect("a transaction");
    sqlx::query("lock table change in access exclusive mode")
        .execute(&mut *lock)
        .await
        .expect("a lock");
    hold.release();
    let mut broken = false;
    while !broken {
        broken = sqlx::query_scalar(
            "select count(pg_terminate_backend(pid)) > 0 from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(&test.owner)
        .await
        .expect("an owner");
    }
    lock.rollback().await.expect("an end");
    test.tasks_done().await;
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
    assert_eq!(calls(&test).len(), 1);
}

/// Puts a change into the state in which a process that died left it.
async fn leave_calling(test: &TestPortal, id: ChangeId, second: &Actor) {
    let mut tx = test.portal.pool.begin().await.expect("a transaction");
    let deadline = portal::clock::Clock::now(&test.clock) + Duration::seconds(50);
    sqlx::query("update change set state = 'approved', second_id = $2 where id = $1")
        .bind(id.0)
        .bind(second.person().expect("a person").id.0)
        .execute(&mut *tx)
        .await
        .expect("approved");
    sqlx::query(
        "update change set state = 'calling', try_id = id, call_started_at = $2, deadline = $2 where id = $1",
    )
    .bind(id.0)
    .bind(deadline)
    .execute(&mut *tx)
    .await
    .expect("calling");
    let entry = Entry::new(Event::ChangeCallStarted { deadline }).change(id);
    portal::audit::append(&mut tx, &test.portal.random, second, entry)
        .await
        .expect("an entry");
    tx.commit().await.expect("on record");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn it_is_done_when_every_cluster_was_seen_restarting_and_is_idle_again(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let cluster = |name: &str| ListedCluster {
        name: name.into(),
        state: Some("IDLE".into()),
        srv: None,
    };
    let clusters = vec![cluster("payments"), cluster("reports")];
    test.atlas.set_clusters(&payments(), Some(clusters));
    portal::projects::sync(&test.portal).await.expect("done");
    let id = test.asked_to_disable(&olga).await;
    approve(&test, &otto, id).await.expect("another owner");

    changes::follow(&test.portal).await.expect("done");
    let during = page(&test, &olga, id).await;
    let progress: Vec<_> = during
        .clusters
        .expect("told")
        .into_iter()
        .map(|one| (one.name, one.state, one.done))
        .collect();
    let at = |name: &str, state: &str, done| (name.to_owned(), state.to_owned(), done);
    assert_eq!(
        progress,
        [
            at("payments", "UPDATING", false),
            at("reports", "UPDATING", false)
        ]
    );
    let status = changes::status(&test.portal, &olga, id)
        .await
        .expect("visible");
    assert_eq!(
        (status.state, status.clusters_left, status.story_length),
        (ChangeState::Applying, 2, 4)
    );

    test.atlas
        .set_cluster_state(&payments(), "payments", "IDLE");
    changes::follow(&test.replica()).await.expect("done");
    let status = changes::status(&test.portal, &olga, id)
        .await
        .expect("visible");
    assert_eq!(
        (status.state, status.clusters_left),
        (ChangeState::Applying, 1)
    );

    test.atlas.set_cluster_state(&payments(), "reports", "IDLE");
    for _ in 0..2 {
        changes::follow(&test.portal).await.expect("done");
    }
    let done = page(&test, &olga, id).await;
    assert_eq!(done.row.state, ChangeState::Done);
    assert_eq!(
        done.story.last().map(|line| &line.event),
        Some(&Event::ChangeCompleted {
            clusters: "2".into(),
            unseen: Vec::new(),
        })
    );
    assert!(
        done.clusters
            .is_some_and(|all| all.len() == 2 && all.iter().all(|one| one.done))
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_cluster_never_seen_restarting_counts_after_five_minutes(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    approve(&test, &otto, id).await.expect("another owner");
    test.atlas
        .set_cluster_state(&payments(), "payments", "IDLE");
    for wait in [0, 299] {
        test.clock.advance(Duration::seconds(wait));
        changes::follow(&test.portal).await.expect("done");
        assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
    }
    test.clock.advance(Duration::seconds(1));
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(state(&test, &olga, id).await, ChangeState::Done);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn where_atlas_does_not_tell_it_is_done_at_once_and_says_so(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    approve(&test, &otto, id).await.expect("another owner");
    // An Atlas that is away is not one that does not tell.
    test.atlas.set_unreachable(true);
    assert!(changes::follow(&test.portal).await.is_err());
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
    test.atlas.set_unreachable(false);
    test.atlas.set_clusters(&payments(), None);
    changes::follow(&test.portal).await.expect("done");
    let done = page(&test, &olga, id).await;
    assert_eq!(done.row.state, ChangeState::Done);
    assert_eq!(done.clusters, None);
    assert_eq!(
        done.story.last().map(|line| &line.event),
        Some(&Event::ChangeCompleted {
            clusters: String::new(),
            unseen: Vec::new(),
        })
    );
}
