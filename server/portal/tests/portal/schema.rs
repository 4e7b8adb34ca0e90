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

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nothing_is_approved_without_a_decision_and_nothing_is_changed_without_an_entry(
    owner: PgPool,
) {
    let test = TestPortal::new(owner).await;
    let id = test.submitted(&test.dana().await, "orders-api").await;
    let alone =
        sqlx::query("update request set state = 'approved', approved_months = 3 where id = $1")
            .bind(id.0)
            .execute(&test.portal.pool)
            .await;
    assert_eq!(constraint(alone).as_deref(), Some("four_eyes"));
    let longer = sqlx::query("update request set until = now() + interval '9 years' where id = $1")
        .bind(id.0)
        .execute(&test.portal.pool)
        .await;
    assert_eq!(constraint(longer).as_deref(), Some("audited_or_not_at_all"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_attempt_makes_what_was_approved_and_only_once(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga) = (test.dana().await, test.olga().await);
    let id = test.submitted(&dana, "orders-api").await;
    let attempt = |username: &'static str, months: i16| {
        let portal = test.portal.clone();
        async move {
            sqlx::query(
                "insert into issue_attempt
                    (id, request_id, project_id, username, months, state, boot_id, secret_hash, began_at)
                 select gen_random_uuid(), id, project_id, $2, $3, 'prepared', id, sha256('x'), now()
                 from request where id = $1",
            )
            .bind(id.0)
            .bind(username)
            .bind(months)
            .execute(&portal.pool)
            .await
        }
    };
    assert_eq!(
        constraint(attempt("orders-api", 3).await).as_deref(),
        Some("as_approved"),
        "not approved yet"
    );
    test.approve(&olga, id).await;
    assert_eq!(
        constraint(attempt("ledger-batch", 3).await).as_deref(),
        Some("as_approved")
    );
    assert_eq!(
        constraint(attempt("orders-api", 4).await).as_deref(),
        Some("as_approved")
    );
    test.issue(&dana, id).await.expect("begun");
    assert_eq!(
        constraint(attempt("orders-api", 3).await).as_deref(),
        Some("as_approved"),
        "issued already"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_runtime_role_cannot_become_somebody_else(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.dana().await;
    for attack in [
        "update person set sub = 'olga'",
        "update person set iss = 'https://evil.example'",
        "update session set groups = '{certdesk-security}'",
        "update session set ends_at = now() + interval '1 year'",
        "update certificate set holder_id = null",
        "update request set requester_id = gen_random_uuid()",
        "update request set months = 24",
        "delete from decision",
    ] {
        let refused = sqlx::query(attack)
            .execute(&test.portal.pool)
            .await
            .expect_err(attack);
        let code = refused
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        assert_eq!(code.as_deref(), Some("42501"), "{attack}: {refused}");
    }
}
