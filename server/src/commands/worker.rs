//! `certdesk worker`

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use server::{
    config::{Config, Sources},
    hardening, shutdown, startup, telemetry, worker,
};

use super::{wait_for, watch_over_rights};

pub(crate) fn run(sources: &Sources) -> Result<ExitCode> {
    let config = Config::load(sources)?;
    wait_for(work(config))?;
    Ok(ExitCode::SUCCESS)
}

async fn work(config: Config) -> Result<()> {
    telemetry::log(&config.logging)?;
    hardening::harden();
    let portal = startup::portal(&config)?;
    let stop = shutdown::on_signal()?;
    let rights = tokio::spawn(watch_over_rights(portal.clone(), stop.clone()));
    tracing::info!("Certdesk {} runs the jobs", env!("CARGO_PKG_VERSION"));
    let jobs = worker::run_jobs(portal.clone(), stop).await;
    worker::finish_calls(&portal).await;
    rights
        .await
        .context("the look at the database role failed")??;
    jobs
}
