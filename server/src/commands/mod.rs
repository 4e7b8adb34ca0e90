//! What the program can be asked to do; one file per command.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command talks to the person who gave it"
)]

pub(crate) mod config_check;
pub(crate) mod migrate;
pub(crate) mod serve;
pub(crate) mod worker;

use std::future::Future;

use anyhow::{Context as _, Result};
use portal::Portal;
use server::database;
use tokio_util::sync::CancellationToken;

/// How soon a database that did not answer is looked at again.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_secs(2);

/// Says why a command failed.
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("certdesk: {error:#}");
}

/// Runs a command that waits for things.
fn wait_for<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the process could not be set up")?
        .block_on(work)
}

/// Looks at what the database role may do, as soon as the database answers; refuses what is too much
/// by stopping the process.
async fn watch_over_rights(portal: Portal, stop: CancellationToken) -> Result<()> {
    loop {
        match database::inspect(&portal.pool).await {
            Ok(findings) => {
                for warning in &findings.warnings {
                    tracing::warn!("{warning}");
                }
                if findings.refusals.is_empty() {
                    return Ok(());
                }
                stop.cancel();
                anyhow::bail!(findings.refusals.join("; "));
            }
            Err(error) => tracing::warn!("The database is away: {error}"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}
