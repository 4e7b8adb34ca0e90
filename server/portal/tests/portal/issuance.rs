//! Making a certificate: the one call to Atlas, and every way it can end.

use std::str::FromStr as _;

use portal::{
    Actor, Error,
    atlas::{NextCreate, UnknownClass, WhyNotSent},
    certificates,
    model::{Conflict, EventKind, Refusal, RefusalReason, RequestId, RequestPage, RequestState},
    requests,
    testing::{PAYMENTS, TestPortal, parse, tasks_done},
};
use sqlx::PgPool;
use time::Duration;

async fn approved(test: &TestPortal, username: &str) -> (Actor, RequestId) {
    let dana = test.dana().await;
    let id = test.submitted(&dana, username).await;
    test.approve(&test.olga().await, id).await;
    (dana, id)
}

async fn page(test: &TestPortal, actor: &Actor, id: RequestId) -> RequestPage {
    requests::get(&test.portal, actor, id, None)
        .await
        .expect("visible")
}

fn story(page: &RequestPage) -> Vec<EventKind> {
    page.story.iter().map(|line| line.event.kind()).collect()
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_approved_request_becomes_a_certificate_that_is_recorded_at_every_step(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id) = approved(&test, "orders-api").await;
    let begun = test.issue(&dana, id).await.expect("begun");
    assert!(begun.cookie_name.starts_with("__Host-pk-"));

    let page = page(&test, &dana, id).await;
    assert_eq!(page.row.state, RequestState::Ready);
    assert_eq!(
        story(&page),
        [
            EventKind::RequestSubmitted,
            EventKind::RequestApproved,
            EventKind::IssueIntent,
            EventKind::IssueCallStarted,
            EventKind::CertIssued
        ]
    );
    let certificate = page.certificate.expect("a certificate");
    assert!(certificate.holder.expect("a holder").is_you);
    assert_eq!(test.atlas.creates().len(), 1);
    assert_eq!(page.pickup.expect("a key that waits").downloads_used, 0);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_call_is_on_record_before_it_is_made(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id) = approved(&test, "orders-api").await;
    let mut hold = test.atlas.hold_creates();
    certificates::issue(&test.portal, &dana, id)
        .await
        .expect("begun");
    hold.arrived(1).await;
    let during = page(&test, &dana, id).await;
    assert_eq!(during.row.state, RequestState::Issuing);
    assert_eq!(story(&during).last(), Some(&EventKind::IssueCallStarted));
    hold.release();
    test.tasks_done().await;
    assert_eq!(page(&test, &dana, id).await.row.state, RequestState::Ready);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn many_clicks_on_two_replicas_make_one_call(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id) = approved(&test, "orders-api").await;
    let replica = test.replica();
    let clicks = futures::future::join_all((0..24).map(|click| {
        let portal = if click % 2 == 0 {
            &test.portal
        } else {
            &replica
        };
        certificates::issue(portal, &dana, id)
    }))
    .await;
    test.tasks_done().await;
    tasks_done(&replica).await;
    let begun = clicks
        .iter()
        .filter(|click| matches!(click, Ok(Some(_))))
        .count();
    assert_eq!(begun, 1);
    assert!(
        clicks.iter().all(Result::is_ok),
        "the others are led to the same page"
    );
    assert_eq!(test.atlas.creates().len(), 1);
    assert_eq!(page(&test, &dana, id).await.row.state, RequestState::Ready);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn one_database_user_gets_one_certificate_at_a_time(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, first) = approved(&test, "orders-api").await;
    let devon = test
        .person("devon", &["atlas-payments-prod-developers"])
        .await;
    let second = test.submitted(&devon, "orders-api").await;
    test.approve(&test.olga().await, second).await;

    let mut hold = test.atlas.hold_creates();
    certificates::issue(&test.portal, &dana, first)
        .await
        .expect("begun");
    hold.arrived(1).await;
    let refused = certificates::issue(&test.portal, &devon, second)
        .await
        .err();
    assert!(
        matches!(refused, Some(Error::Conflict(Conflict::IssuanceInProgress))),
        "{refused:?}"
    );
    hold.release();
    test.tasks_done().await;
    test.issue(&devon, second).await.expect("its turn");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_provable_refusal_gives_the_approval_back_and_the_third_ends_it(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id) = approved(&test, "orders-api").await;
    for attempt in 1..=3 {
        let refusal = Refusal {
            reason: RefusalReason::TooManyCertificates,
            status: 400,
            code: "ATLAS_GENERATED_CERTS_LIMIT_EXCEEDED".into(),
            retry_after: None,
            retry_at: None,
            address: None,
        };
        test.atlas.next_create(NextCreate::Refused(refusal.clone()));
        test.issue(&dana, id).await;
        let page = page(&test, &dana, id).await;
        assert_eq!(page.refusal, Some(refusal));
        assert_eq!(story(&page).last(), Some(&EventKind::IssueRejected));
        let expected = if attempt < 3 {
            RequestState::Approved
        } else {
            RequestState::Failed
        };
        assert_eq!(page.row.state, expected, "attempt {attempt}");
    }
    assert_eq!(test.atlas.creates().len(), 3);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_not_sent_costs_nothing(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id) = approved(&test, "orders-api").await;
    for _ in 0..5 {
        test.atlas
            .next_create(NextCreate::NotSent(WhyNotSent::Connect));
        test.issue(&dana, id).await;
        let page = page(&test, &dana, id).await;
        assert_eq!(page.row.state, RequestState::Approved);
        assert_eq!(story(&page).last(), Some(&EventKind::IssueNotSent));
    }
    test.issue(&dana, id).await;
    assert_eq!(page(&test, &dana, id).await.row.state, RequestState::Ready);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_atlas_that_is_away_is_not_called_at_all(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id) = approved(&test, "orders-api").await;
    test.atlas.set_unreachable(true);
    test.issue(&dana, id).await;
    assert!(test.atlas.creates().is_empty());
    assert_eq!(
        page(&test, &dana, id).await.row.state,
        RequestState::Approved
    );
    test.atlas.set_unreachable(false);
    test.issue(&dana, id).await;
    assert_eq!(page(&test, &dana, id).await.row.state, RequestState::Ready);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_unclear_answer_ends_in_unknown_and_never_in_a_second_call(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let unclear = [
        NextCreate::Unknown(UnknownClass::Timeout),
        NextCreate::UnknownButMade(UnknownClass::Reset),
        NextCreate::MalformedPem,
        NextCreate::WrongCommonName("somebody-else".into()),
        NextCreate::WrongKey,
        NextCreate::WrongEnd(Duration::days(10)),
    ];
    for (round, next) in unclear.into_iter().enumerate() {
        let username = format!("worker-{round}");
        test.atlas
            .add_managed_user(&parse(PAYMENTS), &parse(&username));
        portal::projects::sync(&test.portal)
            .await
            .expect("an Atlas that answers");
        let (dana, id) = approved(&test, &username).await;
        test.atlas.next_create(next.clone());
        test.issue(&dana, id).await;
        let page = page(&test, &dana, id).await;
        assert_eq!(page.row.state, RequestState::Unknown, "{next:?}");
        assert_eq!(story(&page).last(), Some(&EventKind::IssueUnknown));
        assert!(!page.may.issue && !page.may.collect && page.pickup.is_none());
        assert!(
            certificates::issue(&test.portal, &dana, id)
                .await
                .expect("led to the page")
                .is_none()
        );
        assert_eq!(test.atlas.creates().len(), round + 1, "{next:?}");
        // Too many at once would pause everything.
        test.clock.advance(Duration::minutes(3));
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_attempt_whose_process_died_is_settled_by_whoever_lives(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    for (state, expected, last) in [
        ("prepared", RequestState::Approved, EventKind::IssueNotSent),
        ("calling", RequestState::Unknown, EventKind::IssueUnknown),
    ] {
        let username = if state == "prepared" {
            "orders-api"
        } else {
            "ledger-batch"
        };
        let (dana, id) = approved(&test, username).await;
        // A replica begins, and dies before its task gets anywhere.
        leave_open(&test, id, state).await;
        certificates::settle_unattended(&test.replica())
            .await
            .expect("done");
        assert_eq!(
            page(&test, &dana, id).await.row.state,
            RequestState::Issuing,
            "its grace is not over"
        );
        // Its process may only have lost its connection: until the deadline it may still record.
        let patience = if state == "prepared" { 16 } else { 51 };
        test.clock.advance(Duration::seconds(patience));
        certificates::settle_unattended(&test.replica())
            .await
            .expect("done");
        let page = page(&test, &dana, id).await;
        assert_eq!(page.row.state, expected);
        assert_eq!(story(&page).last(), Some(&last));
    }
    assert!(test.atlas.creates().is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_attempt_whose_process_lives_is_left_alone(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id) = approved(&test, "orders-api").await;
    let mut hold = test.atlas.hold_creates();
    certificates::issue(&test.portal, &dana, id)
        .await
        .expect("begun");
    hold.arrived(1).await;
    test.clock.advance(Duration::minutes(5));
    certificates::settle_unattended(&test.replica())
        .await
        .expect("done");
    assert_eq!(
        page(&test, &dana, id).await.row.state,
        RequestState::Issuing
    );
    hold.release();
    test.tasks_done().await;
    assert_eq!(page(&test, &dana, id).await.row.state, RequestState::Ready);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_rules_are_asked_again_when_the_certificate_is_made(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id) = approved(&test, "orders-api").await;
    let left = test.person("dana", &["staff"]).await;
    let refused = certificates::issue(&test.portal, &left, id).await.err();
    assert!(matches!(refused, Some(Error::NotAllowed(_))), "{refused:?}");
    let other = certificates::issue(&test.portal, &test.olga().await, id)
        .await
        .err();
    assert!(matches!(other, Some(Error::NotAllowed(_))), "{other:?}");

    test.clock.advance(Duration::seconds(301));
    let stale = certificates::issue(&test.portal, &dana, id).await.err();
    assert!(matches!(stale, Some(Error::StepUpRequired)), "{stale:?}");
    test.clock.advance(Duration::hours(72));
    let late = certificates::issue(&test.portal, &test.dana().await, id)
        .await
        .err();
    assert!(
        matches!(late, Some(Error::Conflict(Conflict::ApprovalExpired))),
        "{late:?}"
    );
    assert!(test.atlas.creates().is_empty());
}

/// Puts an attempt into the state a dead process left it in.
async fn leave_open(test: &TestPortal, id: RequestId, state: &str) {
    let mut tx = test.portal.pool.begin().await.expect("a transaction");
    let attempt = test.portal.new_id();
    sqlx::query(
        "insert into issue_attempt
            (id, request_id, project_id, username, months, state, boot_id, secret_hash, began_at)
         select $1, id, project_id, username, months, 'prepared', $1, sha256('x'), $3 from request where id = $2",
    )
    .bind(attempt)
    .bind(id.0)
    .bind(portal::clock::Clock::now(&test.clock))
    .execute(&mut *tx)
    .await
    .expect("an attempt");
    if state == "calling" {
        sqlx::query(
            "update issue_attempt set state = 'calling', baseline = '{}', baseline_ends = '{}', call_started_at = $2,
                deadline = $2 + interval '50 seconds'
             where id = $1",
        )
            .bind(attempt)
            .bind(portal::clock::Clock::now(&test.clock))
            .execute(&mut *tx)
            .await
            .expect("calling");
    }
    sqlx::query("update request set state = 'issuing', attempts = 1 where id = $1")
        .bind(id.0)
        .execute(&mut *tx)
        .await
        .expect("issuing");
    let entry = portal::audit::Entry::new(portal::audit::Event::IssueIntent {})
        .request(id)
        .attempt(portal::model::AttemptId::from_str(&attempt.to_string()).expect("an id"));
    portal::audit::append(&mut tx, &test.portal.random, &Actor::System("test"), entry)
        .await
        .expect("an entry");
    tx.commit().await.expect("committed");
}
