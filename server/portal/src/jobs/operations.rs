//! How the installation is doing.

use std::collections::HashMap;

use strum::IntoEnumIterator as _;

use super::Job;
use crate::{
    Actor, Error, Portal, Result,
    model::{JobOutcome, JobRow, OperationsPage},
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
            (select count(*) from issue_attempt where state in ('prepared', 'calling', 'unknown')) as "open!",
            (select count(*) from issue_attempt where sealed is not null) as "waiting!",
            (select size from audit.head) as "log_size!""#
    )
    .fetch_one(&portal.pool)
    .await?;
    let atlas = portal.atlas.describe();
    Ok(OperationsPage {
        jobs,
        atlas_api: atlas.api.to_string(),
        atlas_address: atlas.base_url.to_string(),
        shared_credential: atlas.shared_credential,
        atlas_answered_at: portal.atlas.last_answered_at(),
        open_attempts: u32::try_from(counts.open).unwrap_or(u32::MAX),
        waiting_keys: u32::try_from(counts.waiting).unwrap_or(u32::MAX),
        log_size: counts.log_size,
        now: portal.clock.now(),
    })
}
