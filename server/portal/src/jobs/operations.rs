//! How the installation is doing.

use std::collections::HashMap;

use strum::IntoEnumIterator as _;
use time::OffsetDateTime;

use super::Job;
use crate::{
    Actor, Error, Portal, Result, certificates, credentials,
    model::{JobOutcome, JobRow, LostAnswers, OperationsPage},
    policy::{self, Action, On},
};

/// How the installation is doing. Operators and security only.
///
/// # Errors
/// `NotFound` for everybody else.
pub async fn operations(portal: &Portal, actor: &Actor) -> Result<OperationsPage> {
    policy::may(
        &portal.role_groups,
        actor,
        Action::ViewOperations,
        On::Portal,
    )
    .map_err(|_| Error::NotFound)?;
    let mut runs: HashMap<String, _> =
        sqlx::query!("select name, ended_at, took_ms, failure from job_run")
            .fetch_all(&portal.pool)
            .await?
            .into_iter()
            .map(|run| (run.name.clone(), run))
            .collect();
    let jobs = Job::iter()
        .map(|job| {
            let run = runs.remove(job.name());
            JobRow {
                name: job.name().to_owned(),
                outcome: match &run {
                    None => JobOutcome::NotYet,
                    Some(run) if run.failure.is_some() => JobOutcome::Failed,
                    Some(_) => JobOutcome::Done,
                },
                failure: run.as_ref().and_then(|run| run.failure.clone()),
                ended_at: run.as_ref().map(|run| run.ended_at),
                took_ms: run.map(|run| run.took_ms),
                every_s: job.every_s().into(),
            }
        })
        .collect();
    let counts = sqlx::query!(
        r#"select
            (select count(*) from issue_attempt where state in ('prepared', 'calling', 'unknown', 'ambiguous')) as "open!",
            (select count(*) from issue_attempt where sealed is not null) as "waiting!",
            (select size from audit.head) as "log_size!""#
    )
    .fetch_one(&portal.pool)
    .await?;
    let now = portal.clock.now();
    let atlas = portal.atlas.describe();
    Ok(OperationsPage {
        jobs,
        atlas_api: atlas.api.to_string(),
        atlas_address: atlas.base_url.to_string(),
        credentials: credentials::list(portal).await?,
        may_probe: policy::may(
            &portal.role_groups,
            actor,
            Action::ProbeCredentials,
            On::Portal,
        )
        .is_ok(),
        atlas_answered_at: portal.atlas.last_answered_at(),
        open_attempts: u32::try_from(counts.open).unwrap_or(u32::MAX),
        lost_answers: lost_answers(portal, now).await?,
        unlisted: unlisted(portal, now).await?,
        waiting_keys: u32::try_from(counts.waiting).unwrap_or(u32::MAX),
        log_size: counts.log_size,
        now,
    })
}

async fn lost_answers(portal: &Portal, now: OffsetDateTime) -> Result<LostAnswers> {
    let mut db = portal.pool.acquire().await?;
    let counts = sqlx::query!(
        r#"select count(*) filter (where state = 'unknown') as "unknown!",
            count(*) filter (where state = 'unknown' and deadline < $1) as "overdue!",
            count(*) filter (where state = 'ambiguous') as "ambiguous!"
         from issue_attempt where state in ('unknown', 'ambiguous')"#,
        now - certificates::overdue_after(portal)
    )
    .fetch_one(&mut *db)
    .await?;
    let lately = certificates::lately_lost(portal, &mut db).await?;
    Ok(LostAnswers {
        unknown: u32::try_from(counts.unknown).unwrap_or(u32::MAX),
        overdue: u32::try_from(counts.overdue).unwrap_or(u32::MAX),
        ambiguous: u32::try_from(counts.ambiguous).unwrap_or(u32::MAX),
        recent: lately.count,
        limit: lately.limit,
        paused_until: lately.paused_until,
    })
}

/// Certificates that Atlas handed out and that its lists, read since, do not show: then the numbers in its
/// lists are not the serial numbers everything here takes them for.
async fn unlisted(portal: &Portal, now: OffsetDateTime) -> Result<u32> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from certificate c
         join database_user u on u.project_id = c.project_id and u.username = c.username
            and u.database_name = '$external'
         where c.origin = 'portal' and c.seen_at is null and c.not_after > $1
            and u.certificates_seen_at > c.first_seen_at"#,
        now
    )
    .fetch_one(&portal.pool)
    .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}
