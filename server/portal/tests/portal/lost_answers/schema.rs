//! What the database refuses about lost answers, whatever the code above it says.

use portal::{
    atlas::{NextCreate, UnknownClass},
    audit::{self, Entry, Event},
    model::{AttemptId, RequestId, RequestState},
    testing::TestPortal,
};
use sqlx::PgPool;
use uuid::Uuid;

use super::{behind_our_back, look_at, lost, on_record, state};

const NOT_MADE: NextCreate = NextCreate::Unknown(UnknownClass::Timeout);

/// What becomes of statements, with an entry about the request and its attempt in the same transaction:
/// the constraint that refuses them, or `done`. `$1` is the request.
async fn tried(test: &TestPortal, id: RequestId, statements: &[&'static str]) -> String {
    let attempt: Uuid = sqlx::query_scalar(
        "select id from issue_attempt where request_id = $1 order by number desc limit 1",
    )
    .bind(id.0)
    .fetch_one(&test.portal.pool)
    .await
    .expect("an attempt");
    let mut tx = test.portal.pool.begin().await.expect("a transaction");
    let entry = Entry::new(Event::IssueIntent {})
        .request(id)
        .attempt(AttemptId(attempt));
    audit::append(
        &mut tx,
        &test.portal.random,
        &portal::Actor::System("test"),
        entry,
    )
    .await
    .expect("an entry");
    let mut outcome = Ok(());
    for statement in statements {
        outcome = sqlx::query(*statement)
            .bind(id.0)
            .execute(&mut *tx)
            .await
            .map(|_| ());
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() {
        outcome = tx.commit().await;
    }
    match outcome {
        Ok(()) => "done".to_owned(),
        Err(error) => error
            .as_database_error()
            .and_then(|error| error.constraint())
            .map_or_else(|| error.to_string(), str::to_owned),
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_unknown_attempt_is_neither_forgotten_nor_rewritten(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = lost(&test, NOT_MADE).await;
    for (statement, constraint) in [
        (
            "update issue_attempt set next_poll_at = null where request_id = $1",
            "unknown_is_looked_after",
        ),
        (
            "update issue_attempt set baseline = '{1}', baseline_ends = '{2027-01-01}' where request_id = $1",
            "call_is_kept",
        ),
        (
            "update issue_attempt set deadline = now() - interval '1 year' where request_id = $1",
            "call_is_kept",
        ),
        (
            "update issue_attempt set unknown_at = now() - interval '1 year' where request_id = $1",
            "call_is_kept",
        ),
        (
            "update issue_attempt set rearmed = true where request_id = $1",
            "issue_attempt_check",
        ),
        (
            "update issue_attempt set state = 'lost', next_poll_at = null where request_id = $1",
            "certificate_is_named",
        ),
        (
            "update issue_attempt set state = 'ambiguous', next_poll_at = null where request_id = $1",
            "ambiguous_names_candidates",
        ),
        (
            "update issue_attempt set state = 'not_issued', next_poll_at = null where request_id = $1",
            "not_issued_was_read",
        ),
        (
            "update issue_attempt set state = 'calling', unknown_at = null, next_poll_at = null where request_id = $1",
            "call_is_kept",
        ),
        (
            "update request set state = 'approved' where id = $1",
            "rearmed_once",
        ),
    ] {
        assert_eq!(
            tried(&test, id, &[statement]).await,
            constraint,
            "{statement}"
        );
    }
    // That a list was read needs no entry, as it changes nothing.
    sqlx::query("update issue_attempt set polls = polls + 1, list_sha256 = sha256('x') where request_id = $1")
        .bind(id.0)
        .execute(&test.portal.pool)
        .await
        .expect("progress");
    let silent = sqlx::query(
        "update issue_attempt set state = 'not_issued', next_poll_at = null where request_id = $1",
    )
    .bind(id.0)
    .execute(&test.portal.pool)
    .await
    .expect_err("refused");
    let constraint = silent
        .as_database_error()
        .and_then(|error| error.constraint());
    assert_eq!(constraint, Some("audited_or_not_at_all"));
    assert_eq!(state(&test, id).await, RequestState::Unknown);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_approval_is_given_back_by_the_last_attempt_and_once(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = lost(&test, NOT_MADE).await;
    look_at(&test, 600).await.expect("read");
    let dana = test.dana().await;
    test.atlas.next_create(NOT_MADE);
    test.issue(&dana, id).await.expect("begun");
    assert_eq!(state(&test, id).await, RequestState::Unknown);
    let end = "update issue_attempt set state = 'not_issued', next_poll_at = null, polls = 1, list_sha256 = sha256('x')
        where request_id = $1 and state = 'unknown'";
    let end_rearmed =
        "update issue_attempt set state = 'not_issued', next_poll_at = null, polls = 1,
        list_sha256 = sha256('x'), rearmed = true where request_id = $1 and state = 'unknown'";
    let approve = "update request set state = 'approved' where id = $1";
    // The attempt before has given it back already.
    assert_eq!(tried(&test, id, &[end_rearmed]).await, "rearmed_once");
    assert_eq!(tried(&test, id, &[end, approve]).await, "rearmed_once");
    assert_eq!(tried(&test, id, &[approve]).await, "rearmed_once");
    let fail = "update request set state = 'failed' where id = $1";
    assert_eq!(tried(&test, id, &[end, fail]).await, "done");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_request_leads_to_one_certificate_and_an_explanation_is_said_once(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (_, id) = lost(&test, NextCreate::UnknownButMade(UnknownClass::Reset)).await;
    look_at(&test, 2).await.expect("read");
    let second = "insert into certificate
            (id, project_id, username, serial, subject, not_before, not_after, origin, request_id, attempt_id,
             first_seen_at)
         select gen_random_uuid(), project_id, username, serial + 1, subject, not_before, not_after, origin, request_id,
             attempt_id, first_seen_at
         from certificate where request_id = $1";
    assert_eq!(tried(&test, id, &[second]).await, "certificate_request");
    let nobodys = "insert into certificate
            (id, project_id, username, serial, subject, not_before, not_after, origin, first_seen_at)
         select gen_random_uuid(), project_id, username, serial + 1, subject, not_before, not_after, 'lost', first_seen_at
         from certificate where request_id = $1";
    assert_eq!(tried(&test, id, &[nobodys]).await, "certificate_maker");

    // Only what nothing explains can be explained.
    let explain = "insert into explanation (id, person_id, reason, explained_at)
         select c.id, r.requester_id, 'because I say so', now()
         from certificate c, request r where r.id = $1 and c.origin <> 'portal'";
    assert_eq!(
        tried(&test, id, &[explain]).await,
        "explanation_id_origin_fkey"
    );
    behind_our_back(&test, "6");
    portal::certificates::sync(&test.portal)
        .await
        .expect("done");
    assert_eq!(on_record(&test).await.len(), 2);
    let explain = "insert into explanation (id, person_id, reason, explained_at)
         select c.id, r.requester_id, 'because I say so', now()
         from certificate c, request r where r.id = $1 and c.origin = 'unexplained'";
    assert_eq!(tried(&test, id, &[explain]).await, "audited_or_not_at_all");
    let edit = "update explanation set reason = 'because I say otherwise' where $1 = $1";
    assert!(
        tried(&test, id, &[edit])
            .await
            .contains("permission denied")
    );
}
