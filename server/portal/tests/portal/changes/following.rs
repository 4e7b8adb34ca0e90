//! Clusters that do not follow: they are given up, on record, and keep nobody waiting.

use portal::{
    Error,
    atlas::{ListedCluster, ReadCall, ReadError, Unanswered},
    changes, database_users,
    model::{ChangeId, ChangeState, Event, NewUser},
    testing::{TestPortal, parse},
};
use sqlx::PgPool;
use time::Duration;

use super::{approve, page, payments, state, with_two_owners};

fn cluster(name: &str) -> ListedCluster {
    ListedCluster {
        name: name.into(),
        state: Some("IDLE".into()),
        srv: None,
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn after_a_day_what_was_not_seen_is_on_record_and_it_is_over(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let clusters = vec![cluster("payments"), cluster("reports")];
    test.atlas.set_clusters(&payments(), Some(clusters));
    portal::projects::sync(&test.portal).await.expect("done");
    let id = test.asked_to_disable(&olga).await;
    approve(&test, &otto, id).await.expect("another owner");
    changes::follow(&test.portal).await.expect("done");
    test.atlas
        .set_cluster_state(&payments(), "payments", "IDLE");
    test.clock.advance(Duration::days(1) - Duration::seconds(1));
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
    test.clock.advance(Duration::seconds(1));
    changes::follow(&test.portal).await.expect("done");
    let over = page(&test, &olga, id).await;
    assert_eq!(over.row.state, ChangeState::Done);
    assert_eq!(
        over.story.last().map(|line| &line.event),
        Some(&Event::ChangeCompleted {
            clusters: "2".into(),
            unseen: vec!["reports".into()],
        })
    );
    let shown: Vec<_> = over
        .clusters
        .expect("told")
        .into_iter()
        .map(|one| (one.name, one.done))
        .collect();
    assert_eq!(
        shown,
        [("payments".into(), true), ("reports".into(), false)]
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_atlas_that_says_nothing_usable_for_a_day_is_given_up_too(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    approve(&test, &otto, id).await.expect("another owner");
    test.clock.advance(Duration::days(1));
    test.atlas.fail_next(
        ReadCall::ListClusters,
        ReadError::from(Unanswered::Malformed("changeStatus")),
    );
    changes::follow(&test.portal).await.expect("given up");
    let over = page(&test, &olga, id).await;
    assert_eq!(over.row.state, ChangeState::Done);
    assert_eq!(over.clusters, None, "nobody ever saw one");
    // The next may be asked for.
    test.set_authorities(Some(&portal::testing::authority("Root")))
        .await;
    test.asked_to_disable(&test.olga().await).await;
}

/// A change of a database user that Atlas has taken.
async fn taken(test: &TestPortal, name: &str) -> ChangeId {
    let new = NewUser {
        project: payments(),
        username: parse(name),
        roles: vec![parse("read@orders")],
        clusters: Vec::new(),
        reason: parse("a reason that is long enough"),
    };
    let id = database_users::create(&test.portal, &test.olga().await, new)
        .await
        .expect("a free name");
    test.approve_change(&test.otto().await, id).await;
    id
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn those_looked_at_longest_ago_come_first(owner: PgPool) {
    let (test, ..) = with_two_owners(owner).await;
    let first = taken(&test, "first").await;
    test.clock.advance(Duration::seconds(10));
    let second = taken(&test, "second").await;
    let looked = async || -> Vec<uuid::Uuid> {
        sqlx::query_scalar("select change_id from change_look order by looked_at, change_id")
            .fetch_all(&test.portal.pool)
            .await
            .expect("rows")
    };
    // Whatever comes of it, it has been looked at.
    test.atlas.fail_next(
        ReadCall::ListClusters,
        ReadError::from(Unanswered::Malformed("changeStatus")),
    );
    let failed = changes::follow(&test.portal).await;
    assert!(
        matches!(failed, Err(Error::Unavailable { .. })),
        "{failed:?}"
    );
    assert_eq!(looked().await.len(), 2, "the others too");
    sqlx::query(
        "update change_look set looked_at = looked_at - interval '1 hour' where change_id = $1",
    )
    .bind(second.0)
    .execute(&test.portal.pool)
    .await
    .expect("an update");
    // Only the first of a run fails.
    test.atlas
        .set_cluster_applied(&payments(), "payments", Some(true));
    test.clock.advance(Duration::hours(1));
    test.atlas.fail_next(
        ReadCall::ListClusters,
        ReadError::from(Unanswered::Malformed("changeStatus")),
    );
    assert!(changes::follow(&test.portal).await.is_err());
    let sam = test.sam().await;
    assert_eq!(state(&test, &sam, second).await, ChangeState::Applying);
    assert_eq!(state(&test, &sam, first).await, ChangeState::Done);
}
