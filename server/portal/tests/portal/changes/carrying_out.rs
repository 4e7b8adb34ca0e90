//! The one call, and every way it can end.

use portal::{
    Error,
    atlas::{NextWrite, ReadCall, ReadError, Unanswered, UnknownClass, WhyNotSent},
    changes,
    model::{ChangeState, Conflict, Event, EventKind, Refusal, RefusalReason},
    testing::START,
};
use sqlx::PgPool;
use time::Duration;

use super::{approve, calls, page, payments, state, story, with_two_owners};

fn refusal(code: &str) -> Refusal {
    Refusal {
        reason: RefusalReason::Forbidden,
        status: 403,
        code: code.into(),
        retry_after: None,
        retry_at: None,
        address: None,
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_call_is_on_record_before_it_is_made(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    let mut hold = test.atlas.hold_writes();
    let digest = page(&test, &otto, id).await.digest;
    changes::approve(&test.portal, &otto, id, &digest, "Payments prod", &[])
        .await
        .expect("another owner");
    hold.arrived(1).await;
    let during = page(&test, &olga, id).await;
    assert_eq!(during.row.state, ChangeState::Calling);
    assert_eq!(during.row.until, None);
    assert!(!during.may.withdraw && !during.may.carry_out);
    assert_eq!(story(&during).last(), Some(&EventKind::ChangeCallStarted));
    // Whose word it was that it be done now.
    let portal::model::ActorName::Person(who) = &during.story[2].actor else {
        panic!("{:?}", during.story[2].actor);
    };
    assert_eq!(who.name, "Otto");
    // A second click leads to the same page.
    changes::carry_out(&test.portal, &otto, id)
        .await
        .expect("led to the page");
    let refused = changes::withdraw(&test.portal, &olga, id).await;
    assert!(
        matches!(
            refused,
            Err(Error::Conflict(Conflict::ChangeMoved {
                now: ChangeState::Calling
            }))
        ),
        "{refused:?}"
    );
    hold.release();
    test.tasks_done().await;
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
    assert_eq!(calls(&test).len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_not_sent_is_tried_again_by_either_of_the_two(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let owen = test.person("owen", &["atlas-payments-prod-owners"]).await;
    let id = test.asked_to_disable(&olga).await;
    for _ in 0..2 {
        test.atlas
            .next_write(NextWrite::NotSent(WhyNotSent::Connect));
    }
    approve(&test, &otto, id).await.expect("another owner");
    let waiting = page(&test, &olga, id).await;
    assert_eq!(waiting.row.state, ChangeState::Approved);
    assert_eq!(waiting.not_sent.as_deref(), Some("connect"));
    assert_eq!(story(&waiting).last(), Some(&EventKind::ChangeNotSent));
    assert!(waiting.may.carry_out && waiting.may.withdraw);
    assert!(page(&test, &otto, id).await.may.carry_out);
    for who in [&owen, &test.sam().await] {
        assert!(!page(&test, who, id).await.may.carry_out);
        let refused = changes::carry_out(&test.portal, who, id).await;
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
    }

    changes::carry_out(&test.portal, &otto, id)
        .await
        .expect("one of the two");
    test.tasks_done().await;
    assert_eq!(state(&test, &olga, id).await, ChangeState::Approved);
    changes::carry_out(&test.portal, &olga, id)
        .await
        .expect("one of the two");
    test.tasks_done().await;
    let done = page(&test, &olga, id).await;
    assert_eq!(done.row.state, ChangeState::Applying);
    assert_eq!(done.not_sent, None);
    assert_eq!(calls(&test).len(), 3);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn it_is_tried_again_for_an_hour_with_a_fresh_sign_in(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    test.atlas.set_unreachable(true);
    approve(&test, &otto, id).await.expect("another owner");
    assert_eq!(
        page(&test, &olga, id).await.not_sent.as_deref(),
        Some("atlas_away")
    );
    test.clock.advance(Duration::minutes(59));
    assert!(page(&test, &otto, id).await.step_up);
    let stale = changes::carry_out(&test.portal, &otto, id).await;
    assert!(matches!(stale, Err(Error::StepUpRequired)), "{stale:?}");
    test.clock.advance(Duration::minutes(1));
    test.atlas.set_unreachable(false);
    let late = changes::carry_out(&test.portal, &test.otto().await, id).await;
    assert!(
        matches!(
            late,
            Err(Error::Conflict(Conflict::ChangeMoved {
                now: ChangeState::Expired
            }))
        ),
        "{late:?}"
    );
    changes::expire_due(&test.portal).await.expect("done");
    let over = page(&test, &olga, id).await;
    assert_eq!(over.row.state, ChangeState::Expired);
    assert_eq!(
        over.story.last().map(|line| &line.event),
        Some(&Event::ChangeExpired {
            was: "approved".into()
        })
    );
    assert!(calls(&test).is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn somebody_who_lost_the_right_has_nothing_carried_out(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    test.atlas
        .next_write(NextWrite::NotSent(WhyNotSent::Connect));
    approve(&test, &otto, id).await.expect("another owner");
    let left = test.person("olga", &["staff"]).await;
    let refused = changes::carry_out(&test.portal, &left, id).await;
    assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
    assert_eq!(calls(&test).len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nothing_is_carried_out_on_the_word_of_somebody_who_lost_the_right(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    test.atlas
        .next_write(NextWrite::NotSent(WhyNotSent::Connect));
    approve(&test, &otto, id).await.expect("another owner");
    test.person("otto", &["staff"]).await;
    let refused = changes::carry_out(&test.portal, &olga, id).await;
    assert!(
        matches!(refused, Err(Error::Conflict(Conflict::SecondLeft))),
        "{refused:?}"
    );
    assert_eq!(calls(&test).len(), 1);
    // As soon as they may again, so may it.
    test.otto().await;
    changes::carry_out(&test.portal, &olga, id)
        .await
        .expect("one of the two");
    test.tasks_done().await;
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_right_is_looked_up_once_more_at_the_call(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    let digest = page(&test, &otto, id).await.digest;
    let mut left = test.owner.begin().await.expect("a transaction");
    changes::approve(&test.portal, &otto, id, &digest, "Payments prod", &[])
        .await
        .expect("another owner");
    // The task has to connect before it reads anybody's groups, and then it waits.
    sqlx::query("lock table person in access exclusive mode")
        .execute(&mut *left)
        .await
        .expect("a lock");
    sqlx::query("update person set groups = '{}' where sub = 'otto'")
        .execute(&mut *left)
        .await
        .expect("an update");
    left.commit().await.expect("an end");
    test.tasks_done().await;
    let waiting = page(&test, &olga, id).await;
    assert_eq!(waiting.row.state, ChangeState::Approved);
    assert_eq!(waiting.not_sent.as_deref(), Some("person_left"));
    assert!(calls(&test).is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn too_many_calls_are_no_refusal_and_it_is_tried_again_when_atlas_says(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    let again = START + Duration::seconds(90);
    test.atlas.next_write(NextWrite::Refused(Refusal {
        reason: RefusalReason::RateLimited,
        status: 429,
        code: "RATE_LIMITED".into(),
        retry_after: Some(90),
        retry_at: Some(again),
        address: None,
    }));
    approve(&test, &otto, id).await.expect("another owner");
    let waiting = page(&test, &olga, id).await;
    assert_eq!(waiting.row.state, ChangeState::Approved);
    assert_eq!(waiting.not_sent.as_deref(), Some("rate_limited"));
    assert!(waiting.refusal.is_some());
    test.clock.advance(Duration::seconds(89));
    let early = changes::carry_out(&test.portal, &olga, id).await;
    assert!(
        matches!(early, Err(Error::Conflict(Conflict::TooMany { after })) if after == again),
        "{early:?}"
    );
    test.clock.advance(Duration::seconds(1));
    changes::carry_out(&test.portal, &olga, id)
        .await
        .expect("one of the two");
    test.tasks_done().await;
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
    assert_eq!(calls(&test).len(), 2);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nothing_is_sent_while_atlas_cannot_be_asked_first(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    test.atlas.fail_next(
        ReadCall::PrepareWrite,
        ReadError::Refused(refusal("IP_ADDRESS_NOT_ON_ACCESS_LIST")),
    );
    approve(&test, &otto, id).await.expect("another owner");
    let waiting = page(&test, &olga, id).await;
    assert_eq!(waiting.not_sent.as_deref(), Some("refused"));
    assert_eq!(
        waiting.refusal.map(|refusal| refusal.code).as_deref(),
        Some("IP_ADDRESS_NOT_ON_ACCESS_LIST")
    );
    for call in [ReadCall::UserSecurity, ReadCall::ListClusters] {
        test.atlas.fail_next(
            call,
            ReadError::Unavailable {
                source: Unanswered::Timeout,
            },
        );
        changes::carry_out(&test.portal, &otto, id)
            .await
            .expect("one of the two");
        test.tasks_done().await;
        let waiting = page(&test, &olga, id).await;
        assert_eq!(waiting.not_sent.as_deref(), Some("atlas_away"), "{call:?}");
        assert_eq!(waiting.refusal, None);
    }
    assert_eq!(state(&test, &olga, id).await, ChangeState::Approved);
    assert!(calls(&test).is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_provable_refusal_ends_it(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    test.atlas
        .next_write(NextWrite::Refused(refusal("USER_UNAUTHORIZED")));
    approve(&test, &otto, id).await.expect("another owner");
    let page = page(&test, &olga, id).await;
    assert_eq!(page.row.state, ChangeState::Rejected);
    assert_eq!(
        page.refusal.as_ref().map(|refusal| refusal.code.as_str()),
        Some("USER_UNAUTHORIZED")
    );
    assert_eq!(
        page.story.last().map(|line| &line.event),
        Some(&Event::ChangeRejected {
            status: "403".into(),
            code: "USER_UNAUTHORIZED".into()
        })
    );
    assert!(!page.may.carry_out && !page.may.withdraw);
    // Whoever wants it still asks anew.
    test.asked_to_disable(&olga).await;
    assert_eq!(calls(&test).len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_is_taken_back_while_atlas_is_asked_is_not_sent(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    test.atlas
        .next_write(NextWrite::NotSent(WhyNotSent::Connect));
    approve(&test, &otto, id).await.expect("another owner");
    // Both at once: whoever is first wins, and nothing is sent after it was taken back.
    let (again, back) = tokio::join!(
        changes::carry_out(&test.portal, &otto, id),
        changes::withdraw(&test.portal, &olga, id)
    );
    test.tasks_done().await;
    let state = state(&test, &olga, id).await;
    match (again, back) {
        (_, Ok(())) => {
            assert_eq!(state, ChangeState::Withdrawn);
            assert_eq!(calls(&test).len(), 1);
        }
        (Ok(()), Err(_)) => assert_eq!(state, ChangeState::Applying),
        (Err(again), Err(back)) => panic!("{again:?}, {back:?}"),
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn many_tries_at_once_make_one_call(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    test.atlas.set_unreachable(true);
    approve(&test, &otto, id).await.expect("another owner");
    test.atlas.set_unreachable(false);
    let replica = test.replica();
    let clicks = futures::future::join_all((0..16).map(|click| {
        let (portal, who) = if click % 2 == 0 {
            (&test.portal, &otto)
        } else {
            (&replica, &olga)
        };
        changes::carry_out(portal, who, id)
    }))
    .await;
    test.tasks_done().await;
    portal::testing::tasks_done(&replica).await;
    assert!(clicks.iter().all(Result::is_ok), "{clicks:?}");
    assert_eq!(calls(&test).len(), 1);
    assert_eq!(state(&test, &olga, id).await, ChangeState::Applying);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_unclear_answer_ends_in_unknown_and_never_in_a_second_call(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    test.atlas
        .next_write(NextWrite::Unknown(UnknownClass::Timeout));
    approve(&test, &otto, id).await.expect("another owner");
    let page = page(&test, &olga, id).await;
    assert_eq!(page.row.state, ChangeState::Unknown);
    assert_eq!(
        page.story.last().map(|line| &line.event),
        Some(&Event::ChangeUnknown {
            class: "timeout".into()
        })
    );
    assert!(!page.may.carry_out && !page.may.withdraw);
    changes::carry_out(&test.portal, &otto, id)
        .await
        .expect("led to the page");
    test.tasks_done().await;
    assert_eq!(calls(&test).len(), 1);
    let busy = portal::x509::ask(
        &test.portal,
        &otto,
        &payments(),
        "Payments prod",
        portal::testing::parse("The old authority is leaving"),
    )
    .await;
    assert!(
        matches!(busy, Err(Error::Conflict(Conflict::ChangeUnderWay { .. }))),
        "{busy:?}"
    );
}
