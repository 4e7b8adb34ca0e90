//! The Atlas in memory takes changes as the real one does.

use std::{sync::Arc, task::Poll};

use portal::{
    atlas::{
        Atlas, FakeAtlas, ListedCluster, ListedSignIn, NewManagedUser, NextWrite, Purpose,
        ReadCall, ReadError, Unanswered, UnknownClass, UserSecurity, WhyNotSent, Write, WriteError,
        classify,
    },
    clock::FakeClock,
    model::{DatabaseRole, Refusal, RefusalReason, X509Type},
};
use time::macros::datetime;

use crate::{
    creating::{not_sent, refused, unknown},
    support::{group, name, user},
};

async fn atlas() -> FakeAtlas {
    let clock = FakeClock::at(datetime!(2026-01-31 12:00 UTC));
    let atlas = FakeAtlas::new(Arc::new(clock));
    atlas.add_project(&group(), "Payments prod");
    atlas.add_managed_user(&group(), &user());
    atlas.set_user_security(
        &group(),
        UserSecurity {
            customer_cas: Some("-----BEGIN CERTIFICATE-----".to_owned()),
            ..UserSecurity::default()
        },
    );
    let cluster = |name: &str| ListedCluster {
        name: name.to_owned(),
        state: Some("IDLE".to_owned()),
        srv: None,
    };
    atlas.set_clusters(&group(), Some(vec![cluster("c1"), cluster("c2")]));
    for purpose in [Purpose::Issuer, Purpose::Disabler] {
        let prepared = atlas.prepare_write(purpose).await;
        prepared.expect("is prepared");
    }
    atlas
}

fn new_user(username: &str) -> NewManagedUser {
    NewManagedUser {
        username: name(username),
        roles: vec!["read@orders".parse().expect("is a role")],
        clusters: vec!["c1".to_owned()],
    }
}

async fn states(atlas: &FakeAtlas) -> Vec<Option<String>> {
    let clusters = atlas.list_clusters(&group()).await.expect("answers");
    let clusters = clusters.expect("are known");
    clusters.into_iter().map(|cluster| cluster.state).collect()
}

fn conflict() -> Refusal {
    let body = br#"{"error":409,"errorCode":"USER_ALREADY_EXISTS"}"#;
    let body = portal::atlas::ErrorBody::parse(body).expect("is an error body");
    classify(409, &body, None).expect("is a refusal")
}

#[tokio::test]
async fn switching_off_forgets_the_authorities_and_restarts_the_clusters() {
    let atlas = atlas().await;
    let outcome = atlas.disable_customer_x509(&group()).await;
    outcome.expect("is taken");
    let security = atlas.user_security(&group()).await.expect("answers");
    assert_eq!(security.customer_cas, None);
    assert_eq!(
        states(&atlas).await,
        [Some("UPDATING".to_owned()), Some("UPDATING".to_owned())]
    );
    atlas.set_cluster_state(&group(), "c1", "IDLE");
    assert_eq!(
        states(&atlas).await,
        [Some("IDLE".to_owned()), Some("UPDATING".to_owned())]
    );
    let again = atlas.disable_customer_x509(&group()).await;
    again.expect("is taken where it is off already");
}

#[tokio::test]
async fn users_come_change_and_go_and_clusters_follow() {
    let atlas = atlas().await;
    let applied = async |cluster| atlas.cluster_applied(&group(), cluster).await;
    assert_eq!(applied("c1").await.expect("answers"), Some(true));
    let gone = applied("c3").await;
    assert!(
        matches!(&gone, Err(ReadError::Refused(refusal)) if refusal.reason == RefusalReason::NotFound),
        "{gone:?}"
    );
    atlas.set_cluster_applied(&group(), "c2", None);

    let new = new_user("fresh");
    atlas.create_user(&group(), &new).await.expect("is taken");
    assert_eq!(applied("c1").await.expect("answers"), Some(false));
    assert_eq!(applied("c2").await.expect("answers"), None);
    atlas.set_cluster_applied(&group(), "c1", Some(true));
    assert_eq!(applied("c1").await.expect("answers"), Some(true));

    let roles: Vec<DatabaseRole> = vec!["readWrite@orders".parse().expect("is a role")];
    let outcome = atlas.update_user(&group(), &new.username, &roles).await;
    outcome.expect("is taken");
    let listed = atlas.list_database_users(&group()).await.expect("answers");
    let found = listed.iter().find(|user| user.username == new.username);
    let found = found.expect("is there");
    assert_eq!((found.x509_type, &found.roles), (X509Type::Managed, &roles));
    assert_eq!(found.scopes, new.clusters);

    let outcome = atlas.delete_user(&group(), &new.username).await;
    outcome.expect("is taken");
    let listed = atlas.list_database_users(&group()).await.expect("answers");
    assert!(listed.iter().all(|user| user.username != new.username));
    let writes: Vec<Write> = atlas.writes().into_iter().map(|call| call.write).collect();
    assert_eq!(
        writes,
        [
            Write::CreateUser(new.clone()),
            Write::UpdateUser {
                username: new.username.clone(),
                roles
            },
            Write::DeleteUser(new.username),
        ]
    );
}

