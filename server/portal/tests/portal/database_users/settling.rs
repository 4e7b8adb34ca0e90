//! Answers that are lost: what Atlas shows decides.

use portal::{
    Actor, Error,
    atlas::{NextWrite, ReadCall, Unanswered, UnknownClass},
    changes, database_users,
    model::{ChangeId, ChangeState, EventKind, Obstacle},
    projects,
    testing::{TestPortal, parse},
};
use sqlx::PgPool;
use time::Duration;

use super::{
    approve, approved, deletion, new_roles, new_user, page, payments, roles, row, state, story,
};

/// One change of each kind, approved while Atlas's answers are lost.
async fn lost(test: &TestPortal, next: NextWrite) -> [ChangeId; 3] {
    let (portal, olga) = (&test.portal, test.olga().await);
    let otto: Actor = test.otto().await;
    let ids = [
        database_users::create(portal, &olga, new_user("billing-api")).await,
        database_users::update(portal, &olga, new_roles("orders-api", &["read@sales"])).await,
        database_users::delete(portal, &olga, deletion("ledger-batch")).await,
    ]
    .map(|asked| asked.expect("theirs"));
    for (id, typed) in ids.into_iter().zip(["", "", "ledger-batch"]) {
        test.atlas.next_write(next.clone());
        approve(test, &otto, id, typed).await.expect("a yes");
        assert_eq!(state(test, id).await, ChangeState::Unknown);
    }
    ids
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_done_is_found_out_by_reading(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let ids = lost(&test, NextWrite::UnknownButDone(UnknownClass::Timeout)).await;
    changes::settle(&test.portal).await.expect("done");
    for (id, kind) in ids.into_iter().zip([
        EventKind::UserCreated,
        EventKind::UserUpdated,
        EventKind::UserDeleted,
    ]) {
        let page = page(&test, id).await;
        assert_eq!(page.row.state, ChangeState::Applying);
        let line = page.story.last().expect("an entry");
        assert_eq!(line.event.kind(), kind);
        let data = serde_json::to_value(&line.event).expect("JSON")["data"].clone();
        assert_eq!(data["settled_by"], "reading");
    }
    // In the portal's own table too, before the next reading of the project.
    let new = row(&test, "billing-api").await.expect("there");
    assert_eq!(new.obstacle, Some(Obstacle::NotApplied));
    let changed = row(&test, "orders-api").await.expect("there");
    assert_eq!(changed.roles, roles(&["read@sales"]));
    assert_eq!(row(&test, "ledger-batch").await, None);
    assert_eq!(test.atlas.writes().len(), 3, "nothing is sent twice");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_not_done_is_said_only_after_its_time(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let ids = lost(&test, NextWrite::Unknown(UnknownClass::Reset)).await;
    changes::settle(&test.portal).await.expect("done");
    for id in ids {
        assert_eq!(
            state(&test, id).await,
            ChangeState::Unknown,
            "too early to say"
        );
    }
    test.clock.advance(Duration::minutes(12));
    changes::settle(&test.portal).await.expect("done");
    for id in ids {
        assert_eq!(state(&test, id).await, ChangeState::NotApplied);
        assert_eq!(
            story(&test, id).await.last(),
            Some(&EventKind::ChangeNotApplied)
        );
    }
    assert_eq!(row(&test, "billing-api").await, None);
    assert!(row(&test, "ledger-batch").await.is_some());
    assert_eq!(test.atlas.writes().len(), 3, "nothing is sent twice");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nothing_is_concluded_while_atlas_cannot_be_read(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.atlas
        .next_write(NextWrite::Unknown(UnknownClass::Reset));
    let id = approved(&test, "billing-api").await;
    test.clock.advance(Duration::minutes(12));
    test.atlas.fail_next(
        ReadCall::ListDatabaseUsers,
        portal::atlas::ReadError::from(Unanswered::Unsteady),
    );
    let away = changes::settle(&test.portal).await;
    assert!(matches!(away, Err(Error::Unavailable { .. })), "{away:?}");
    assert_eq!(state(&test, id).await, ChangeState::Unknown);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_user_of_that_name_with_other_roles_is_somebody_elses(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.atlas
        .next_write(NextWrite::Unknown(UnknownClass::Reset));
    let id = approved(&test, "billing-api").await;
    test.atlas
        .add_managed_user(&payments(), &parse("billing-api"));
    test.clock.advance(Duration::minutes(12));
    projects::sync(&test.portal).await.expect("done");
    // Nobody knows yet whether it is the one that was asked for.
    let user = row(&test, "billing-api").await.expect("there");
    assert_eq!(user.obstacle, Some(Obstacle::NotApplied));
    changes::settle(&test.portal).await.expect("done");
    assert_eq!(state(&test, id).await, ChangeState::NotApplied);
    let user = row(&test, "billing-api").await.expect("there");
    assert_eq!(user.obstacle, None);
}
