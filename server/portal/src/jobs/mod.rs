//! What the portal does by itself.
//!
//! Each job compares what is with what should be, takes no input, and may run any number of times on
//! any number of replicas. A nudge only makes it run sooner; it never becomes a second way to do it.

mod operations;

use std::{panic::AssertUnwindSafe, pin::Pin};

use futures::FutureExt as _;
use strum::{Display, EnumIter, IntoStaticStr};

pub use operations::operations;

use crate::{
    Portal, Result, certificates, changes, credentials, failpoint::failpoint, identity, projects,
    requests, x509,
};

/// One kind of work done on a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumIter, IntoStaticStr)]
pub enum Job {
    /// Reads projects and database users from Atlas.
    #[strum(serialize = "projects.sync")]
    SyncProjects,
    /// Reads from Atlas which certificates there are.
    #[strum(serialize = "certificates.sync")]
    SyncCertificates,
    /// Reads which certificates there are where that should not wait.
    #[strum(serialize = "certificates.watch")]
    WatchCertificates,
    /// Concludes attempts whose process died.
    #[strum(serialize = "attempts.settle")]
    SettleAttempts,
    /// Finds out what became of attempts whose answer was lost.
    #[strum(serialize = "attempts.reconcile")]
    ReconcileAttempts,
    /// Ends requests that have waited too long.
    #[strum(serialize = "requests.expire")]
    ExpireRequests,
    /// Destroys keys that have waited long enough.
    #[strum(serialize = "pickups.end")]
    EndPickups,
    /// Finds out what became of changes whose answer was lost.
    #[strum(serialize = "changes.settle")]
    SettleChanges,
    /// Waits for the clusters to follow changes.
    #[strum(serialize = "changes.follow")]
    FollowChanges,
    /// Ends changes that have waited too long.
    #[strum(serialize = "changes.expire")]
    ExpireChanges,
    /// Reads from Atlas when database users were last seen.
    #[strum(serialize = "sign_ins.sync")]
    SyncSignIns,
    /// Tries the credentials at Atlas for what they may do.
    #[strum(serialize = "credentials.probe")]
    ProbeCredentials,
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
            Self::ReconcileAttempts => 5,
            Self::SyncProjects | Self::WatchCertificates => 60,
            Self::SettleAttempts | Self::EndPickups | Self::SettleChanges | Self::FollowChanges => {
                10
            }
            Self::ExpireRequests | Self::ExpireChanges => 30,
            Self::SyncSignIns | Self::PurgeSessions => 600,
            Self::SyncCertificates | Self::ProbeCredentials => 3600,
        }
    }

    async fn work(self, portal: &Portal) -> Result<()> {
        // Boxed: one future type per job would make the caller's as large as the largest of them.
        let work: Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> = match self {
            Self::SyncProjects => Box::pin(projects::sync(portal)),
            Self::SyncCertificates => Box::pin(certificates::sync(portal)),
            Self::WatchCertificates => Box::pin(certificates::watch(portal)),
            Self::SettleAttempts => Box::pin(certificates::settle_unattended(portal)),
            Self::ReconcileAttempts => Box::pin(certificates::reconcile(portal)),
            Self::ExpireRequests => Box::pin(requests::expire_due(portal)),
            Self::EndPickups => Box::pin(certificates::end_pickups(portal)),
            Self::SettleChanges => Box::pin(changes::settle(portal)),
            Self::FollowChanges => Box::pin(changes::follow(portal)),
            Self::ExpireChanges => Box::pin(changes::expire_due(portal)),
            Self::SyncSignIns => Box::pin(x509::sync_sign_ins(portal)),
            Self::ProbeCredentials => Box::pin(credentials::probe(portal)),
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
    failpoint!("job.worked");
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
    failpoint!("job.recorded");
    if let Err(error) = recorded {
        tracing::warn!(%error, job = job.name(), "How job {} went could not be recorded", job.name());
    }
}
