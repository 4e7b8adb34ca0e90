//! Reading Atlas's list until it says what became of the call.

use portal::{
    Error,
    atlas::{NextCreate, ReadCall, ReadError, Unanswered, UnknownClass},
    audit::Event,
    certificates,
    model::{EventKind, Origin, RequestState},
    testing::{TestPortal, tasks_done},
};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use time::Duration;

use super::{
    behind_our_back, entries, look_at, lost, on_record, orders, origin, page, payments, state,
    story,
};

const MADE: NextCreate = NextCreate::UnknownButMade(UnknownClass::Reset);
const NOT_MADE: NextCreate = NextCreate::Unknown(UnknownClass::Timeout);

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_certificate_that_was_made_is_found_and_nobody_calls_again(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let before = behind_our_back(&test, "3");
    let (dana, id) = lost(&test, MADE).await;
    let reads = test.atlas.reads(ReadCall::ListCertificates);
    look_at(&test, 1).await.expect("nothing is due");
    assert_eq!(test.atlas.reads(ReadCall::ListCertificates), reads);
    let settling = page(&test, &dana, id).await.settling.expect("it goes on");
    assert_eq!(settling.polls, 0);
    assert_eq!(
        settling.window_ends - settling.next_at,
        Duration::seconds(598)
    );

    look_at(&test, 2).await.expect("found");
    let page = page(&test, &dana, id).await;
    assert_eq!(page.row.state, RequestState::Lost);
    assert_eq!(
        story(&page)[4..],
        [EventKind::IssueUnknown, EventKind::CertLost]
    );
    let certificate = page.certificate.as_ref().expect("it exists");
    assert_eq!(
        (certificate.origin, &certificate.holder),
        (Origin::Lost, &None)
    );
    let made = test.atlas.made(&payments(), &orders()).pop().expect("made");
    let Some(Event::CertLost {
        serial,
        created_at,
        not_after,
    }) = page.story.last().map(|line| &line.event)
    else {
        panic!("{:?}", page.story);
    };
    assert_eq!(
        (*serial, *created_at, *not_after),
        (made.serial, made.created_at, made.not_after)
    );
    assert!(page.may.ask_again && !page.may.issue && page.settling.is_none());

    // Whoever looks once more finds everything explained.
    look_at(&test, 600).await.expect("nothing is due");
    certificates::sync(&test.portal).await.expect("done");
    assert_eq!(origin(&test, &made).await, Some(Origin::Lost));
    assert_eq!(origin(&test, &before).await, Some(Origin::Unexplained));
    assert_eq!(entries(&test, EventKind::CertLost).await, 1);
    assert_eq!(test.atlas.creates().len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn that_nothing_was_made_is_said_only_by_a_whole_list_after_the_window(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id) = lost(&test, NOT_MADE).await;
    for (polls, seconds) in [2, 10, 30, 120, 300].into_iter().enumerate() {
        look_at(&test, seconds).await.expect("read");
        look_at(&test, seconds).await.expect("not due again");
        let settling = page(&test, &dana, id).await.settling.expect("unknown");
        assert_eq!(settling.polls as usize, polls + 1);
    }
    let away = ReadError::Unavailable {
        source: Unanswered::Timeout,
    };
    test.atlas.fail_next(ReadCall::ListCertificates, away);
    let failed = look_at(&test, 600).await;
    assert!(
        matches!(failed, Err(Error::Unavailable { .. })),
        "{failed:?}"
    );
    look_at(&test, 600 + 899).await.expect("not due");
    assert_eq!(state(&test, id).await, RequestState::Unknown);

    look_at(&test, 600 + 900).await.expect("read");
    let after = page(&test, &dana, id).await;
    assert_eq!(after.row.state, RequestState::Approved);
    let Some(Event::IssueNotIssued {
        polls,
        list_sha256,
        approval,
    }) = after.story.last().map(|line| &line.event)
    else {
        panic!("{:?}", after.story);
    };
    assert_eq!((polls.as_str(), approval.as_str()), ("6", "given_back"));
    assert_eq!(
        *list_sha256,
        hex::encode(Sha256::digest(b"certdesk/list/v1"))
    );

    // Nothing goes on by itself; a person clicks, and may.
    assert_eq!(test.atlas.creates().len(), 1);
    let dana = test.dana().await;
    test.issue(&dana, id).await.expect("begun");
    assert_eq!(page(&test, &dana, id).await.row.state, RequestState::Ready);
    assert_eq!(test.atlas.creates().len(), 2);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_approval_is_given_back_once(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = lost(&test, NOT_MADE).await;
    look_at(&test, 600).await.expect("read");
    assert_eq!(state(&test, id).await, RequestState::Approved);

    let dana = test.dana().await;
    test.atlas.next_create(NOT_MADE);
    test.issue(&dana, id).await.expect("begun");
    assert_eq!(state(&test, id).await, RequestState::Unknown);
    test.clock.advance(Duration::seconds(50 + 600));
    certificates::reconcile(&test.portal).await.expect("read");
    let after = page(&test, &dana, id).await;
    assert_eq!(after.row.state, RequestState::Failed);
    let Some(Event::IssueNotIssued { approval, .. }) = after.story.last().map(|line| &line.event)
    else {
        panic!("{:?}", after.story);
    };
    assert_eq!(approval, "used_up");
    let refused = certificates::issue(&test.portal, &dana, id).await.err();
    assert!(matches!(
        refused,
        Some(Error::StepUpRequired | Error::Conflict(_))
    ));
    assert_eq!(test.atlas.creates().len(), 2);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn any_number_of_replicas_conclude_once(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    for (next, kind, expected) in [
        (MADE, EventKind::CertLost, RequestState::Lost),
        (NOT_MADE, EventKind::IssueNotIssued, RequestState::Approved),
    ] {
        let (_, id) = lost(&test, next).await;
        test.clock.advance(Duration::seconds(50 + 600));
        let replica = test.replica();
        let looks = (0..12).map(|look| {
            certificates::reconcile(if look % 2 == 0 {
                &test.portal
            } else {
                &replica
            })
        });
        for looked in futures::future::join_all(looks).await {
            looked.expect("read, or left to another");
        }
        tasks_done(&replica).await;
        assert_eq!(state(&test, id).await, expected);
        assert_eq!(entries(&test, kind).await, 1);
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn while_its_process_lives_nobody_looks(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = lost(&test, MADE).await;
    let attempt: uuid::Uuid = sqlx::query_scalar("select id from issue_attempt")
        .fetch_one(&test.owner)
        .await
        .expect("an attempt");
    let hash = Sha256::digest([b"certdesk/fence/v1", attempt.as_bytes().as_slice()].concat());
    let key = i64::from_be_bytes(hash[..8].try_into().expect("eight bytes"));
    let mut fence = test.owner.acquire().await.expect("a connection");
    sqlx::query("select pg_advisory_lock($1)")
        .bind(key)
        .execute(&mut *fence)
        .await
        .expect("a lock");
    let reads = test.atlas.reads(ReadCall::ListCertificates);
    look_at(&test, 900).await.expect("left alone");
    assert_eq!(test.atlas.reads(ReadCall::ListCertificates), reads);
    assert_eq!(state(&test, id).await, RequestState::Unknown);
    sqlx::query("select pg_advisory_unlock($1)")
        .bind(key)
        .execute(&mut *fence)
        .await
        .expect("a lock");
    look_at(&test, 900).await.expect("read");
    assert_eq!(state(&test, id).await, RequestState::Lost);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_list_that_lags_is_waited_for(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let late = NextCreate::UnknownButMadeLate(UnknownClass::Timeout);
    let (_, id) = lost(&test, late).await;
    for seconds in [2, 10, 30, 120] {
        look_at(&test, seconds).await.expect("read");
    }
    let made = test.atlas.made(&payments(), &orders()).pop().expect("made");
    test.atlas.hide_certificate(made.serial, false);
    look_at(&test, 300).await.expect("read");
    assert_eq!(state(&test, id).await, RequestState::Lost);
    assert_eq!(origin(&test, &made).await, Some(Origin::Lost));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_appears_after_the_window_is_unexplained(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let late = NextCreate::UnknownButMadeLate(UnknownClass::Timeout);
    let (_, id) = lost(&test, late).await;
    look_at(&test, 600).await.expect("read");
    assert_eq!(state(&test, id).await, RequestState::Approved);
    let made = test.atlas.made(&payments(), &orders()).pop().expect("made");
    test.atlas.hide_certificate(made.serial, false);
    for _ in 0..2 {
        certificates::sync(&test.portal).await.expect("done");
    }
    assert_eq!(origin(&test, &made).await, Some(Origin::Unexplained));
    assert_eq!(entries(&test, EventKind::CertUnexplained).await, 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_not_asked_for_is_unexplained_at_once(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = lost(&test, MADE).await;
    let other = behind_our_back(&test, "6");
    // The sweep sees both, and knows which is left to the attempt.
    certificates::sync(&test.portal).await.expect("done");
    assert_eq!(origin(&test, &other).await, Some(Origin::Unexplained));
    assert_eq!(on_record(&test).await.len(), 1);
    look_at(&test, 2).await.expect("read");
    assert_eq!(state(&test, id).await, RequestState::Lost);
    assert_eq!(entries(&test, EventKind::CertUnexplained).await, 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_list_without_what_was_there_before_proves_nothing(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let before = behind_our_back(&test, "3");
    let (dana, id) = lost(&test, MADE).await;
    let hide = |hidden| test.atlas.hide_certificate(before.serial, hidden);
    hide(true);
    look_at(&test, 2).await.expect("read");
    assert_eq!(state(&test, id).await, RequestState::Unknown);
    hide(false);
    look_at(&test, 10).await.expect("read");
    assert_eq!(state(&test, id).await, RequestState::Lost);

    // Where it stays so, a person has to look.
    let (_, again) = lost(&test, NOT_MADE).await;
    hide(true);
    look_at(&test, 600).await.expect("read");
    let after = page(&test, &dana, again).await;
    assert_eq!(after.row.state, RequestState::Ambiguous);
    let Some(Event::IssueAmbiguous { why, candidates }) =
        after.story.last().map(|line| &line.event)
    else {
        panic!("{:?}", after.story);
    };
    assert_eq!((why.as_str(), candidates.len()), ("list_differs", 0));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_attempt_nobody_settled_in_time_is_seen_by_the_operator(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let oscar = test.person("oscar", &["certdesk-operators"]).await;
    lost(&test, NOT_MADE).await;
    test.atlas.set_unreachable(true);
    let mut overdue = Vec::new();
    for (seconds, due) in [(600, true), (901, false), (2000, true)] {
        let looked = look_at(&test, seconds).await;
        assert_eq!(
            looked.is_err(),
            due,
            "{seconds}: Atlas is away, and asked only when it is time"
        );
        let page = portal::jobs::operations(&test.portal, &oscar)
            .await
            .expect("an operator");
        assert_eq!(page.lost_answers.unknown, 1);
        overdue.push(page.lost_answers.overdue);
    }
    assert_eq!(overdue, [0, 1, 1]);
}
