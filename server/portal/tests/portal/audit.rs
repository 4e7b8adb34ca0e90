//! The audit log.

use portal::{
    Actor, Error,
    audit::{self, Entry, Event},
    model::{AuditFilter, EventKind},
    requests,
    testing::{PAYMENTS, TestPortal, parse},
};
use sha2::{Digest as _, Sha256};
use sqlx::{PgPool, Row as _};

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn numbers_have_no_gaps_and_leaves_are_hashes_of_the_bytes(owner: PgPool) {
    let test = TestPortal::empty(owner);
    let writers = (0..8).map(|writer| {
        let portal = test.portal.clone();
        async move {
            for entry in 0..10 {
                let mut tx = portal.pool.begin().await.expect("a transaction");
                let event = Event::SessionEnded {
                    how: format!("{writer}/{entry}"),
                };
                audit::append(
                    &mut tx,
                    &portal.random,
                    &Actor::System("test"),
                    Entry::new(event),
                )
                .await
                .expect("an entry");
                // Every third is taken back, as when a change fails: its number is used by the next.
                if entry % 3 == 0 {
                    tx.rollback().await
                } else {
                    tx.commit().await
                }
                .expect("an end");
            }
        }
    });
    futures::future::join_all(writers).await;

    let rows = sqlx::query("select seq, body, leaf_hash from audit.entry order by seq")
        .fetch_all(&test.portal.pool)
        .await
        .expect("entries");
    assert_eq!(rows.len(), 8 * 6);
    for (place, row) in rows.iter().enumerate() {
        let (seq, body): (i64, Vec<u8>) = (row.get("seq"), row.get("body"));
        assert_eq!(seq, i64::try_from(place).expect("few"));
        let leaf: [u8; 32] = Sha256::digest([&[0], body.as_slice()].concat()).into();
        assert_eq!(row.get::<Vec<u8>, _>("leaf_hash"), leaf);
        let json: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(json["seq"], seq.to_string());
    }
    let head = audit::head(&test.portal).await.expect("a head");
    assert_eq!(head.size, 48);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_runtime_role_cannot_touch_the_log(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let dana = test.dana().await;
    test.submitted(&dana, "orders-api").await;
    for attack in [
        "update audit.entry set body = 'x'",
        "delete from audit.entry",
        "truncate audit.entry",
        "truncate audit.entry, audit.detail",
        "insert into audit.entry select * from audit.entry",
        "update audit.head set size = 0",
        "update audit.detail set value = 'x'",
        "alter table audit.entry disable trigger all",
        "drop table audit.entry cascade",
        "set session_replication_role = replica",
        "create or replace function audit.now() returns timestamptz language sql as 'select now()'",
        "update allowed_transition set to_state = 'ready'",
        "alter table request disable trigger all",
        "drop trigger request_is_audited on request",
        "create table mine (id int)",
    ] {
        let refused = sqlx::query(attack)
            .execute(&test.portal.pool)
            .await
            .expect_err(attack);
        let code = refused
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .map(|code| code.to_string());
        assert_eq!(code.as_deref(), Some("42501"), "{attack}: {refused}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn not_even_the_owner_edits_the_log_by_accident(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.submitted(&test.dana().await, "orders-api").await;
    for attack in [
        "update audit.entry set type = 'x'",
        "delete from audit.entry",
        "truncate audit.entry cascade",
    ] {
        let refused = sqlx::query(attack)
            .execute(&test.owner)
            .await
            .expect_err(attack);
        assert!(
            refused.to_string().contains("append-only"),
            "{attack}: {refused}"
        );
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_refused_attempt_at_what_matters_is_on_record(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (olga, sam) = (test.olga().await, test.sam().await);
    let id = test.submitted(&olga, "orders-api").await;
    let digest = requests::get(&test.portal, &olga, id, None)
        .await
        .expect("visible")
        .digest;
    requests::approve(&test.portal, &olga, id, parse("3"), &digest)
        .await
        .expect_err("their own");
    let filter = AuditFilter {
        kind: Some(EventKind::AccessDenied),
        ..AuditFilter::default()
    };
    let rows = audit::list(&test.portal, &sam, filter)
        .await
        .expect("security reads")
        .rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].request, Some(id));
    assert_eq!(
        rows[0].event,
        Event::AccessDenied {
            action: "approve_request".into(),
            why: "own_request".into()
        }
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn security_reads_all_owners_their_projects_others_nothing(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, olga, sam) = (test.dana().await, test.olga().await, test.sam().await);
    let id = test.submitted(&dana, "orders-api").await;
    let otto = test
        .person("olivia", &["atlas-catalog-staging-owners"])
        .await;
    let all = |actor: Actor| {
        let portal = test.portal.clone();
        async move {
            audit::list(&portal, &actor, AuditFilter::default())
                .await
                .map(|list| list.rows)
        }
    };
    assert_eq!(all(sam.clone()).await.expect("security").len(), 1);
    let owned = all(olga.clone()).await.expect("an owner");
    assert_eq!(owned.first().and_then(|row| row.request), Some(id));
    assert!(all(otto.clone()).await.expect("another owner").is_empty());
    assert!(matches!(all(dana.clone()).await, Err(Error::NotFound)));

    let seq = owned[0].seq;
    assert!(
        audit::get(&test.portal, &olga, seq)
            .await
            .expect("theirs")
            .body
            .contains("request.submitted")
    );
    for stranger in [&otto, &dana] {
        assert!(matches!(
            audit::get(&test.portal, stranger, seq).await,
            Err(Error::NotFound)
        ));
    }
    assert!(matches!(
        audit::get(&test.portal, &sam, 999).await,
        Err(Error::NotFound)
    ));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_list_is_filtered_and_paged(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, sam) = (test.dana().await, test.sam().await);
    for _ in 0..40 {
        let id = test.submitted(&dana, "orders-api").await;
        requests::withdraw(&test.portal, &dana, id)
            .await
            .expect("their own");
    }
    let mut filter = AuditFilter {
        kind: Some(EventKind::RequestWithdrawn),
        project: Some(parse(PAYMENTS)),
        person: dana.person().map(|person| person.id),
        ..AuditFilter::default()
    };
    let first = audit::list(&test.portal, &sam, filter.clone())
        .await
        .expect("a page");
    assert_eq!((first.rows.len(), first.more), (40, None));
    filter.kind = None;
    let first = audit::list(&test.portal, &sam, filter.clone())
        .await
        .expect("a page");
    assert_eq!(first.rows.len(), 50);
    filter.after = first.more;
    let second = audit::list(&test.portal, &sam, filter)
        .await
        .expect("a page");
    assert_eq!((second.rows.len(), second.more), (30, None));
    assert!(
        first.rows.last().expect("rows").seq > second.rows[0].seq,
        "newest first"
    );
}
