//! Customer-managed X.509: how a project stands, and what stands in the way of switching it off.

mod confirming;
mod sign_ins;

use portal::{
    Actor, Error,
    atlas::{NextWrite, ReadCall, ReadError, UserSecurity, WhyNotSent},
    changes,
    model::{
        ChangeState, Conflict, DisableBlock, Event, LastSeen, Refusal, RefusalReason, Username,
        X509Page,
    },
    projects,
    testing::{PAYMENTS, START, TestPortal, authority, parse},
    x509,
};
use sqlx::PgPool;
use time::Duration;

const LEGACY: &str = "CN=Legacy Billing,O=Example";

async fn page(test: &TestPortal, actor: &Actor) -> X509Page {
    x509::get(&test.portal, actor, &parse(PAYMENTS))
        .await
        .expect("visible")
}

async fn ask(test: &TestPortal, actor: &Actor) -> portal::Result<portal::model::ChangeId> {
    let reason = parse("The old authority is leaving");
    x509::ask(
        &test.portal,
        actor,
        &parse(PAYMENTS),
        "Payments prod",
        reason,
    )
    .await
}

fn blocked(asked: portal::Result<portal::model::ChangeId>) -> DisableBlock {
    match asked {
        Err(Error::Conflict(Conflict::NotDisablable(block))) => block,
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_page_says_how_the_project_stands_and_whom_it_would_hit(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let pem = format!("{}{}", authority("Root"), authority("Issuing"));
    test.set_authorities(Some(&pem)).await;
    let olga = test.olga().await;
    let page = page(&test, &olga).await;
    assert_eq!(page.on, Some(true));
    let subjects: Vec<_> = page
        .authorities
        .iter()
        .map(|one| one.subject.as_str())
        .collect();
    assert_eq!(subjects, ["CN=Root,O=Example", "CN=Issuing,O=Example"]);
    assert!(!page.unreadable && !page.ldap_authentication && !page.ldap_authorization);
    let clusters = page.impact.clusters.expect("told");
    assert_eq!(clusters.len(), 1);
    assert!(clusters[0].is_idle());
    let locked_out: Vec<_> = page
        .impact
        .locked_out
        .iter()
        .map(|one| one.username.as_str())
        .collect();
    assert_eq!(locked_out, [LEGACY]);
    assert_eq!(page.impact.locked_out[0].last_seen, LastSeen::Unknown);
    let freed: Vec<_> = page.impact.freed.iter().map(Username::as_str).collect();
    assert_eq!(freed, ["ledger-batch", "orders-api"]);
    assert_eq!(page.block, None);
    assert!(page.may_ask && page.security_decides && page.busy_clusters.is_empty());
    assert_eq!((page.open, page.past), (None, vec![]));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn owners_and_security_see_it_and_nobody_else(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let sam = test.sam().await;
    assert!(!page(&test, &sam).await.may_ask);
    for who in [
        test.dana().await,
        test.person("oscar", &["certdesk-operators"]).await,
        test.person("olivia", &["atlas-catalog-staging-owners"])
            .await,
    ] {
        let hidden = x509::get(&test.portal, &who, &parse(PAYMENTS)).await;
        assert!(matches!(hidden, Err(Error::NotFound)), "{hidden:?}");
    }
    for (who, view, change) in [
        (test.olga().await, true, true),
        (sam, true, false),
        (test.dana().await, false, false),
    ] {
        let project = projects::get(&test.portal, &who, &parse(PAYMENTS))
            .await
            .expect("visible");
        assert_eq!(
            (project.may_view_x509, project.may_change_users),
            (view, change)
        );
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_is_off_or_not_known_is_not_switched_off(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    assert_eq!(page(&test, &olga).await.on, Some(false));
    assert_eq!(
        page(&test, &olga).await.block,
        Some(DisableBlock::NothingToDisable)
    );
    assert_eq!(
        blocked(ask(&test, &olga).await),
        DisableBlock::NothingToDisable
    );

    test.set_authorities(Some(&authority("Root"))).await;
    let refusal = Refusal {
        reason: RefusalReason::RoleMissing,
        status: 401,
        code: "USER_UNAUTHORIZED".into(),
        retry_after: None,
        retry_at: None,
        address: None,
    };
    for _ in 0..2 {
        test.atlas
            .fail_next(ReadCall::UserSecurity, ReadError::Refused(refusal.clone()));
    }
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal)
        .await
        .expect("the rest is read");
    let unknown = page(&test, &olga).await;
    assert_eq!(
        (unknown.on, unknown.block),
        (None, Some(DisableBlock::NotKnown))
    );
    assert_eq!(blocked(ask(&test, &olga).await), DisableBlock::NotKnown);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn its_clusters_restart_once_a_day_at_most(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let id = test.asked_to_disable(&olga).await;
    let under_way = page(&test, &olga).await;
    assert_eq!(under_way.block, Some(DisableBlock::UnderWay));
    assert_eq!(under_way.open.map(|open| open.row.id), Some(id));
    test.approve_change(&otto, id).await;
    // The portal's own table says so at once.
    assert_eq!(page(&test, &olga).await.on, Some(false));
    test.atlas.set_clusters(&parse(PAYMENTS), None);
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(page(&test, &olga).await.past[0].id, id);

    test.clock.advance(Duration::hours(1));
    test.set_authorities(Some(&authority("New root"))).await;
    let recently = DisableBlock::Recently {
        until: START + Duration::days(1),
    };
    assert_eq!(page(&test, &olga).await.block, Some(recently.clone()));
    assert_eq!(blocked(ask(&test, &olga).await), recently);
    test.clock.advance(Duration::hours(23));
    assert_eq!(page(&test, &olga).await.block, None);
    ask(&test, &olga).await.expect("a day has passed");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn other_authorities_than_were_seen_are_not_forgotten(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let root = authority("Root");
    test.set_authorities(Some(&root)).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let id = test.asked_to_disable(&olga).await;

    // Atlas tells before the portal has read it again.
    let atlas_holds = |pem: Option<String>| {
        let security = UserSecurity {
            customer_cas: pem,
            ..UserSecurity::default()
        };
        test.atlas.set_user_security(&parse(PAYMENTS), security);
    };
    atlas_holds(Some(format!("{root}{}", authority("Second"))));
    test.approve_change(&otto, id).await;
    let carry_out = async || {
        let tried = changes::carry_out(&test.portal, &otto, id).await;
        test.tasks_done().await;
        tried
    };
    for pem in [None, Some("no certificate at all".to_owned())] {
        atlas_holds(pem);
        carry_out().await.expect("one of the two");
        let waiting = changes::get(&test.portal, &olga, id)
            .await
            .expect("visible");
        assert_eq!(waiting.row.state, ChangeState::Approved);
        assert_eq!(waiting.not_sent.as_deref(), Some("atlas_differs"));
    }
    // And once the portal has read it.
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    let refused = carry_out().await;
    assert!(
        matches!(refused, Err(Error::Conflict(Conflict::AtlasDiffers))),
        "{refused:?}"
    );
    assert!(test.atlas.writes().is_empty());

    // The same certificates in other words are the same.
    test.set_authorities(Some(&format!("# ours\n{root}"))).await;
    carry_out().await.expect("one of the two");
    assert_eq!(test.atlas.writes().len(), 1);
    let (name, kept) = changes::authorities(&test.portal, &olga, id)
        .await
        .expect("kept");
    assert_eq!(name, "payments-prod-authorities.pem");
    assert_eq!(
        kept,
        format!("# ours\n{root}"),
        "as they were right before the call"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_authorities_outlive_their_being_forgotten(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let root = authority("Root");
    test.set_authorities(Some(&root)).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let id = test.asked_to_disable(&olga).await;
    for who in [&olga, &otto, &test.sam().await] {
        let (_, kept) = changes::authorities(&test.portal, who, id)
            .await
            .expect("kept");
        assert_eq!(kept, root);
    }
    test.approve_change(&otto, id).await;
    let done = changes::get(&test.portal, &olga, id)
        .await
        .expect("visible");
    assert!(done.authorities_kept);
    let (
        Event::X509DisableRequested {
            authorities,
            locked_out,
            ..
        },
        Event::X509Disabled { before, settled_by },
    ) = (&done.story[0].event, &done.story[3].event)
    else {
        panic!("{:?}", done.story);
    };
    assert_eq!((locked_out.as_str(), settled_by.as_str()), ("1", "answer"));
    assert_eq!((authorities, authorities.len()), (before, 1));
    assert_eq!(authorities[0].len(), 64);
    let (_, kept) = changes::authorities(&test.portal, &olga, id)
        .await
        .expect("kept");
    assert_eq!(kept, root);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_atlas_holds_and_nobody_can_read_is_said_and_can_go(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ))
    .await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let page = page(&test, &olga).await;
    assert!(page.unreadable && page.authorities.is_empty());
    let id = test.asked_to_disable(&olga).await;
    test.atlas
        .next_write(NextWrite::NotSent(WhyNotSent::Connect));
    test.approve_change(&otto, id).await;
    test.set_authorities(Some("something else nobody can read"))
        .await;
    let refused = changes::carry_out(&test.portal, &otto, id).await;
    assert!(
        matches!(refused, Err(Error::Conflict(Conflict::AtlasDiffers))),
        "{refused:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_reading_that_began_before_does_not_switch_it_on_again(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    let id = test.asked_to_disable(&olga).await;
    test.clock.advance(Duration::seconds(5));
    test.approve_change(&otto, id).await;
    assert_eq!(page(&test, &olga).await.on, Some(false));
    // As if the reading had been asked for before, and answered only now.
    test.clock.set(START + Duration::seconds(1));
    test.set_authorities(Some(&authority("Root"))).await;
    assert_eq!(page(&test, &olga).await.on, Some(false));
    test.clock.set(START + Duration::seconds(65));
    projects::sync(&test.portal).await.expect("done");
    assert_eq!(page(&test, &olga).await.on, Some(true));
}
