//! Saying yes or no: always somebody else.

use portal::{
    Actor, Error, changes,
    model::{
        ChangePage, ChangeState, Conflict, Denial, Event, EventKind, Field, Problem,
        SECOND_SEEN_DAYS,
    },
    testing::{TestPortal, authority, parse},
};
use sqlx::PgPool;
use time::Duration;

use super::{approve, calls, denials, page, payments, state, story, with_two_owners};

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn one_asks_another_says_yes_and_it_is_done_at_once(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    assert!(calls(&test).is_empty());
    let before = page(&test, &otto, id).await;
    assert!(before.may.approve && before.may.deny && !before.step_up);
    assert_eq!(before.why_not_approve, None);
    approve(&test, &otto, id).await.expect("another owner");

    let after = page(&test, &olga, id).await;
    assert_eq!(after.row.state, ChangeState::Applying);
    assert!(
        after
            .row
            .second
            .as_ref()
            .is_some_and(|second| second.name == "Otto")
    );
    assert_eq!(
        story(&after),
        [
            EventKind::X509DisableRequested,
            EventKind::X509DisableConfirmed,
            EventKind::ChangeCallStarted,
            EventKind::X509Disabled
        ]
    );
    assert_eq!(
        after.story[0].text.as_deref(),
        Some("The old authority is leaving, PAY-2301")
    );
    assert_eq!(calls(&test).len(), 1);
    assert_eq!(calls(&test)[0].group, payments());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn neither_person_alone(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    let own = page(&test, &olga, id).await;
    assert_eq!(own.why_not_approve, Some(Denial::OwnRequest));
    assert!(!own.may.approve && !own.may.deny && own.may.withdraw);
    assert!(!own.security_decides);
    let names: Vec<_> = own.approvers.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Otto"]);

    let refused = approve(&test, &olga, id).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::OwnRequest))),
        "{refused:?}"
    );
    let refused = changes::deny(&test.portal, &olga, id, parse("I should not be able to")).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::OwnRequest))),
        "{refused:?}"
    );
    // Nor does the second person without the first: there is nothing to say yes to.
    let nothing = changes::carry_out(&test.portal, &otto, id).await;
    assert!(matches!(nothing, Err(Error::NotAllowed(_))), "{nothing:?}");
    let too_early = changes::carry_out(&test.portal, &olga, id).await;
    assert!(
        matches!(
            too_early,
            Err(Error::Conflict(Conflict::ChangeMoved { .. }))
        ),
        "{too_early:?}"
    );
    test.tasks_done().await;
    assert_eq!(denials(&test).await, 3);
    assert_eq!(state(&test, &olga, id).await, ChangeState::Submitted);
    assert!(calls(&test).is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn security_is_the_second_person_of_a_sole_owner_and_of_nobody_else(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, sam) = (test.olga().await, test.sam().await);
    let id = test.asked_to_disable(&olga).await;
    let alone = page(&test, &olga, id).await;
    assert!(alone.security_decides);
    let names: Vec<_> = alone
        .approvers
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["Sam"]);
    assert!(page(&test, &sam, id).await.may.approve);

    // As soon as there is another owner, it is theirs.
    let otto = test.otto().await;
    assert!(!page(&test, &sam, id).await.may.approve);
    assert!(!page(&test, &olga, id).await.security_decides);
    let refused = approve(&test, &sam, id).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::NotAnOwner))),
        "{refused:?}"
    );
    let refused = changes::deny(&test.portal, &sam, id, parse("it is not for me to say")).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::NotAnOwner))),
        "{refused:?}"
    );
    assert_eq!(denials(&test).await, 2);

    test.person("otto", &["staff"]).await;
    approve(&test, &sam, id).await.expect("no other owner");
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
    // Otto's session still says owner: he sees it, and the sole owner's word was not his to give.
    assert_eq!(state(&test, &otto, id).await, ChangeState::Applying);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_owner_nobody_has_seen_for_a_month_is_not_waited_for(owner: PgPool) {
    let (test, _, otto) = with_two_owners(owner).await;
    test.clock
        .advance(Duration::days(SECOND_SEEN_DAYS.into()) - Duration::seconds(1));
    let (olga, sam) = (test.olga().await, test.sam().await);
    let id = test.asked_to_disable(&olga).await;
    let names = |page: &ChangePage| -> Vec<String> {
        page.approvers.iter().map(|one| one.name.clone()).collect()
    };
    let counted = page(&test, &olga, id).await;
    assert_eq!(
        (names(&counted), counted.security_decides),
        (vec!["Otto".to_owned()], false)
    );
    assert!(!page(&test, &sam, id).await.may.approve);
    assert!(
        changes::inbox(&test.portal, &sam)
            .await
            .expect("rows")
            .is_empty()
    );

    test.clock.advance(Duration::seconds(1));
    let alone = page(&test, &olga, id).await;
    assert_eq!(
        (names(&alone), alone.security_decides),
        (vec!["Sam".to_owned()], true)
    );
    assert_eq!(
        changes::inbox(&test.portal, &sam)
            .await
            .expect("rows")
            .len(),
        1
    );
    // He is there after all: from then on it is his again.
    let stale = approve(&test, &otto, id).await;
    assert!(matches!(stale, Err(Error::StepUpRequired)), "{stale:?}");
    test.otto().await;
    assert!(!page(&test, &sam, id).await.may.approve);
    test.clock.advance(Duration::hours(1));
    approve(&test, &test.otto().await, id)
        .await
        .expect("an owner");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn security_decides_for_the_only_owner_left(owner: PgPool) {
    let (test, ..) = with_two_owners(owner).await;
    test.clock.advance(Duration::days(SECOND_SEEN_DAYS.into()));
    let (olga, sam) = (test.olga().await, test.sam().await);
    let id = test.asked_to_disable(&olga).await;
    approve(&test, &sam, id).await.expect("security");
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn security_decides_nothing_that_no_owner_stands_behind(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, sam) = (test.olga().await, test.sam().await);
    let id = test.asked_to_disable(&olga).await;
    test.person("olga", &["staff"]).await;
    let refused = approve(&test, &sam, id).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::NotAnOwner))),
        "{refused:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_owner_who_is_security_does_not_decide_alone_either(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let both = ["atlas-payments-prod-owners", "certdesk-security"];
    let olga = test.person("olga", &both).await;
    let id = test.asked_to_disable(&olga).await;
    assert!(page(&test, &olga, id).await.approvers.is_empty());
    let refused = approve(&test, &olga, id).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::OwnRequest))),
        "{refused:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_second_person_must_have_signed_in_just_now(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    test.clock.advance(Duration::seconds(301));
    assert!(page(&test, &otto, id).await.step_up);
    let stale = approve(&test, &otto, id).await;
    assert!(matches!(stale, Err(Error::StepUpRequired)), "{stale:?}");
    approve(&test, &test.otto().await, id).await.expect("fresh");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_yes_is_to_what_was_seen(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    let other = changes::approve(&test.portal, &otto, id, "0", "Payments prod", &[]).await;
    assert!(
        matches!(other, Err(Error::Conflict(Conflict::ChangeDiffers))),
        "{other:?}"
    );
    changes::withdraw(&test.portal, &olga, id)
        .await
        .expect("theirs");
    let digest = page(&test, &otto, id).await.digest;
    let next = test.asked_to_disable(&otto).await;
    assert_ne!(
        page(&test, &olga, next).await.digest,
        digest,
        "another asks"
    );
    assert!(calls(&test).is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_projects_name_is_typed_by_the_second_person_too(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    let digest = page(&test, &otto, id).await.digest;
    for (typed, problem) in [("", Problem::Missing), ("payments", Problem::NotAChoice)] {
        let refused = changes::approve(&test.portal, &otto, id, &digest, typed, &[]).await;
        let Err(Error::Invalid(errors)) = refused else {
            panic!("{typed:?}: {refused:?}");
        };
        assert_eq!(
            (errors[0].field, errors[0].problem),
            (Field::Typed, problem)
        );
    }
    test.tasks_done().await;
    assert!(calls(&test).is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_no_ends_it_with_its_reason(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    changes::deny(
        &test.portal,
        &otto,
        id,
        parse("Not before the freeze is over"),
    )
    .await
    .expect("another owner");
    let page = page(&test, &olga, id).await;
    assert_eq!(page.row.state, ChangeState::Denied);
    assert!(
        page.row
            .second
            .as_ref()
            .is_some_and(|second| second.name == "Otto")
    );
    assert!(page.approvers.is_empty());
    let last = page.story.last().expect("a story");
    assert_eq!(last.event, Event::ChangeDenied {});
    assert_eq!(last.text.as_deref(), Some("Not before the freeze is over"));
    let moved = approve(&test, &otto, id).await;
    assert!(
        matches!(
            moved,
            Err(Error::Conflict(Conflict::ChangeMoved {
                now: ChangeState::Denied
            }))
        ),
        "{moved:?}"
    );
    assert!(calls(&test).is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn many_yeses_on_two_replicas_make_one_call(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let owen = test.person("owen", &["atlas-payments-prod-owners"]).await;
    let id = test.asked_to_disable(&olga).await;
    let digest = page(&test, &otto, id).await.digest;
    let replica = test.replica();
    let yeses = futures::future::join_all((0..16).map(|click| {
        let (portal, who): (_, &Actor) = if click % 2 == 0 {
            (&test.portal, &otto)
        } else {
            (&replica, &owen)
        };
        changes::approve(portal, who, id, &digest, "Payments prod", &[])
    }))
    .await;
    test.tasks_done().await;
    portal::testing::tasks_done(&replica).await;
    assert_eq!(yeses.iter().filter(|yes| yes.is_ok()).count(), 1);
    for late in yeses.iter().filter(|yes| yes.is_err()) {
        assert!(
            matches!(late, Err(Error::Conflict(Conflict::ChangeMoved { .. }))),
            "{late:?}"
        );
    }
    assert_eq!(calls(&test).len(), 1);
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
}