#[tokio::test]
async fn what_atlas_itself_would_refuse_is_refused() {
    let atlas = atlas().await;
    let taken = atlas.create_user(&group(), &new_user("orders-api")).await;
    assert_eq!(refused(taken).code, "USER_ALREADY_EXISTS");
    let nobody = name("nobody");
    let outcome = atlas.update_user(&group(), &nobody, &[]).await;
    assert_eq!(refused(outcome).code, "USERNAME_NOT_FOUND");
    let outcome = atlas.delete_user(&group(), &nobody).await;
    assert_eq!(refused(outcome).code, "USER_NOT_FOUND");
    atlas.remove_project(&group());
    let outcome = atlas.disable_customer_x509(&group()).await;
    assert_eq!(refused(outcome).code, "GROUP_NOT_FOUND");
}

#[tokio::test]
async fn outcomes_are_what_they_were_said_to_be() {
    let atlas = atlas().await;
    let off = async || {
        let security = atlas.user_security(&group()).await.expect("answers");
        security.customer_cas.is_none()
    };
    atlas.next_write(NextWrite::Refused(conflict()));
    atlas.next_write(NextWrite::NotSent(WhyNotSent::Connect));
    atlas.next_write(NextWrite::Unknown(UnknownClass::Timeout));
    atlas.next_write(NextWrite::UnknownButDone(UnknownClass::Reset));
    let disable = async || atlas.disable_customer_x509(&group()).await;
    assert_eq!(refused(disable().await), conflict());
    assert_eq!(not_sent(disable().await), WhyNotSent::Connect);
    assert_eq!(unknown(disable().await).0, UnknownClass::Timeout);
    assert!(!off().await);
    assert_eq!(unknown(disable().await).0, UnknownClass::Reset);
    assert!(off().await);
    disable().await.expect("is taken");
    assert_eq!(atlas.writes().len(), 5);

    atlas.set_unreachable(true);
    assert_eq!(not_sent(disable().await), WhyNotSent::Connect);
}

#[tokio::test]
async fn what_was_not_prepared_is_not_sent() {
    let clock = FakeClock::at(datetime!(2026-01-31 12:00 UTC));
    let atlas = FakeAtlas::new(Arc::new(clock));
    atlas.add_project(&group(), "Payments prod");
    let prepared = atlas.prepare_write(Purpose::Issuer).await;
    prepared.expect("is prepared");
    let outcome: Result<(), WriteError> = atlas.disable_customer_x509(&group()).await;
    assert_eq!(not_sent(outcome), WhyNotSent::Unprepared);
}

#[tokio::test]
async fn a_held_change_is_open_until_it_is_released() {
    let atlas = atlas().await;
    let mut hold = atlas.hold_writes();
    let project = group();
    let call = atlas.disable_customer_x509(&project);
    tokio::pin!(call);
    assert!(matches!(futures::poll!(&mut call), Poll::Pending));
    hold.arrived(1).await;
    let security = atlas.user_security(&group()).await.expect("answers");
    assert!(security.customer_cas.is_some());
    hold.release();
    call.await.expect("is taken");
}

#[tokio::test]
async fn sign_ins_are_those_since_then_latest_first_where_they_are_kept() {
    let atlas = atlas().await;
    let sign_in = |at| ListedSignIn {
        username: user(),
        at,
        address: None,
        succeeded: true,
    };
    let [first, second, third] = [
        datetime!(2026-01-29 12:00 UTC),
        datetime!(2026-01-30 12:00 UTC),
        datetime!(2026-01-31 12:00 UTC),
    ];
    let since = async |at| atlas.list_sign_ins(&group(), "c1", at).await;
    assert_eq!(since(first).await.expect("answers"), None);
    let all = vec![sign_in(first), sign_in(third), sign_in(second)];
    atlas.set_sign_ins(&group(), "c1", Some(all));
    let listed = since(second).await.expect("answers");
    assert_eq!(listed, Some(vec![sign_in(third), sign_in(second)]));
    atlas.fail_next(ReadCall::ListSignIns, Unanswered::Timeout.into());
    assert!(since(second).await.is_err());
    assert_eq!(atlas.reads(ReadCall::ListSignIns), 3);
    atlas.set_sign_ins(&group(), "c1", None);
    assert_eq!(since(first).await.expect("answers"), None);
}
