//! What the database refuses, whatever the code above it says.

use portal::testing::TestPortal;
use sqlx::{PgPool, postgres::PgQueryResult};

fn constraint(outcome: Result<PgQueryResult, sqlx::Error>) -> Option<String> {
    let error = outcome.expect_err("refused");
    error
        .as_database_error()
        .and_then(|error| error.constraint())
        .map(str::to_owned)
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn no_state_changes_without_an_entry_about_it_in_the_same_transaction(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let dana = test.dana().await;
    let id = test.submitted(&dana, "orders-api").await;
    let silent = sqlx::query("update request set state = 'withdrawn' where id = $1")
        .bind(id.0)
        .execute(&test.portal.pool)
        .await;
    assert_eq!(constraint(silent).as_deref(), Some("audited_or_not_at_all"));

    // An entry about another request does not count either.
    let other = test.submitted(&dana, "ledger-batch").await;
    let mut tx = test.portal.pool.begin().await.expect("a transaction");
    sqlx::query("update request set state = 'withdrawn' where id = $1")
        .bind(id.0)
        .execute(&mut *tx)
        .await
        .expect("not yet");
    let entry =
        format!(r#"{{"actor":{{}},"data":{{}},"request":"{other}","type":"request.withdrawn"}}"#);
    sqlx::query("select audit.append($1, null)")
        .bind(entry)
        .execute(&mut *tx)
        .await
        .expect("an entry");
    let commit = tx.commit().await.expect_err("refused");
    let name = commit
        .as_database_error()
        .and_then(|error| error.constraint());
    assert_eq!(name, Some("audited_or_not_at_all"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_certificate_is_not_recorded_without_an_entry(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let silent = sqlx::query(
        "insert into certificate
            (id, project_id, username, serial, subject, not_before, not_after, origin, first_seen_at)
         select gen_random_uuid(), id, 'x', 1, 'CN=x', now(), now() + interval '1 day', 'preexisting', now()
         from project limit 1",
    )
    .execute(&test.portal.pool)
    .await;
    assert_eq!(constraint(silent).as_deref(), Some("audited_or_not_at_all"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn only_the_transitions_of_the_table_happen(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let id = test.submitted(&test.dana().await, "orders-api").await;
    for state in ["issuing", "ready", "delivered", "lost", "unknown"] {
        let jump = sqlx::query("update request set state = $2 where id = $1")
            .bind(id.0)
            .bind(state)
            .execute(&test.portal.pool)
            .await;
        assert_eq!(
            constraint(jump).as_deref(),
            Some("allowed_transition"),
            "{state}"
        );
    }
    let born_ready = sqlx::query(
        "insert into request
            (id, project_id, username, months, reason, requester_id, state, digest, submitted_at, changed_at)
         select gen_random_uuid(), project_id, 'x', months, reason, requester_id, 'ready', digest, now(), now()
         from request",
    )
    .execute(&test.portal.pool)
    .await;
    assert_eq!(
        constraint(born_ready).as_deref(),
        Some("allowed_transition")
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_table_of_transitions_is_as_reviewed(owner: PgPool) {
    let rows: Vec<String> = sqlx::query_scalar(
        "select noun || ': ' || from_state || ' -> ' || string_agg(to_state, ' | ' order by to_state)
         from allowed_transition group by noun, from_state order by noun, from_state",
    )
    .fetch_all(&owner)
    .await
    .expect("the table");
    insta::assert_snapshot!(rows.join("\n"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_states_of_the_code_and_of_the_database_are_the_same(owner: PgPool) {
    use strum::IntoEnumIterator as _;
    let checked: String = sqlx::query_scalar(
        "select pg_get_constraintdef(oid) from pg_constraint
         where conrelid = 'request'::regclass and conname = 'request_state_check'",
    )
    .fetch_one(&owner)
    .await
    .expect("the constraint");
    for state in portal::model::RequestState::iter() {
        assert!(checked.contains(&format!("'{state}'")), "{state}");
    }
    assert_eq!(
        checked.matches('\'').count() / 2,
        portal::model::RequestState::iter().count()
    );
}
