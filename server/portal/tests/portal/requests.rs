//! Asking, deciding, taking back.

use portal::{
    Actor, Error,
    model::{
        Conflict, Denial, Field, Obstacle, Problem, RequestFilter, RequestId, RequestScope,
        RequestState,
    },
    requests,
    testing::{CATALOG, PAYMENTS, TestPortal, new_request, parse},
};
use sqlx::PgPool;
use time::Duration;

async fn state(test: &TestPortal, actor: &Actor, id: RequestId) -> RequestState {
    requests::get(&test.portal, actor, id, None)
        .await
        .expect("visible")
        .row
        .state
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_request_is_asked_approved_and_waits_to_be_issued(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga) = (test.dana().await, test.olga().await);
    let id = test.submitted(&dana, "orders-api").await;

    let inbox = requests::inbox(&test.portal, &olga)
        .await
        .expect("an inbox");
    assert_eq!(inbox.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    test.approve(&olga, id).await;

    let page = requests::get(&test.portal, &dana, id, None)
        .await
        .expect("visible");
    assert_eq!(page.row.state, RequestState::Approved);
    assert!(page.may.issue && page.may.withdraw && !page.may.approve);
    assert_eq!(page.story.len(), 2);
    assert_eq!(
        page.story[0].text.as_deref(),
        Some("Rotation before the freeze, PAY-2291")
    );
    assert!(
        requests::inbox(&test.portal, &olga)
            .await
            .expect("an inbox")
            .is_empty()
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nobody_approves_or_denies_their_own_request(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    let otto = test.person("otto", &["atlas-payments-prod-owners"]).await;
    let id = test.submitted(&olga, "orders-api").await;

    let page = requests::get(&test.portal, &olga, id, None)
        .await
        .expect("visible");
    assert_eq!(page.why_not_approve, Some(Denial::OwnRequest));
    assert_eq!(
        page.approvers
            .iter()
            .map(|person| person.name.as_str())
            .collect::<Vec<_>>(),
        ["Otto"]
    );
    let refused = requests::approve(&test.portal, &olga, id, page.months_asked, &page.digest).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::OwnRequest))),
        "{refused:?}"
    );
    let refused = requests::deny(&test.portal, &olga, id, parse("I should not be able to")).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::OwnRequest))),
        "{refused:?}"
    );
    assert!(
        requests::inbox(&test.portal, &olga)
            .await
            .expect("an inbox")
            .is_empty()
    );

    test.approve(&otto, id).await;
    assert_eq!(state(&test, &olga, id).await, RequestState::Approved);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_database_refuses_self_approval_whatever_the_code_says(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let olga = test.olga().await;
    let id = test.submitted(&olga, "orders-api").await;
    let person = olga.person().expect("a person").id;
    let forged = sqlx::query(
        "insert into decision (request_id, requester_id, decider_id, verdict, decided_at)
         values ($1, $2, $2, 'approved', now())",
    )
    .bind(id.0)
    .bind(person.0)
    .execute(&test.portal.pool)
    .await
    .expect_err("four eyes");
    assert_eq!(
        forged
            .as_database_error()
            .and_then(|error| error.constraint()),
        Some("four_eyes")
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_one_may_not_see_does_not_exist(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let dana = test.dana().await;
    let id = test.submitted(&dana, "orders-api").await;
    for (who, groups) in [
        ("devon", vec!["atlas-payments-prod-developers"]),
        ("olivia", vec!["atlas-catalog-staging-owners"]),
        ("oscar", vec!["certdesk-operators"]),
        ("eve", vec![]),
    ] {
        let stranger = test.person(who, &groups).await;
        let seen = requests::get(&test.portal, &stranger, id, None).await;
        assert!(matches!(seen, Err(Error::NotFound)), "{who}: {seen:?}");
        let taken = requests::withdraw(&test.portal, &stranger, id).await;
        assert!(matches!(taken, Err(Error::NotFound)), "{who}: {taken:?}");
    }
    let nowhere = RequestId(uuid::Uuid::nil());
    assert!(matches!(
        requests::get(&test.portal, &dana, nowhere, None).await,
        Err(Error::NotFound)
    ));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn security_reads_and_changes_nothing(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, sam) = (test.dana().await, test.sam().await);
    let id = test.submitted(&dana, "orders-api").await;
    let page = requests::get(&test.portal, &sam, id, None)
        .await
        .expect("visible");
    let refused = requests::approve(&test.portal, &sam, id, page.months_asked, &page.digest).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::NotAnOwner))),
        "{refused:?}"
    );
    let refused = requests::withdraw(&test.portal, &sam, id).await;
    assert!(
        matches!(refused, Err(Error::NotAllowed(Denial::NotTheRequester))),
        "{refused:?}"
    );
    let all = RequestFilter {
        scope: RequestScope::All,
        ..RequestFilter::default()
    };
    assert_eq!(
        requests::list(&test.portal, &sam, all.clone())
            .await
            .expect("all")
            .rows
            .len(),
        1
    );
    assert!(matches!(
        requests::list(&test.portal, &dana, all).await,
        Err(Error::NotFound)
    ));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_approval_needs_a_fresh_sign_in(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga) = (test.dana().await, test.olga().await);
    let id = test.submitted(&dana, "orders-api").await;
    test.clock.advance(Duration::seconds(301));
    let page = requests::get(&test.portal, &olga, id, None)
        .await
        .expect("visible");
    assert!(page.step_up);
    let refused = requests::approve(&test.portal, &olga, id, page.months_asked, &page.digest).await;
    assert!(matches!(refused, Err(Error::StepUpRequired)), "{refused:?}");
    test.approve(&test.olga().await, id).await;
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_approval_may_shorten_and_never_lengthen(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga) = (test.dana().await, test.olga().await);
    let id = test.submitted(&dana, "orders-api").await;
    let digest = requests::get(&test.portal, &olga, id, None)
        .await
        .expect("visible")
        .digest;
    let longer = requests::approve(&test.portal, &olga, id, parse("4"), &digest).await;
    assert!(
        matches!(
            longer,
            Err(Error::Conflict(Conflict::TooLongForProject { most: 3 }))
        ),
        "{longer:?}"
    );
    requests::approve(&test.portal, &olga, id, parse("1"), &digest)
        .await
        .expect("shorter is fine");
    let page = requests::get(&test.portal, &dana, id, None)
        .await
        .expect("visible");
    assert_eq!((page.row.months.get(), page.months_asked.get()), (1, 3));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_approval_of_something_else_than_was_shown_is_refused(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga) = (test.dana().await, test.olga().await);
    let id = test.submitted(&dana, "orders-api").await;
    let refused = requests::approve(&test.portal, &olga, id, parse("3"), "another digest").await;
    assert!(
        matches!(refused, Err(Error::Conflict(Conflict::RequestChanged))),
        "{refused:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn two_owners_who_click_at_once_decide_once(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga) = (test.dana().await, test.olga().await);
    let otto = test.person("otto", &["atlas-payments-prod-owners"]).await;
    let id = test.submitted(&dana, "orders-api").await;
    let digest = requests::get(&test.portal, &olga, id, None)
        .await
        .expect("visible")
        .digest;
    let (yes, no) = tokio::join!(
        requests::approve(&test.portal, &olga, id, parse("3"), &digest),
        requests::deny(&test.portal, &otto, id, parse("not during the freeze")),
    );
    assert!(yes.is_ok() != no.is_ok(), "{yes:?} {no:?}");
    let loser = yes.err().or(no.err()).expect("one of them lost");
    assert!(
        matches!(loser, Error::Conflict(Conflict::StateChanged { .. })),
        "{loser:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_denial_gives_its_reason_and_ends_the_request(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga) = (test.dana().await, test.olga().await);
    let id = test.submitted(&dana, "orders-api").await;
    requests::deny(&test.portal, &olga, id, parse("not during the freeze"))
        .await
        .expect("an owner may");
    let page = requests::get(&test.portal, &dana, id, None)
        .await
        .expect("visible");
    assert_eq!(page.row.state, RequestState::Denied);
    assert_eq!(
        page.story.last().and_then(|line| line.text.as_deref()),
        Some("not during the freeze")
    );
    assert!(page.may.ask_again && !page.may.withdraw);
    let again = requests::withdraw(&test.portal, &dana, id).await;
    assert!(
        matches!(
            again,
            Err(Error::Conflict(Conflict::StateChanged {
                now: RequestState::Denied
            }))
        ),
        "{again:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_request_can_be_taken_back_until_it_is_issued(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga) = (test.dana().await, test.olga().await);
    for approved in [false, true] {
        let id = test.submitted(&dana, "orders-api").await;
        if approved {
            test.approve(&olga, id).await;
        }
        requests::withdraw(&test.portal, &dana, id)
            .await
            .expect("their own");
        assert_eq!(state(&test, &dana, id).await, RequestState::Withdrawn);
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn waiting_ends_for_requests_and_for_approvals(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga) = (test.dana().await, test.olga().await);
    let undecided = test.submitted(&dana, "orders-api").await;
    test.clock.advance(Duration::days(13));
    let unused = test.submitted(&dana, "ledger-batch").await;
    test.approve(&test.olga().await, unused).await;

    requests::expire_due(&test.portal).await.expect("done");
    assert_eq!(
        state(&test, &dana, undecided).await,
        RequestState::Submitted
    );
    test.clock.advance(Duration::days(1));
    let page = requests::get(&test.portal, &olga, undecided, None)
        .await
        .expect("visible");
    assert!(!page.may.approve, "due, although no job has come by");
    requests::expire_due(&test.portal).await.expect("done");
    assert_eq!(state(&test, &dana, undecided).await, RequestState::Expired);
    assert_eq!(state(&test, &dana, unused).await, RequestState::Approved);
    test.clock.advance(Duration::days(2));
    requests::expire_due(&test.portal).await.expect("done");
    requests::expire_due(&test.portal)
        .await
        .expect("nothing left to do");
    assert_eq!(state(&test, &dana, unused).await, RequestState::Expired);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_second_open_request_for_the_same_user_leads_to_the_first(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let dana = test.dana().await;
    let first = test.submitted(&dana, "orders-api").await;
    let second = requests::submit(&test.portal, &dana, new_request("orders-api")).await;
    assert!(
        matches!(second, Err(Error::Conflict(Conflict::AlreadyAsked { request })) if request == first),
        "{second:?}"
    );
    requests::withdraw(&test.portal, &dana, first)
        .await
        .expect("their own");
    test.submitted(&dana, "orders-api").await;
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_cannot_be_had_is_refused_with_the_reason(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let dana = test.dana().await;
    let customer = requests::submit(
        &test.portal,
        &dana,
        new_request("CN=Legacy Billing,O=Example"),
    )
    .await;
    assert!(
        matches!(
            customer,
            Err(Error::Conflict(Conflict::NotAvailable(
                Obstacle::CustomerUser
            )))
        ),
        "{customer:?}"
    );
    for name in ["nobody", "admin-scram"] {
        let unknown = requests::submit(&test.portal, &dana, new_request(name)).await;
        let Err(Error::Invalid(errors)) = unknown else {
            panic!("{name}: {unknown:?}")
        };
        assert_eq!(
            (errors[0].field, errors[0].problem),
            (Field::Username, Problem::NotAChoice)
        );
    }
    let mut long = new_request("orders-api");
    long.months = parse("13");
    let long = requests::submit(&test.portal, &dana, long).await;
    assert!(
        matches!(
            long,
            Err(Error::Conflict(Conflict::TooLongForProject { most: 12 }))
        ),
        "{long:?}"
    );
    let mut elsewhere = new_request("catalog-web");
    elsewhere.project = parse(CATALOG);
    let elsewhere = requests::submit(&test.portal, &dana, elsewhere).await;
    assert!(matches!(elsewhere, Err(Error::NotFound)), "{elsewhere:?}");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_form_offers_what_can_be_had_and_names_who_can_approve(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let dana = test.dana().await;
    test.olga().await;
    let form = requests::form(
        &test.portal,
        &dana,
        Some(&parse(PAYMENTS)),
        Some(&parse("orders-api")),
    )
    .await
    .expect("their project");
    assert_eq!(form.projects.len(), 1);
    let choice = form.project.expect("chosen");
    assert_eq!(choice.users.len(), 4);
    assert_eq!(
        choice
            .users
            .iter()
            .filter(|user| user.obstacle.is_none())
            .count(),
        2
    );
    assert_eq!(choice.user.expect("chosen").username, parse("orders-api"));
    assert_eq!(choice.approvers.len(), 1);
    let elsewhere = requests::form(&test.portal, &dana, Some(&parse(CATALOG)), None).await;
    assert!(matches!(elsewhere, Err(Error::NotFound)), "{elsewhere:?}");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn lists_are_paged_without_loss_or_repetition(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let dana = test.dana().await;
    let mut made = Vec::new();
    for _ in 0..120 {
        let id = test.submitted(&dana, "orders-api").await;
        requests::withdraw(&test.portal, &dana, id)
            .await
            .expect("their own");
        made.push(id);
    }
    made.reverse();
    let mut seen = Vec::new();
    let mut filter = RequestFilter::default();
    loop {
        let page = requests::list(&test.portal, &dana, filter.clone())
            .await
            .expect("a page");
        seen.extend(page.rows.iter().map(|row| row.id));
        match page.more {
            Some(more) => filter.after = Some(more),
            None => break,
        }
    }
    // All were made at the same moment of the test's clock: ids alone tell them apart.
    assert_eq!(seen.len(), 120);
    let mut expected = made;
    expected.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(seen, expected);
}
