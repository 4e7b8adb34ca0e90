//! From the yes to the last cluster.

use portal::{
    Error,
    atlas::{ListedCluster, NewManagedUser, ReadCall, Unanswered, Write},
    changes, database_users,
    model::{
        ChangePlan, ChangeState, ClusterProgress, Conflict, EventKind, Obstacle, RefusalReason,
        RequestState,
    },
    projects, requests,
    testing::{TestPortal, new_request, parse},
};
use sqlx::PgPool;
use time::Duration;

use super::{
    applied, approve, approved, asked_for, created, deleted, deletion, new_roles, new_user, page,
    payments, roles, row, state, story,
};

fn progress(name: &str, done: bool) -> ClusterProgress {
    ClusterProgress {
        name: name.into(),
        state: if done { "APPLIED" } else { "PENDING" }.into(),
        done,
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_new_user_is_ready_when_every_cluster_knows_it(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga) = (test.dana().await, test.olga().await);
    let id = approved(&test, "billing-api").await;
    let writes: Vec<_> = test
        .atlas
        .writes()
        .into_iter()
        .map(|call| call.write)
        .collect();
    assert_eq!(
        writes,
        [Write::CreateUser(NewManagedUser {
            username: parse("billing-api"),
            roles: roles(&["readWrite@orders", "read@orders.invoices"]),
            clusters: Vec::new(),
        })]
    );

    // Seen at once, and not to be had yet: it could not sign in.
    let user = row(&test, "billing-api").await.expect("there");
    assert_eq!(user.obstacle, Some(Obstacle::NotApplied));
    changes::follow(&test.portal).await.expect("done");
    let during = page(&test, id).await;
    assert_eq!(during.row.state, ChangeState::Applying);
    assert_eq!(during.clusters, Some(vec![progress("payments", false)]));
    let early = requests::submit(&test.portal, &dana, new_request("billing-api")).await;
    assert!(
        matches!(
            early,
            Err(Error::Conflict(Conflict::NotAvailable(
                Obstacle::NotApplied
            )))
        ),
        "{early:?}"
    );

    applied(&test, true);
    changes::follow(&test.portal).await.expect("done");
    let after = page(&test, id).await;
    assert_eq!(after.row.state, ChangeState::Done);
    assert_eq!(after.clusters, Some(vec![progress("payments", true)]));
    assert_eq!(
        story(&test, id).await,
        [
            EventKind::UserChangeRequested,
            EventKind::UserChangeApproved,
            EventKind::ChangeCallStarted,
            EventKind::UserCreated,
            EventKind::ChangeCompleted,
        ]
    );
    assert_eq!(
        row(&test, "billing-api").await.expect("there").obstacle,
        None
    );

    let request = test.submitted(&dana, "billing-api").await;
    test.approve(&olga, request).await;
    test.issue(&dana, request).await.expect("begun");
    let page = requests::get(&test.portal, &dana, request, None)
        .await
        .expect("visible");
    assert_eq!(page.row.state, RequestState::Ready);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn only_the_clusters_a_user_can_reach_are_waited_for(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let cluster = |name: &str| ListedCluster {
        name: name.into(),
        state: Some("IDLE".into()),
        srv: None,
    };
    let clusters = vec![cluster("payments"), cluster("reporting")];
    test.atlas.set_clusters(&payments(), Some(clusters));
    projects::sync(&test.portal).await.expect("done");
    let mut new = new_user("reports");
    new.clusters = vec!["reporting".into()];
    let id = database_users::create(&test.portal, &test.olga().await, new)
        .await
        .expect("theirs");
    approve(&test, &test.otto().await, id, "")
        .await
        .expect("a yes");

    changes::follow(&test.portal).await.expect("done");
    let during = page(&test, id).await;
    assert_eq!(during.clusters, Some(vec![progress("reporting", false)]));
    test.atlas
        .set_cluster_applied(&payments(), "reporting", Some(true));
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(state(&test, id).await, ChangeState::Done);
    assert_eq!(
        row(&test, "reports").await.expect("there").clusters,
        ["reporting"]
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn where_atlas_does_not_tell_nothing_is_waited_for(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.atlas
        .set_cluster_applied(&payments(), "payments", None);
    let id = approved(&test, "billing-api").await;
    changes::follow(&test.portal).await.expect("done");
    let page = page(&test, id).await;
    assert_eq!((page.row.state, page.clusters), (ChangeState::Done, None));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn roles_are_replaced_and_the_log_has_both(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    let update = new_roles("orders-api", &["read@sales", "readWrite@orders"]);
    let id = database_users::update(&test.portal, &olga, update)
        .await
        .expect("theirs");
    let asked = page(&test, id).await;
    assert_eq!(
        asked.plan,
        ChangePlan::UpdateUser {
            before: roles(&["readWrite@sales"]),
            after: roles(&["read@sales", "readWrite@orders"]),
            clusters: Vec::new(),
        }
    );
    approve(&test, &test.otto().await, id, "")
        .await
        .expect("a yes");
    let user = row(&test, "orders-api").await.expect("there");
    assert_eq!(user.roles, roles(&["read@sales", "readWrite@orders"]));
    assert_eq!(user.obstacle, None, "it can sign in all the while");

    changes::follow(&test.portal).await.expect("done");
    assert_eq!(state(&test, id).await, ChangeState::Applying);
    applied(&test, true);
    changes::follow(&test.portal).await.expect("done");
    let page = page(&test, id).await;
    assert_eq!(page.row.state, ChangeState::Done);
    let line = page
        .story
        .iter()
        .find(|line| line.event.kind() == EventKind::UserUpdated)
        .expect("an entry");
    let data = serde_json::to_value(&line.event).expect("JSON")["data"].clone();
    assert_eq!(
        data,
        serde_json::json!({
            "username": "orders-api",
            "before": ["readWrite@sales"],
            "after": ["read@sales", "readWrite@orders"],
            "settled_by": "answer",
        })
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_deleted_user_is_gone_at_once_and_its_certificates_are_told(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga) = (test.dana().await, test.olga().await);
    let request = test.submitted(&dana, "orders-api").await;
    test.approve(&olga, request).await;
    test.issue(&dana, request).await.expect("begun");
    let id = database_users::delete(&test.portal, &olga, deletion("orders-api"))
        .await
        .expect("theirs");
    let asked = page(&test, id).await;
    assert_eq!(asked.live_certificates, 1);
    assert!(asked.latest_end.is_some());
    approve(&test, &test.otto().await, id, "orders-api")
        .await
        .expect("a yes");
    assert_eq!(row(&test, "orders-api").await, None);
    let refused = requests::submit(&test.portal, &olga, new_request("orders-api")).await;
    assert!(
        matches!(
            refused,
            Err(Error::Conflict(Conflict::NotAvailable(Obstacle::UserGone)))
        ),
        "{refused:?}"
    );
    changes::follow(&test.portal).await.expect("done");
    applied(&test, true);
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(
        story(&test, id).await,
        [
            EventKind::UserChangeRequested,
            EventKind::UserChangeApproved,
            EventKind::ChangeCallStarted,
            EventKind::UserDeleted,
            EventKind::ChangeCompleted,
        ]
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_done_is_shown_although_atlas_cannot_be_read(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    // Not asked before the call, and by every reading of the project.
    test.atlas.fail_next(
        ReadCall::ListClusters,
        portal::atlas::ReadError::from(Unanswered::Timeout),
    );
    approved(&test, "billing-api").await;
    assert!(row(&test, "billing-api").await.is_some());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_reading_that_began_before_does_not_undo_it(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    created(&test, "billing-api").await;
    deleted(&test, "orders-api").await;
    // What was listed a second earlier arrives now.
    test.clock.advance(Duration::seconds(-1));
    test.atlas.remove_user(&payments(), &parse("billing-api"));
    test.atlas
        .add_managed_user(&payments(), &parse("orders-api"));
    projects::sync(&test.portal).await.expect("done");
    assert!(row(&test, "billing-api").await.is_some());
    assert_eq!(row(&test, "orders-api").await, None);
    // What is listed later counts.
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    assert_eq!(row(&test, "billing-api").await, None);
    assert!(row(&test, "orders-api").await.is_some());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nothing_is_sent_when_atlas_shows_something_else(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let update = new_roles("orders-api", &["read@sales"]);
    let update = database_users::update(&test.portal, &olga, update)
        .await
        .expect("theirs");
    let delete = database_users::delete(&test.portal, &olga, deletion("ledger-batch"))
        .await
        .expect("theirs");
    for name in ["orders-api", "ledger-batch"] {
        let name = parse(name);
        let other = portal::atlas::ListedUser {
            username: name,
            database: "$external".into(),
            x509_type: portal::model::X509Type::Managed,
            roles: roles(&["readWrite@sales", "read@payroll"]),
            scopes: Vec::new(),
        };
        test.atlas.add_user(&payments(), other);
    }
    for (id, typed) in [(update, ""), (delete, "ledger-batch")] {
        approve(&test, &otto, id, typed).await.expect("a yes");
        let page = page(&test, id).await;
        assert_eq!(page.row.state, ChangeState::Approved);
        assert_eq!(page.not_sent.as_deref(), Some("atlas_differs"));
        // Somebody put it back: the same yes is good for another try.
        test.atlas
            .add_managed_user(&payments(), &page.row.username.expect("a user"));
        changes::carry_out(&test.portal, &olga, id)
            .await
            .expect("one of the two");
        test.tasks_done().await;
        assert_eq!(state(&test, id).await, ChangeState::Applying);
    }
    assert_eq!(test.atlas.writes().len(), 2);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_yes_to_what_is_no_longer_so_is_refused(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let update = new_roles("orders-api", &["read@sales"]);
    let update = database_users::update(&test.portal, &olga, update)
        .await
        .expect("theirs");
    let mut limited = new_user("billing-api");
    limited.clusters = vec!["payments".into()];
    let create = database_users::create(&test.portal, &olga, limited)
        .await
        .expect("theirs");
    test.atlas.remove_user(&payments(), &parse("orders-api"));
    test.atlas.set_clusters(&payments(), Some(Vec::new()));
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    for id in [update, create] {
        let refused = approve(&test, &otto, id, "").await;
        assert!(
            matches!(refused, Err(Error::Conflict(Conflict::AtlasDiffers))),
            "{refused:?}"
        );
        assert_eq!(state(&test, id).await, ChangeState::Submitted);
    }
    assert!(test.atlas.writes().is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_atlas_refuses_is_over_and_says_why(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let refusal = portal::model::Refusal {
        reason: RefusalReason::UserLimitReached,
        status: 403,
        code: "GROUP_USERS_LIMIT_EXCEEDED".into(),
        retry_after: None,
        retry_at: None,
        address: None,
    };
    test.atlas
        .next_write(portal::atlas::NextWrite::Refused(refusal.clone()));
    let id = approved(&test, "billing-api").await;
    let page = page(&test, id).await;
    assert_eq!(
        (page.row.state, page.refusal),
        (ChangeState::Rejected, Some(refusal))
    );
    assert_eq!(row(&test, "billing-api").await, None);
    asked_for(&test, "billing-api").await;
}
