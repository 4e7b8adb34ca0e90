//! Reading what happened.

use anyhow::Result;
use serde_json::Value;
use sqlx::{PgPool, Row as _, postgres::PgRow};

use super::{Detail, History, LogEntry, Tables};
use crate::{arena::Arena, clock};

impl History {
    /// Reads everything but what was found where it must not be.
    pub(crate) async fn read(arena: &Arena) -> Result<Self> {
        let pool = &arena.database.pool;
        Ok(Self {
            calls: arena.atlas.calls().await?,
            made: arena.atlas.made().await?,
            log: log(pool).await?,
            details: details(pool).await?,
            head: sqlx::query_scalar("select size from audit.head")
                .fetch_one(pool)
                .await?,
            tables: tables(pool).await?,
            told: arena.clients.told(),
            leaks: Vec::new(),
            read_at: clock::now(),
        })
    }
}

async fn log(pool: &PgPool) -> Result<Vec<LogEntry>> {
    let rows = sqlx::query(
        "select seq, body, leaf_hash, at, pg_xact_commit_timestamp(transaction::xid) as committed_at, type as kind,
            person_id, project_id, request_id, change_id, attempt_id, certificate_id
         from audit.entry order by seq",
    )
    .fetch_all(pool)
    .await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &PgRow) -> Result<LogEntry> {
    let body: Vec<u8> = row.try_get("body")?;
    let whole: Value = serde_json::from_slice(&body).unwrap_or_default();
    Ok(LogEntry {
        seq: row.try_get("seq")?,
        at: row.try_get("at")?,
        committed_at: row.try_get("committed_at")?,
        kind: row.try_get("kind")?,
        person: row.try_get("person_id")?,
        project: row.try_get("project_id")?,
        request: row.try_get("request_id")?,
        change: row.try_get("change_id")?,
        attempt: row.try_get("attempt_id")?,
        certificate: row.try_get("certificate_id")?,
        leaf_hash: row.try_get("leaf_hash")?,
        entry: whole["entry"].clone(),
        body,
    })
}

async fn details(pool: &PgPool) -> Result<Vec<Detail>> {
    let rows = sqlx::query("select seq, field, salt, value from audit.detail order by seq, field")
        .fetch_all(pool)
        .await?;
    let details = rows.iter().map(|row| {
        Ok(Detail {
            seq: row.try_get("seq")?,
            field: row.try_get("field")?,
            salt: row.try_get("salt")?,
            value: row.try_get("value")?,
        })
    });
    details.collect()
}

async fn tables(pool: &PgPool) -> Result<Tables> {
    Ok(Tables {
        requests: sqlx::query_as(
            "select id, project_id, username, requester_id, state, until from request order by id",
        )
        .fetch_all(pool)
        .await?,
        attempts: sqlx::query_as(
            "select id, request_id, project_id, username, state, certificate_id, sealed is not null as waits, downloads
             from issue_attempt order by id",
        )
        .fetch_all(pool)
        .await?,
        certificates: sqlx::query_as(
            "select id, project_id, serial, origin, request_id from certificate order by id",
        )
        .fetch_all(pool)
        .await?,
        decisions: sqlx::query_as(
            "select request_id, decider_id, verdict from decision order by request_id",
        )
        .fetch_all(pool)
        .await?,
        changes: sqlx::query_as(
            "select id, project_id, username, state, until from change order by id",
        )
        .fetch_all(pool)
        .await?,
    })
}
