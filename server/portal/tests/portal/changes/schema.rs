//! What the database refuses, whatever the code above it says.

use portal::{
    Actor,
    audit::{Entry, Event},
    model::{ChangeId, ChangeKind, ChangeState},
    testing::TestPortal,
};
use sqlx::{AssertSqlSafe, PgPool, error::DatabaseError};
use strum::IntoEnumIterator as _;

use super::with_two_owners;

/// Updates a change in a transaction that has an entry about it; the constraint that refuses, if one does.
async fn update(test: &TestPortal, id: ChangeId, second: &Actor, set: &str) -> Option<String> {
    let mut tx = test.portal.pool.begin().await.expect("a transaction");
    let updated = sqlx::query(AssertSqlSafe(format!(
        "update change set {set}, changed_at = now() where id = $1 and $2 <> id"
    )))
    .bind(id.0)
    .bind(second.person().expect("a person").id.0)
    .execute(&mut *tx)
    .await;
    let outcome = match updated {
        Ok(_) => {
            let entry = Entry::new(Event::ChangeWithdrawn {}).change(id);
            let actor = Actor::System("test");
            portal::audit::append(&mut tx, &test.portal.random, &actor, entry)
                .await
                .expect("an entry");
            tx.commit().await
        }
        Err(error) => Err(error),
    };
    outcome.err().and_then(|error| {
        let error = error
            .into_database_error()
            .expect("refused by the database");
        error.constraint().map(str::to_owned)
    })
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nothing_about_a_change_changes_without_an_entry_about_it(owner: PgPool) {
    let (test, olga, _) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    for set in [
        "state = 'withdrawn'",
        "until = until + interval '1 year'",
        "overridden = '{payments}'",
        "authorities = 'x'",
    ] {
        let silent = sqlx::query(AssertSqlSafe(format!(
            "update change set {set} where id = $1"
        )))
        .bind(id.0)
        .execute(&test.portal.pool)
        .await
        .expect_err("refused");
        let name = silent
            .as_database_error()
            .and_then(|error| error.constraint());
        assert_eq!(name, Some("audited_or_not_at_all"), "{set}");
    }
    let born = sqlx::query(
        "insert into change (id, project_id, kind, username, plan, reason, requester_id, state, digest, submitted_at,
            changed_at)
         select gen_random_uuid(), project_id, 'delete_user', 'x', '{\"kind\": \"delete_user\"}', reason, requester_id,
            'submitted', digest, submitted_at, changed_at from change",
    )
    .execute(&test.portal.pool)
    .await
    .expect_err("refused");
    let name = born
        .as_database_error()
        .and_then(|error| error.constraint());
    assert_eq!(name, Some("audited_or_not_at_all"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_database_refuses_self_approval_and_approval_by_nobody(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    for state in ["approved", "denied"] {
        for second in ["requester_id", "null"] {
            let set = format!("state = '{state}', second_id = {second}");
            let refused = update(&test, id, &otto, &set).await;
            assert_eq!(refused.as_deref(), Some("four_eyes"), "{set}");
        }
    }
    assert_eq!(
        update(&test, id, &otto, "state = 'approved', second_id = $2").await,
        None
    );
    // Once said, it stays said: by whom, and of which clusters.
    for set in [
        "second_id = null",
        "second_id = requester_id",
        "overridden = '{payments}'",
    ] {
        let refused = update(&test, id, &otto, set).await;
        assert_eq!(refused.as_deref(), Some("four_eyes"), "{set}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn only_the_transitions_of_the_table_happen(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    for state in [
        "calling",
        "unknown",
        "applying",
        "done",
        "rejected",
        "not_applied",
    ] {
        let set = format!(
            "state = '{state}', second_id = $2, try_id = id, call_started_at = now(), deadline = now(),
                applied_at = case when '{state}' in ('applying', 'done') then now() end"
        );
        let refused = update(&test, id, &otto, &set).await;
        assert_eq!(refused.as_deref(), Some("allowed_transition"), "{state}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_call_that_began_is_forgotten_only_with_a_reason_and_never_once_it_was_sent(
    owner: PgPool,
) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    let calling = "state = 'calling', try_id = id, call_started_at = now(), deadline = now()";
    let back = "state = 'approved', call_started_at = null, deadline = null";
    assert_eq!(
        update(&test, id, &otto, "state = 'approved', second_id = $2").await,
        None
    );
    let unrecorded = update(&test, id, &otto, "state = 'calling'").await;
    assert_eq!(unrecorded.as_deref(), Some("call_is_on_record"));
    assert_eq!(update(&test, id, &otto, calling).await, None);
    let refused = update(&test, id, &otto, back).await;
    assert_eq!(refused.as_deref(), Some("sent_once"));
    let with_reason = format!("{back}, not_sent = 'connect'");
    assert_eq!(update(&test, id, &otto, &with_reason).await, None);
    assert_eq!(update(&test, id, &otto, calling).await, None);
    assert_eq!(update(&test, id, &otto, "state = 'unknown'").await, None);
    for again in [with_reason.as_str(), calling] {
        let refused = update(&test, id, &otto, again).await;
        assert_eq!(refused.as_deref(), Some("allowed_transition"));
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_asked_for_stays_as_it_was(owner: PgPool) {
    let (test, olga, _) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    for set in [
        "plan = plan",
        "kind = kind",
        "username = username",
        "reason = reason",
        "requester_id = requester_id",
        "project_id = project_id",
        "digest = digest",
        "submitted_at = submitted_at",
    ] {
        let refused = sqlx::query(AssertSqlSafe(format!(
            "update change set {set} where id = $1"
        )))
        .bind(id.0)
        .execute(&test.portal.pool)
        .await
        .expect_err("refused");
        let code = refused.as_database_error().and_then(DatabaseError::code);
        assert_eq!(code.as_deref(), Some("42501"), "{set}");
    }
    let gone = sqlx::query("delete from change")
        .execute(&test.portal.pool)
        .await;
    assert!(gone.is_err());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_words_of_the_code_and_of_the_database_are_the_same(owner: PgPool) {
    for (constraint, words) in [
        (
            "change_state_check",
            ChangeState::iter()
                .map(|one| one.to_string())
                .collect::<Vec<_>>(),
        ),
        (
            "change_kind_check",
            ChangeKind::iter().map(|one| one.to_string()).collect(),
        ),
    ] {
        let checked: String = sqlx::query_scalar(
            "select pg_get_constraintdef(oid) from pg_constraint
             where conrelid = 'change'::regclass and conname = $1",
        )
        .bind(constraint)
        .fetch_one(&owner)
        .await
        .expect("the constraint");
        for word in &words {
            assert!(checked.contains(&format!("'{word}'")), "{word}");
        }
        assert_eq!(
            checked.matches('\'').count() / 2,
            words.len(),
            "{constraint}"
        );
    }
    let over: Vec<String> = ChangeState::iter()
        .filter(|one| one.is_over())
        .map(|one| one.to_string())
        .collect();
    let ends: Vec<String> = sqlx::query_scalar(
        "select distinct to_state from allowed_transition t where noun = 'change' and not exists (
            select 1 from allowed_transition f where f.noun = t.noun and f.from_state = t.to_state)",
    )
    .fetch_all(&owner)
    .await
    .expect("the table");
    assert_eq!(over.len(), ends.len());
    assert!(
        over.iter().all(|state| ends.contains(state)),
        "{over:?} {ends:?}"
    );
}
