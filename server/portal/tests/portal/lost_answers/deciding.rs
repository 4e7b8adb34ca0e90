//! What Atlas's lists do not tell is decided by security.

use portal::{
    Actor, Error,
    atlas::{ListedCertificate, NextCreate, ReadCall, ReadError, UnknownClass},
    audit::Event,
    certificates,
    model::{
        Conflict, Denial, EventKind, Field, Origin, Problem, Reason, Refusal, RefusalReason,
        RequestId, RequestState, Serial, Verdict,
    },
    testing::{TestPortal, parse},
};
use sqlx::PgPool;
use time::Duration;

use super::{
    behind_our_back, entries, look_at, lost, on_record, orders, origin, page, payments, state,
    story,
};

const MADE: NextCreate = NextCreate::UnknownButMade(UnknownClass::Reset);

fn reason() -> Reason {
    parse("Asked the team, see SEC-114")
}

/// A request of which two certificates could be the one: the one its call made, and another.
async fn ambiguous(test: &TestPortal) -> (Actor, RequestId, [ListedCertificate; 2]) {
    let (dana, id) = lost(test, MADE).await;
    let own = test.atlas.made(&payments(), &orders()).pop().expect("made");
    let other = behind_our_back(test, "3");
    look_at(test, 2).await.expect("read");
    assert_eq!(state(test, id).await, RequestState::Ambiguous);
    (dana, id, [own, other])
}

async fn resolve(
    test: &TestPortal,
    actor: &Actor,
    id: RequestId,
    verdict: Verdict,
) -> portal::Result<()> {
    certificates::resolve(&test.portal, actor, id, verdict, &reason()).await
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn two_that_could_be_the_one_wait_for_security(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, both) = ambiguous(&test).await;
    let sam = test.sam().await;
    // Until it is decided, nobody calls them anybody's.
    certificates::sync(&test.portal).await.expect("done");
    look_at(&test, 600).await.expect("nothing is due");
    assert!(on_record(&test).await.is_empty());

    let seen = page(&test, &sam, id).await;
    let ambiguity = seen.ambiguity.expect("theirs to decide");
    let mut serials: Vec<_> = ambiguity.candidates.iter().map(|one| one.serial).collect();
    let mut expected = both.each_ref().map(|one| one.serial);
    serials.sort_unstable();
    expected.sort_unstable();
    assert_eq!(serials, expected);
    assert!(ambiguity.gives_back && seen.may.resolve && seen.step_up == sam_is_stale(&test, &sam));
    assert!(page(&test, &dana, id).await.ambiguity.is_none());
    let today = portal::today::get(&test.portal, &sam).await.expect("today");
    assert_eq!(today.to_resolve.len(), 1);
    assert_eq!(
        portal::today::counts(&test.portal, &sam)
            .await
            .expect("counts")
            .today,
        1
    );

    let [own, other] = both;
    let sam = test.sam().await;
    resolve(&test, &sam, id, Verdict::Lost(own.serial))
        .await
        .expect("decided");
    let after = page(&test, &dana, id).await;
    assert_eq!(after.row.state, RequestState::Lost);
    assert_eq!(
        story(&after)[5..],
        [
            EventKind::IssueAmbiguous,
            EventKind::CertLost,
            EventKind::IssueResolved
        ]
    );
    let last = after.story.last().expect("a story");
    assert_eq!(last.text.as_deref(), Some("Asked the team, see SEC-114"));
    assert_eq!(origin(&test, &own).await, Some(Origin::Lost));
    assert_eq!(origin(&test, &other).await, Some(Origin::Unexplained));
    certificates::sync(&test.portal).await.expect("done");
    assert_eq!(on_record(&test).await.len(), 2);
    let again = resolve(&test, &sam, id, Verdict::NothingMade).await.err();
    assert!(
        matches!(again, Some(Error::Conflict(Conflict::StateChanged { .. }))),
        "{again:?}"
    );
}

