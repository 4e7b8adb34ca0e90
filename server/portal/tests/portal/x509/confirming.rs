//! The second person's yes: to whom it locks out, and in spite of which clusters.

use portal::{
    Actor, Error,
    atlas::{ListedCluster, ListedUser},
    changes,
    model::{ANY_CLUSTER, ChangeId, ChangePage, ChangeState, Conflict, Event, X509Type},
    projects,
    testing::{PAYMENTS, TestPortal, authority, parse},
};
use sqlx::PgPool;
use time::Duration;

use super::{ask, page};

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn clusters_that_are_busy_are_overridden_by_the_second_person_on_record(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let project = parse(PAYMENTS);
    test.atlas
        .set_cluster_state(&project, "payments", "UPDATING");
    projects::sync(&test.portal).await.expect("done");
    assert_eq!(page(&test, &olga).await.busy_clusters, ["payments"]);
    let id = ask(&test, &olga).await.expect("asking is not doing");
    let digest = page(&test, &otto).await.open.expect("under way").digest;
    let refused = approve(&test, &otto, (id, &digest), &[]).await;
    assert_eq!(busy(&refused), ["payments"]);
    // Nor is it enough to have been shown another.
    let refused = approve(&test, &otto, (id, &digest), &["reports"]).await;
    assert_eq!(busy(&refused), ["payments"]);
    approve(&test, &otto, (id, &digest), &["payments", "reports"])
        .await
        .expect("overridden");
    let done = changes::get(&test.portal, &olga, id)
        .await
        .expect("visible");
    assert_eq!(done.row.state, ChangeState::Applying);
    let (busy_clusters, locked_out) = confirmed(&done);
    // Not what was not busy any more.
    assert_eq!(busy_clusters, &["payments"]);
    assert_eq!(locked_out, "1");
}

/// Says yes in spite of these clusters, and waits for what comes of it.
async fn approve(
    test: &TestPortal,
    otto: &Actor,
    (id, digest): (ChangeId, &str),
    in_spite_of: &[&str],
) -> portal::Result<()> {
    let clusters: Vec<String> = in_spite_of.iter().map(|&name| name.to_owned()).collect();
    let approved =
        changes::approve(&test.portal, otto, id, digest, "Payments prod", &clusters).await;
    test.tasks_done().await;
    approved
}

fn busy(refused: &portal::Result<()>) -> &[String] {
    match refused {
        Err(Error::Conflict(Conflict::ClustersBusy { clusters })) => clusters,
        other => panic!("{other:?}"),
    }
}

/// In spite of which clusters it was confirmed, and how many users would be locked out.
fn confirmed(page: &ChangePage) -> (&[String], &str) {
    match &page.story[1].event {
        Event::X509DisableConfirmed {
            busy_clusters,
            locked_out,
            ..
        } => (busy_clusters, locked_out),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn clusters_nobody_knows_to_be_idle_are_not_taken_for_idle(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let project = parse(PAYMENTS);
    let silent = ListedCluster {
        name: "payments".into(),
        state: None,
        srv: None,
    };
    test.atlas.set_clusters(&project, Some(vec![silent]));
    projects::sync(&test.portal).await.expect("done");
    assert_eq!(page(&test, &olga).await.busy_clusters, ["payments"]);
    let id = test.asked_to_disable(&olga).await;
    let digest = page(&test, &otto).await.open.expect("under way").digest;
    let refused = approve(&test, &otto, (id, &digest), &[]).await;
    assert_eq!(busy(&refused), ["payments"]);

    // Atlas does not even say which there are.
    test.atlas.set_clusters(&project, None);
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    assert_eq!(page(&test, &otto).await.busy_clusters, [ANY_CLUSTER]);
    let refused = approve(&test, &otto, (id, &digest), &["payments"]).await;
    assert_eq!(busy(&refused), [ANY_CLUSTER]);
    assert!(test.atlas.writes().is_empty());
    approve(&test, &otto, (id, &digest), &[ANY_CLUSTER])
        .await
        .expect("overridden, on record");
    let done = changes::get(&test.portal, &olga, id)
        .await
        .expect("visible");
    assert_eq!(confirmed(&done).0, [ANY_CLUSTER]);
    assert_eq!(test.atlas.writes().len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn clusters_that_cannot_be_read_any_more_before_the_call_stop_it(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let id = test.asked_to_disable(&olga).await;
    test.atlas.set_clusters(&parse(PAYMENTS), None);
    test.approve_change(&otto, id).await;
    let waiting = changes::get(&test.portal, &olga, id)
        .await
        .expect("visible");
    assert_eq!(waiting.row.state, ChangeState::Approved);
    assert_eq!(waiting.not_sent.as_deref(), Some("clusters_busy"));
    assert!(test.atlas.writes().is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_yes_is_to_those_who_were_shown_to_be_locked_out(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let id = test.asked_to_disable(&olga).await;
    let shown = page(&test, &otto).await.open.expect("under way").digest;
    let another = ListedUser {
        username: parse("CN=Payroll,O=Example"),
        database: "$external".into(),
        x509_type: X509Type::Customer,
        roles: Vec::new(),
        scopes: Vec::new(),
    };
    test.atlas.add_user(&parse(PAYMENTS), another);
    projects::sync(&test.portal).await.expect("done");
    let refused = approve(&test, &otto, (id, &shown), &[]).await;
    assert!(
        matches!(refused, Err(Error::Conflict(Conflict::ChangeDiffers))),
        "{refused:?}"
    );
    let anew = page(&test, &otto).await;
    assert_eq!(anew.impact.locked_out.len(), 2);
    let shown = anew.open.expect("under way").digest;
    approve(&test, &otto, (id, &shown), &[])
        .await
        .expect("as shown");
    let done = changes::get(&test.portal, &olga, id)
        .await
        .expect("visible");
    let Event::X509DisableRequested { locked_out, .. } = &done.story[0].event else {
        panic!("{:?}", done.story);
    };
    assert_eq!((locked_out.as_str(), confirmed(&done).1), ("1", "2"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_cluster_the_second_person_did_not_know_to_be_busy_is_left_alone(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let id = test.asked_to_disable(&olga).await;
    test.atlas
        .set_cluster_state(&parse(PAYMENTS), "payments", "REPAIRING");
    test.approve_change(&otto, id).await;
    let waiting = changes::get(&test.portal, &olga, id)
        .await
        .expect("visible");
    assert_eq!(waiting.row.state, ChangeState::Approved);
    assert_eq!(waiting.not_sent.as_deref(), Some("clusters_busy"));
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    let refused = changes::carry_out(&test.portal, &otto, id).await;
    assert!(
        matches!(refused, Err(Error::Conflict(Conflict::ClustersBusy { .. }))),
        "{refused:?}"
    );
    assert!(test.atlas.writes().is_empty());
}
