//! Waiting until nothing is under way any more.

use std::time::Duration;

use anyhow::{Result, bail};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use super::{Arena, Jobs};
use crate::clock;

/// How long what was struck may take to settle once nothing strikes any more.
const SETTLE_WITHIN: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What is under way, as conditions of a `select count(*) from`.
const UNDER_WAY: [&str; 3] = [
    "issue_attempt where state in ('prepared', 'calling', 'unknown')",
    "request where state = 'issuing'",
    "change where state in ('calling', 'unknown')",
];

impl Arena {
    /// Ends every trouble, has both portals running, waits until everything is settled and Atlas's lists
    /// have been read once more. Answers how long that took.
    pub(crate) async fn quiet(&mut self) -> Result<Duration> {
        let began = Instant::now();
        self.atlas.forget_faults().await?;
        for replica in &mut self.replicas {
            replica.to_atlas.heal();
            replica.to_database.heal();
            replica.thaw();
            replica.ended()?;
            if !replica.runs() {
                replica.start(Jobs::With)?;
            }
        }
        loop {
            let mut left = Vec::new();
            for what in UNDER_WAY {
                let count = self.database.count(what).await?;
                if count > 0 {
                    left.push(format!("{count} {what}"));
                }
            }
            if left.is_empty() {
                break;
            }
            if began.elapsed() > SETTLE_WITHIN {
                // The invariants say it better, one by one.
                println!(
                    "  not settled after {} s: {}",
                    SETTLE_WITHIN.as_secs(),
                    left.join("; ")
                );
                break;
            }
            sleep(LOOK_EVERY).await;
        }
        let settled = began.elapsed();
        self.read_lists_once_more().await?;
        Ok(settled)
    }

    /// Waits until projects and certificates have been read for the first time: what appears later was
    /// not there before.
    pub(super) async fn wait_until_read(&self) -> Result<()> {
        let began = Instant::now();
        let users = i64::try_from(self.users.count())?;
        let read = "database_user where certificates_seen_at is not null";
        while self.database.count(read).await? < users {
            if began.elapsed() > SETTLE_WITHIN {
                bail!("the portals did not read Atlas's lists in time");
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// A portal that starts reads Atlas's lists soon, which is sooner than its timer would.
    async fn read_lists_once_more(&mut self) -> Result<()> {
        // Both, so that no reading is under way that began before.
        self.stop_portals();
        let since = clock::now();
        self.replicas[1].start(Jobs::With)?;
        self.wait_for_job("certificates.sync", since).await
    }

    async fn wait_for_job(&self, job: &str, since: OffsetDateTime) -> Result<()> {
        let began = Instant::now();
        loop {
            let done = self.database.job_done_at(job).await?;
            if done.is_some_and(|at| at > since) {
                return Ok(());
            }
            if began.elapsed() > SETTLE_WITHIN {
                bail!(
                    "{job} did not run to a good end within {} s",
                    SETTLE_WITHIN.as_secs()
                );
            }
            sleep(LOOK_EVERY).await;
        }
    }
}