fn sam_is_stale(test: &TestPortal, sam: &Actor) -> bool {
    let signed_in = sam.person().and_then(|person| person.auth_time);
    let now = portal::clock::Clock::now(&test.clock);
    signed_in.is_none_or(|at| now - at > Duration::seconds(300))
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn that_nothing_was_made_gives_the_approval_back(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, both) = ambiguous(&test).await;
    let sam = test.sam().await;
    resolve(&test, &sam, id, Verdict::NothingMade)
        .await
        .expect("decided");
    let after = page(&test, &dana, id).await;
    assert_eq!(after.row.state, RequestState::Approved);
    let Some(Event::IssueResolved {
        verdict,
        serial,
        approval,
    }) = after.story.last().map(|line| &line.event)
    else {
        panic!("{:?}", after.story);
    };
    assert_eq!(
        (verdict.as_str(), serial, approval.as_deref()),
        ("nothing_made", &None, Some("given_back"))
    );
    for one in &both {
        assert_eq!(origin(&test, one).await, Some(Origin::Unexplained));
    }
    assert_eq!(entries(&test, EventKind::CertUnexplained).await, 2);
    // What stands in the list by now is not taken for what the next call makes.
    let dana = test.dana().await;
    test.issue(&dana, id).await.expect("begun");
    assert_eq!(state(&test, id).await, RequestState::Ready);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn only_security_decides_and_only_over_what_could_be_the_one(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id, [own, _]) = ambiguous(&test).await;
    let verdict = Verdict::Lost(own.serial);
    for (actor, expected) in [
        (test.olga().await, Denial::NotSecurity),
        (test.dana().await, Denial::OwnRequest),
        (
            test.person("dana", &["certdesk-security"]).await,
            Denial::OwnRequest,
        ),
    ] {
        let refused = resolve(&test, &actor, id, verdict).await.err();
        assert!(
            matches!(refused, Some(Error::NotAllowed(denial)) if denial == expected),
            "{refused:?}"
        );
    }
    assert_eq!(entries(&test, EventKind::AccessDenied).await, 3);
    let stranger = test
        .person("olivia", &["atlas-catalog-staging-owners"])
        .await;
    let hidden = resolve(&test, &stranger, id, verdict).await.err();
    assert!(matches!(hidden, Some(Error::NotFound)), "{hidden:?}");

    let sam = test.sam().await;
    let invented = resolve(&test, &sam, id, Verdict::Lost(Serial(4)))
        .await
        .err();
    let Some(Error::Invalid(errors)) = &invented else {
        panic!("{invented:?}");
    };
    assert_eq!(
        (errors[0].field, errors[0].problem),
        (Field::Verdict, Problem::NotAChoice)
    );
    test.clock.advance(Duration::seconds(301));
    let stale = resolve(&test, &sam, id, verdict).await.err();
    assert!(matches!(stale, Some(Error::StepUpRequired)), "{stale:?}");
    assert_eq!(state(&test, id).await, RequestState::Ambiguous);
    assert!(on_record(&test).await.is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn where_something_else_was_made_that_nothing_was_is_not_taken_for_granted(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    // Atlas made something, and not what was asked for.
    let (dana, id) = lost(&test, NextCreate::WrongEnd(Duration::days(10))).await;
    let odd = test.atlas.made(&payments(), &orders()).pop().expect("made");
    for seconds in [2, 10, 30, 120, 300] {
        look_at(&test, seconds).await.expect("read");
        assert_eq!(state(&test, id).await, RequestState::Unknown);
    }
    assert_eq!(origin(&test, &odd).await, Some(Origin::Unexplained));
    look_at(&test, 600).await.expect("read");
    let sam = test.sam().await;
    let seen = page(&test, &sam, id).await;
    let candidates = seen.ambiguity.expect("theirs to decide").candidates;
    assert_eq!(candidates.len(), 1);
    assert!(candidates[0].certificate.is_some(), "it has a page already");

    resolve(&test, &sam, id, Verdict::Lost(odd.serial))
        .await
        .expect("decided");
    let after = page(&test, &dana, id).await;
    assert_eq!(after.row.state, RequestState::Lost);
    let certificate = after.certificate.expect("it is known which");
    assert_eq!(certificate.serial, odd.serial);
    // One entry said that nothing explains it; this one says what does.
    assert_eq!(certificate.origin, Origin::Unexplained);
    let explanation = certificate.explanation.expect("security said so");
    assert_eq!(explanation.reason, reason().as_str());
    assert_eq!(entries(&test, EventKind::CertUnexplained).await, 1);
    assert_eq!(entries(&test, EventKind::CertLost).await, 0);
    assert_eq!(entries(&test, EventKind::CertExplained).await, 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_an_owner_says_of_a_certificate_does_not_settle_an_attempt(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = lost(&test, NextCreate::Unknown(UnknownClass::Timeout)).await;
    let other = behind_our_back(&test, "6");
    look_at(&test, 300).await.expect("read");
    let row = on_record(&test).await.pop().expect("recorded");
    assert_eq!(row.serial, other.serial);
    certificates::explain(&test.portal, &test.olga().await, row.id, &reason())
        .await
        .expect("an owner");
    look_at(&test, 600).await.expect("read");
    assert_eq!(state(&test, id).await, RequestState::Ambiguous);
    let sam = test.sam().await;
    resolve(&test, &sam, id, Verdict::NothingMade)
        .await
        .expect("decided");
    assert_eq!(state(&test, id).await, RequestState::Approved);
    let row = on_record(&test).await.pop().expect("recorded");
    let explanation = row.explanation.expect("the owner's");
    assert_eq!(explanation.by.name, "Olga");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn where_the_user_is_gone_somebody_has_to_say_what_was_made(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = lost(&test, NextCreate::Unknown(UnknownClass::Timeout)).await;
    let gone = || {
        let refusal = Refusal {
            reason: RefusalReason::UserNotFound,
            status: 404,
            code: "USERNAME_NOT_FOUND".into(),
            retry_after: None,
            retry_at: None,
            address: None,
        };
        test.atlas
            .fail_next(ReadCall::ListCertificates, ReadError::Refused(refusal));
    };
    gone();
    look_at(&test, 300).await.expect_err("too early to say");
    assert_eq!(state(&test, id).await, RequestState::Unknown);
    gone();
    look_at(&test, 600).await.expect("it is said");
    assert_eq!(state(&test, id).await, RequestState::Ambiguous);
    let sam = test.sam().await;
    let ambiguity = page(&test, &sam, id).await.ambiguity.expect("theirs");
    assert!(ambiguity.candidates.is_empty());
    resolve(&test, &sam, id, Verdict::NothingMade)
        .await
        .expect("decided");
    assert_eq!(state(&test, id).await, RequestState::Approved);
}
