//! What the portal does by itself.
//!
//! Each job compares what is with what should be, takes no input, and may run any number of times on
//! any number of replicas. A nudge only makes it run sooner; it never becomes a second way to do it.

mod operations;

use std::{panic::AssertUnwindSafe, pin::Pin};

use futures::FutureExt as _;
use strum::{Display, EnumIter, IntoStaticStr};

pub use operations::operations;

use crate::{Portal, Result, certificates, identity, projects, requests};

/// One kind of work done on a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumIter, IntoStaticStr)]
pub enum Job {
    /// Reads projects and database users from Atlas.
    #[strum(serialize = "projects.sync")]
    SyncProjects,
    /// Reads from Atlas which certificates there are.
    #[strum(serialize = "certificates.sync")]
    SyncCertificates,
    /// Concludes attempts whose process died.
    #[strum(serialize = "attempts.settle")]
    SettleAttempts,
    /// Ends requests that have waited too long.
    #[strum(serialize = "requests.expire")]
    ExpireRequests,
    /// Destroys keys that have waited long enough.
    #[strum(serialize = "pickups.end")]
    EndPickups,
    /// Forgets sign-ins never finished and sessions long over.
    #[strum(serialize = "sessions.purge")]
    PurgeSessions,
}

impl Job {
    /// Its name, as shown and logged.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// How often, in seconds.
    pub fn every_s(self) -> u32 {
        match self {
            Self::SyncProjects | Self::SyncCertificates => 60,
            Self::SettleAttempts | Self::EndPickups => 10,
            Self::ExpireRequests => 30,
            Self::PurgeSessions => 600,
        }
    }

    async fn work(self, portal: &Portal) -> Result<()> {
        // Boxed: one future type per job would make the caller's as large as the largest of them.
        let work: Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> = match self {
            Self::SyncProjects => Box::pin(projects::sync(portal)),
            Self::SyncCertificates => Box::pin(certificates::sync(portal)),
            Self::SettleAttempts => Box::pin(certificates::settle_unattended(portal)),
            Self::ExpireRequests => Box::pin(requests::expire_due(portal)),
            Self::EndPickups => Box::pin(certificates::end_pickups(portal)),
            Self::PurgeSessions => Box::pin(identity::purge(portal)),
        };
        work.await
    }
}

/// Runs one job now and records how it went. Never fails: a failure is logged, recorded and met by the
/// next run.
pub async fn run(portal: &Portal, job: Job) {
    let began = tokio::time::Instant::now();
    // A panic in one job must not end the others.
    let outcome = AssertUnwindSafe(job.work(portal)).catch_unwind().await;
    let took = began.elapsed();
    let failure = match &outcome {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(crate::error::chain(error).to_string()),
        Err(_) => Some("it panicked; the log has the message".to_owned()),
    };
    if let Some(failure) = &failure {
        tracing::warn!(job = job.name(), failure, "Job {} failed", job.name());
    }
    metrics::histogram!("certdesk_job_seconds", "job" => job.name()).record(took);
    metrics::counter!("certdesk_job_runs_total", "job" => job.name(),
        "outcome" => if failure.is_some() { "failed" } else { "done" })
    .increment(1);
    let recorded = sqlx::query!(
        "insert into job_run (name, ended_at, took_ms, failure) values ($1, $2, $3, $4)
         on conflict (name) do update
            set ended_at = excluded.ended_at, took_ms = excluded.took_ms, failure = excluded.failure",
        job.name(),
        portal.clock.now(),
        i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
        failure
    )
    .execute(&portal.pool)
    .await;
    if let Err(error) = recorded {
        tracing::warn!(%error, job = job.name(), "How job {} went could not be recorded", job.name());
    }
}
