//! Jobs on timers.

use std::time::Duration;

use anyhow::{Result, bail};
use portal::{
    Portal,
    jobs::{self, Job},
};
use strum::IntoEnumIterator as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Web;

/// How often the identity provider's metadata is looked at; it is asked only when they are old.
const PROVIDER_EVERY: Duration = Duration::from_secs(10);
/// How long calls to Atlas may take to end once the process is told to stop.
const DRAIN: Duration = Duration::from_secs(45);

/// Runs every job again and again until `stop`. A job that is under way is finished.
///
/// # Errors
/// When a job ended by itself, which none should: a process without its jobs is better started
/// again, so this stops it.
pub async fn run_jobs(portal: Portal, stop: CancellationToken) -> Result<()> {
    let mut running = JoinSet::new();
    for job in Job::iter() {
        running.spawn(repeat(portal.clone(), job, stop.clone()));
    }
    until_stopped(running, &stop).await
}

async fn until_stopped(mut running: JoinSet<()>, stop: &CancellationToken) -> Result<()> {
    let mut unexpected = None;
    while let Some(ended) = running.join_next().await {
        let how = match ended {
            Ok(()) if stop.is_cancelled() => continue,
            Ok(()) => "it returned".to_owned(),
            Err(error) => error.to_string(),
        };
        tracing::error!("A job ended by itself: {how}");
        stop.cancel();
        unexpected.get_or_insert(how);
    }
    match unexpected {
        Some(how) => bail!("a job ended by itself: {how}"),
        None => Ok(()),
    }
}

async fn repeat(portal: Portal, job: Job, stop: CancellationToken) {
    let mut wait = portal.pace.wait(first_wait(job));
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
        jobs::run(&portal, job).await;
        let every = Duration::from_secs(u64::from(job.every_s()));
        wait = with_jitter(&portal, portal.pace.wait(every));
    }
}

/// Whatever came due while no process ran is done at once. Certificates are listed by user, and a new
/// installation knows no users before its projects are read.
fn first_wait(job: Job) -> Duration {
    match job {
        Job::SyncCertificates => Duration::from_secs(5),
        _ => Duration::ZERO,
    }
}

/// A tenth more or less, so that replicas and jobs do not all come at once.
fn with_jitter(portal: &Portal, every: Duration) -> Duration {
    let [byte] = portal.random.bytes::<1>();
    every.mul_f64(0.9 + 0.2 * f64::from(byte) / 255.0)
}

/// Keeps what is known about the identity provider fresh, until `stop`.
pub async fn keep_provider_fresh(web: Web, stop: CancellationToken) {
    loop {
        web.provider.keep_fresh().await;
        web.rates.forget_quiet();
        tokio::select! {
            () = tokio::time::sleep(PROVIDER_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Waits for calls to Atlas that are under way: each may be making a certificate.
pub async fn finish_calls(portal: &Portal) {
    portal.tasks.close();
    if tokio::time::timeout(DRAIN, portal.tasks.wait())
        .await
        .is_err()
    {
        tracing::warn!("Some calls to Atlas did not end in time; they will be reconciled");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn outcome(job: impl Future<Output = ()> + Send + 'static, told: bool) -> (bool, bool) {
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        running.spawn(job);
        running.spawn({
            let stop = stop.clone();
            async move { stop.cancelled().await }
        });
        if told {
            stop.cancel();
        }
        let outcome = until_stopped(running, &stop).await;
        (outcome.is_ok(), stop.is_cancelled())
    }

    #[tokio::test]
    async fn a_job_that_ends_by_itself_stops_the_process() {
        assert_eq!(outcome(async {}, false).await, (false, true));
        let panics = async { panic!("a job that cannot go on") };
        assert_eq!(outcome(panics, false).await, (false, true));
        assert_eq!(outcome(async {}, true).await, (true, true));
    }
}
