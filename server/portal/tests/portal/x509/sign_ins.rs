//! When database users were last seen.

use portal::{
    atlas::{ListedCluster, ListedSignIn, ListedUser, ReadCall, ReadError},
    model::{LastSeen, Refusal, RefusalReason, X509Type},
    testing::{CATALOG, PAYMENTS, START, TestPortal, authority, parse},
    x509,
};
use sqlx::PgPool;
use time::Duration;

use super::{LEGACY, page};

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn when_somebody_was_last_seen_is_said_only_as_far_as_atlas_tells(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (olga, project) = (test.olga().await, parse(PAYMENTS));
    test.set_authorities(Some(&authority("Root"))).await;
    let last_seen = async |name: &str| {
        let page = page(&test, &olga).await;
        let user = page
            .impact
            .locked_out
            .into_iter()
            .find(|one| one.username.as_str() == name);
        user.expect("listed").last_seen
    };
    // The cluster keeps no history: of whom nothing is known, nothing is said.
    let refusal = Refusal {
        reason: RefusalReason::NotFound,
        status: 404,
        code: "CLUSTER_NOT_FOUND".into(),
        retry_after: None,
        retry_at: None,
        address: None,
    };
    test.atlas
        .fail_next(ReadCall::ListSignIns, ReadError::Refused(refusal));
    x509::sync_sign_ins(&test.portal).await.expect("done");
    assert_eq!(last_seen(LEGACY).await, LastSeen::Unknown);
    x509::sync_sign_ins(&test.portal).await.expect("done");
    assert_eq!(last_seen(LEGACY).await, LastSeen::Unknown);

    let sign_in = |at, succeeded| ListedSignIn {
        username: parse(LEGACY),
        at,
        address: None,
        succeeded,
    };
    test.atlas
        .set_sign_ins(&project, "payments", Some(vec![sign_in(START, false)]));
    x509::sync_sign_ins(&test.portal).await.expect("done");
    let week = START - Duration::days(7);
    assert_eq!(
        last_seen(LEGACY).await,
        LastSeen::NotLately { since: week },
        "he was not let in"
    );

    // What was read without a gap adds up; a gap begins anew.
    test.clock.advance(Duration::days(2));
    x509::sync_sign_ins(&test.portal).await.expect("done");
    assert_eq!(last_seen(LEGACY).await, LastSeen::NotLately { since: week });
    test.clock.advance(Duration::days(20));
    x509::sync_sign_ins(&test.portal).await.expect("done");
    assert_eq!(
        last_seen(LEGACY).await,
        LastSeen::NotLately {
            since: START + Duration::days(15)
        }
    );

    let at = START + Duration::days(21);
    let seen = vec![sign_in(at, true), sign_in(at - Duration::days(1), true)];
    test.atlas.set_sign_ins(&project, "payments", Some(seen));
    test.clock.advance(Duration::minutes(10));
    x509::sync_sign_ins(&test.portal).await.expect("done");
    assert!(
        matches!(last_seen(LEGACY).await, LastSeen::NotLately { .. }),
        "before what was asked for"
    );
    test.atlas.set_sign_ins(
        &project,
        "payments",
        Some(vec![sign_in(at + Duration::days(1), true)]),
    );
    test.clock.advance(Duration::minutes(10));
    x509::sync_sign_ins(&test.portal).await.expect("done");
    let cluster = "payments".to_owned();
    assert_eq!(
        last_seen(LEGACY).await,
        LastSeen::At {
            at: at + Duration::days(1),
            cluster
        }
    );
    // Once seen, always seen: also when the history may not be read any more.
    test.atlas.set_sign_ins(&project, "payments", None);
    test.clock.advance(Duration::minutes(10));
    x509::sync_sign_ins(&test.portal).await.expect("done");
    assert!(matches!(last_seen(LEGACY).await, LastSeen::At { .. }));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_user_is_unseen_only_if_every_cluster_it_reaches_tells(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (olga, project) = (test.olga().await, parse(PAYMENTS));
    let cluster = |name: &str| ListedCluster {
        name: name.into(),
        state: Some("IDLE".into()),
        srv: None,
    };
    test.atlas
        .set_clusters(&project, Some(vec![cluster("payments"), cluster("free")]));
    test.atlas.add_user(
        &project,
        ListedUser {
            username: parse("CN=Narrow,O=Example"),
            database: "$external".into(),
            x509_type: X509Type::Customer,
            roles: Vec::new(),
            scopes: vec!["payments".into()],
        },
    );
    test.set_authorities(Some(&authority("Root"))).await;
    test.atlas
        .set_sign_ins(&project, "payments", Some(Vec::new()));
    x509::sync_sign_ins(&test.portal).await.expect("done");
    let page = page(&test, &olga).await;
    let seen: Vec<_> = page
        .impact
        .locked_out
        .iter()
        .map(|one| (one.username.as_str(), &one.last_seen))
        .collect();
    let since = START - Duration::days(7);
    assert_eq!(
        seen,
        [
            (LEGACY, &LastSeen::Unknown),
            ("CN=Narrow,O=Example", &LastSeen::NotLately { since })
        ]
    );
    // Of projects without such users nobody asks.
    let asked = test.atlas.reads(ReadCall::ListSignIns);
    assert_eq!(asked, 2);
    let catalog = x509::get(&test.portal, &test.sam().await, &parse(CATALOG))
        .await
        .expect("visible");
    assert!(catalog.impact.locked_out.is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_customers_user_whose_name_is_a_common_name_alone_is_recognised(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (olga, project) = (test.olga().await, parse(PAYMENTS));
    test.atlas.add_user(
        &project,
        ListedUser {
            username: parse("CN=Jane"),
            database: "$external".into(),
            x509_type: X509Type::Customer,
            roles: Vec::new(),
            scopes: Vec::new(),
        },
    );
    test.set_authorities(Some(&authority("Root"))).await;
    let at = START - Duration::hours(1);
    // The client hands names on as Atlas's API has them: a common name alone is the name.
    let seen = ListedSignIn {
        username: parse("Jane"),
        at,
        address: None,
        succeeded: true,
    };
    test.atlas
        .set_sign_ins(&project, "payments", Some(vec![seen]));
    x509::sync_sign_ins(&test.portal).await.expect("done");
    let page = page(&test, &olga).await;
    let jane = page
        .impact
        .locked_out
        .iter()
        .find(|one| one.username.as_str() == "CN=Jane");
    let cluster = "payments".to_owned();
    assert_eq!(
        jane.expect("listed").last_seen,
        LastSeen::At { at, cluster }
    );
}
