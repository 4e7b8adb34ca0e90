//! Postgres as its superuser sees it, past the proxies.

use std::time::Duration;

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};
use time::OffsetDateTime;
use uuid::Uuid;

/// The superuser's connections.
#[derive(Clone)]
pub(crate) struct Database {
    /// For readers of whole tables.
    pub(crate) pool: PgPool,
}

/// An attempt, and how it ended.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Ending {
    /// Where the attempt stands.
    pub(crate) state: String,
    /// What the log adds: a class, a reason, a status.
    pub(crate) detail: Option<String>,
}

impl Database {
    pub(super) fn connect(url: &str) -> Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(10))
            .connect_lazy(url)
            .context("the database's address")?;
        Ok(Self { pool })
    }

    /// How many of something there are.
    pub(crate) async fn count(&self, what: &str) -> Result<i64> {
        let query = AssertSqlSafe(format!("select count(*) from {what}"));
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    /// Runs a statement of ours, as the superuser and past every trigger.
    pub(crate) async fn force(&self, statement: &str) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        let text = format!(
            "set session_replication_role = replica; {statement}; set session_replication_role = origin"
        );
        sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&mut *connection)
            .await?;
        Ok(())
    }

    /// Leaves something in the database that a search must find.
    pub(crate) async fn leave_mark(&self, mark: &str) -> Result<()> {
        // Three times: one of them may lie across two pages of the log of writes, with a header in between.
        let rows = format!("select '{mark}' as mark from generate_series(1, 3)");
        let statement = format!("create table torture_mark as {rows}");
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Ends connections of the portals on Postgres's side; at most so many. Answers how many.
    pub(crate) async fn end_connections(&self, most: i64) -> Result<usize> {
        let ended: Vec<bool> = sqlx::query_scalar(
            "select pg_terminate_backend(pid) from (
                select pid from pg_stat_activity where usename = 'certdesk' order by random() limit $1
             ) chosen",
        )
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(ended.len())
    }

    /// Where a request stands.
    pub(crate) async fn request_state(&self, request: Uuid) -> Result<String> {
        let state = sqlx::query_scalar("select state from request where id = $1").bind(request);
        let state: Option<String> = state.fetch_optional(&self.pool).await?;
        Ok(state.unwrap_or_else(|| "not there".to_owned()))
    }

    /// The certificate of a database user that nothing explains, once it was seen.
    pub(crate) async fn unexplained(&self, username: &str) -> Result<Option<Uuid>> {
        let certificate =
            "select id from certificate where username = $1 and origin = 'unexplained' limit 1";
        let certificate = sqlx::query_scalar(certificate).bind(username);
        Ok(certificate.fetch_optional(&self.pool).await?)
    }

    /// How the attempts of a request ended, the first one first.
    pub(crate) async fn endings(&self, request: Uuid) -> Result<Vec<Ending>> {
        Ok(sqlx::query_as(
            "select a.state, (
                select coalesce(
                    nullif(concat_ws(' ', data ->> 'class', data ->> 'why', data ->> 'status', data ->> 'code'), ''),
                    null)
                from (select convert_from(e.body, 'UTF8')::jsonb #> '{entry,data}' as data
                      from audit.entry e
                      where e.attempt_id = a.id
                        and e.type in ('issue.unknown', 'issue.not_sent', 'issue.rejected')
                      order by e.seq limit 1) entry
             ) as detail
             from issue_attempt a where a.request_id = $1 order by a.began_at",
        )
        .bind(request)
        .fetch_all(&self.pool)
        .await?)
    }

    /// When a job ended well for the last time.
    pub(crate) async fn job_done_at(&self, job: &str) -> Result<Option<OffsetDateTime>> {
        Ok(
            sqlx::query_scalar("select ended_at from job_run where name = $1 and failure is null")
                .bind(job)
                .fetch_optional(&self.pool)
                .await?,
        )
    }
}
