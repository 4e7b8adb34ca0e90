//! How long the clusters of a change of a database user are waited for.

use portal::{
    atlas::{ListedCluster, ReadCall, ReadError},
    changes,
    model::{ChangeState, ClusterProgress, Refusal, RefusalReason},
    testing::TestPortal,
};
use sqlx::PgPool;
use time::Duration;

use super::{applied, approved, page, payments, state};

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_cluster_never_seen_at_it_counts_after_a_minute(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let id = approved(&test, "billing-api").await;
    // Atlas does not say PENDING yet, or not any more.
    applied(&test, true);
    for wait in [0, 59] {
        test.clock.advance(Duration::seconds(wait));
        changes::follow(&test.portal).await.expect("done");
        assert_eq!(state(&test, id).await, ChangeState::Applying, "{wait}");
    }
    test.clock.advance(Duration::seconds(1));
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(state(&test, id).await, ChangeState::Done);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn one_seen_at_it_counts_as_soon_as_it_is_done(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let id = approved(&test, "billing-api").await;
    applied(&test, true);
    changes::follow(&test.portal).await.expect("done");
    applied(&test, false);
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(state(&test, id).await, ChangeState::Applying);
    applied(&test, true);
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(state(&test, id).await, ChangeState::Done);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_cluster_nothing_is_said_of_does_not_end_the_wait_for_the_others(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let cluster = |name: &str| ListedCluster {
        name: name.into(),
        state: Some("IDLE".into()),
        srv: None,
    };
    let clusters = vec![cluster("gone"), cluster("payments")];
    test.atlas.set_clusters(&payments(), Some(clusters));
    portal::projects::sync(&test.portal).await.expect("done");
    let id = approved(&test, "billing-api").await;
    // Asked in the order of their names.
    let not_found = Refusal {
        reason: RefusalReason::NotFound,
        status: 404,
        code: "CLUSTER_NOT_FOUND".into(),
        retry_after: None,
        retry_at: None,
        address: None,
    };
    test.atlas
        .fail_next(ReadCall::ClusterApplied, ReadError::Refused(not_found));
    changes::follow(&test.portal).await.expect("done");
    let progress = |name: &str, state: &str| ClusterProgress {
        name: name.into(),
        state: state.into(),
        done: false,
    };
    let during = page(&test, id).await;
    assert_eq!(during.row.state, ChangeState::Applying);
    assert_eq!(
        during.clusters,
        Some(vec![progress("gone", ""), progress("payments", "PENDING")])
    );
    // Listed no longer, it is not waited for.
    let left = vec![cluster("payments")];
    test.atlas.set_clusters(&payments(), Some(left));
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(
        page(&test, id).await.clusters,
        Some(vec![progress("payments", "PENDING")])
    );
    applied(&test, true);
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(state(&test, id).await, ChangeState::Done);
}
