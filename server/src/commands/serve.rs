//! `certdesk serve`

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use server::{
    config::{Config, Sources},
    hardening, listener, router, shutdown, startup, telemetry, worker,
};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use super::{wait_for, watch_over_rights};

#[derive(Args)]
pub(crate) struct Arguments {
    /// What this process leaves out.
    #[arg(long, value_delimiter = ',', value_name = "PARTS")]
    without: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The jobs: `certdesk worker` runs them.
    Jobs,
    /// Reserved: nothing runs under this name yet.
    Signer,
}

pub(crate) fn run(sources: &Sources, arguments: &Arguments) -> Result<ExitCode> {
    let config = Config::load(sources)?;
    wait_for(serve(config, !arguments.without.contains(&Part::Jobs)))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: Config, with_jobs: bool) -> Result<()> {
    telemetry::log(&config.logging)?;
    let numbers = telemetry::numbers()?;
    hardening::harden();
    let portal = startup::portal(&config)?;
    let web = startup::web(&config, portal.clone())?;
    let public = listen(config.public.listen, "CERTDESK_LISTEN").await?;
    let admin = listen(config.public.admin_listen, "CERTDESK_ADMIN_LISTEN").await?;
    let stop = shutdown::on_signal()?;

    let running = TaskTracker::new();
    running.spawn(listener::serve(public, router::public(&web), stop.clone()));
    running.spawn(worker::keep_provider_fresh(web.clone(), stop.clone()));
    let jobs = with_jobs.then(|| tokio::spawn(worker::run_jobs(portal.clone(), stop.clone())));
    let rights = tokio::spawn(watch_over_rights(portal.clone(), stop.clone()));
    // Until the very end: whoever watches the process sees it drain.
    let admin_stop = tokio_util::sync::CancellationToken::new();
    let admin = tokio::spawn(listener::serve(
        admin,
        router::admin(&web, numbers),
        admin_stop.clone(),
    ));
    tracing::info!(
        "Certdesk {} is at {}, listening on {}",
        env!("CARGO_PKG_VERSION"),
        config.public.origin(),
        config.public.listen
    );

    stop.cancelled().await;
    running.close();
    running.wait().await;
    let jobs = match jobs {
        Some(jobs) => jobs.await.context("the jobs failed").flatten(),
        None => Ok(()),
    };
    worker::finish_calls(&portal).await;
    admin_stop.cancel();
    admin.await.context("the admin listener failed")?;
    rights
        .await
        .context("the look at the database role failed")??;
    jobs
}

async fn listen(address: std::net::SocketAddr, key: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("the process could not listen on {address} ({key})"))
}
