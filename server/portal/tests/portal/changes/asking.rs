//! Asking, taking back, and time that runs out.

use portal::{
    Error, changes,
    model::{ChangeState, Conflict, Denial, EventKind, Field, Obstacle, Problem},
    projects,
    testing::{CATALOG, TestPortal, parse},
    x509,
};
use sqlx::PgPool;
use time::Duration;

use super::{denials, page, payments, state, story, with_two_owners};

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn only_an_owner_asks_and_others_are_recorded_trying(owner: PgPool) {
    let (test, olga, _) = with_two_owners(owner).await;
    let ask = async |who, project| {
        let reason = parse("The old authority is leaving");
        x509::ask(&test.portal, who, &project, "Payments prod", reason).await
    };
    let (dana, sam) = (test.dana().await, test.sam().await);
    for who in [&dana, &sam] {
        let refused = ask(who, payments()).await;
        assert!(
            matches!(refused, Err(Error::NotAllowed(Denial::NotAnOwner))),
            "{refused:?}"
        );
    }
    assert_eq!(denials(&test).await, 2);
    let stranger = test.person("xenia", &["staff"]).await;
    for (who, project) in [(&stranger, payments()), (&olga, parse(CATALOG))] {
        let hidden = ask(who, project).await;
        assert!(matches!(hidden, Err(Error::NotFound)), "{hidden:?}");
    }
    assert_eq!(denials(&test).await, 2);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_projects_name_is_typed_by_whoever_asks(owner: PgPool) {
    let (test, olga, _) = with_two_owners(owner).await;
    for (typed, problem) in [
        ("", Problem::Missing),
        ("payments prod", Problem::NotAChoice),
        ("Catalog staging", Problem::NotAChoice),
    ] {
        let reason = parse("The old authority is leaving");
        let refused = x509::ask(&test.portal, &olga, &payments(), typed, reason).await;
        let Err(Error::Invalid(errors)) = refused else {
            panic!("{typed:?}: {refused:?}");
        };
        assert_eq!(
            (errors[0].field, errors[0].problem),
            (Field::Typed, problem)
        );
    }
    // A space too many is no other name.
    let reason = parse("The old authority is leaving");
    x509::ask(&test.portal, &olga, &payments(), " Payments prod ", reason)
        .await
        .expect("the right name");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn one_change_of_the_same_thing_is_under_way_at_a_time(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let replica = test.replica();
    let asked = futures::future::join_all((0..8).map(|click| {
        let (portal, who) = if click % 2 == 0 {
            (&test.portal, &olga)
        } else {
            (&replica, &otto)
        };
        let reason = parse("The old authority is leaving");
        let project = payments();
        async move { x509::ask(portal, who, &project, "Payments prod", reason).await }
    }))
    .await;
    let ids: Vec<_> = asked.iter().filter_map(|one| one.as_ref().ok()).collect();
    let [id] = ids.as_slice() else {
        panic!("{asked:?}");
    };
    for refused in asked.iter().filter(|one| one.is_err()) {
        assert!(
            matches!(refused, Err(Error::Conflict(Conflict::ChangeUnderWay { change })) if change == *id),
            "{refused:?}"
        );
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_project_that_is_gone_is_not_changed(owner: PgPool) {
    let (test, olga, _) = with_two_owners(owner).await;
    test.atlas.remove_project(&payments());
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    let reason = parse("The old authority is leaving");
    let refused = x509::ask(&test.portal, &olga, &payments(), "Payments prod", reason).await;
    let gone = Conflict::NotAvailable(Obstacle::ProjectGone);
    assert!(
        matches!(&refused, Err(Error::Conflict(conflict)) if *conflict == gone),
        "{refused:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_person_who_asked_takes_it_back_and_nobody_else(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    assert!(page(&test, &olga, id).await.may.withdraw);
    assert!(!page(&test, &otto, id).await.may.withdraw);
    let refused = changes::withdraw(&test.portal, &otto, id).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::NotTheRequester))),
        "{refused:?}"
    );
    changes::withdraw(&test.portal, &olga, id)
        .await
        .expect("theirs");
    let withdrawn = page(&test, &otto, id).await;
    assert_eq!(withdrawn.row.state, ChangeState::Withdrawn);
    assert_eq!(withdrawn.row.until, None);
    assert_eq!(
        story(&withdrawn),
        [
            EventKind::X509DisableRequested,
            EventKind::AccessDenied,
            EventKind::ChangeWithdrawn
        ]
    );
    let again = changes::withdraw(&test.portal, &olga, id).await;
    let moved = Conflict::ChangeMoved {
        now: ChangeState::Withdrawn,
    };
    assert!(
        matches!(&again, Err(Error::Conflict(conflict)) if *conflict == moved),
        "{again:?}"
    );
    // What is over stands in nobody's way.
    test.asked_to_disable(&otto).await;
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn it_waits_a_day_for_the_second_person(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    test.clock.advance(Duration::days(1) - Duration::seconds(1));
    changes::expire_due(&test.portal).await.expect("done");
    assert_eq!(state(&test, &olga, id).await, ChangeState::Submitted);

    test.clock.advance(Duration::seconds(1));
    // The job has not come by yet.
    let otto_again = test.otto().await;
    let waiting = page(&test, &otto_again, id).await;
    assert!(!waiting.may.approve && !waiting.may.deny);
    let late = super::approve(&test, &otto_again, id).await;
    let moved = Conflict::ChangeMoved {
        now: ChangeState::Expired,
    };
    assert!(
        matches!(&late, Err(Error::Conflict(conflict)) if *conflict == moved),
        "{late:?}"
    );
    for _ in 0..2 {
        changes::expire_due(&test.portal).await.expect("done");
    }
    let over = page(&test, &otto, id).await;
    assert_eq!(over.row.state, ChangeState::Expired);
    assert_eq!(
        story(&over),
        [EventKind::X509DisableRequested, EventKind::ChangeExpired]
    );
    assert!(test.atlas.writes().is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_one_may_not_see_is_not_there(owner: PgPool) {
    let (test, olga, _) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    let unseen: TestPortal = test;
    for who in [
        unseen.dana().await,
        unseen.person("xenia", &["staff"]).await,
        unseen
            .person("olivia", &["atlas-catalog-staging-owners"])
            .await,
        unseen.person("oscar", &["certdesk-operators"]).await,
    ] {
        let portal = &unseen.portal;
        assert!(matches!(
            changes::get(portal, &who, id).await,
            Err(Error::NotFound)
        ));
        assert!(matches!(
            changes::status(portal, &who, id).await,
            Err(Error::NotFound)
        ));
        assert!(matches!(
            changes::withdraw(portal, &who, id).await,
            Err(Error::NotFound)
        ));
        assert!(matches!(
            changes::carry_out(portal, &who, id).await,
            Err(Error::NotFound)
        ));
        let authorities = changes::authorities(portal, &who, id).await;
        assert!(matches!(authorities, Err(Error::NotFound)));
        let approved = changes::approve(portal, &who, id, "", "", &[]).await;
        assert!(matches!(approved, Err(Error::NotFound)));
        let denied = changes::deny(portal, &who, id, parse("because I say so")).await;
        assert!(matches!(denied, Err(Error::NotFound)));
    }
    assert_eq!(denials(&unseen).await, 0);
    assert_eq!(
        state(&unseen, &unseen.sam().await, id).await,
        ChangeState::Submitted
    );
}
