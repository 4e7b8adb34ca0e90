//! The process's log and its numbers.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{
    EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{
    config::{LogFormat, Logging},
    layers::access_log::{BUCKETS, DURATION},
};

/// Sends the log to standard error.
///
/// # Errors
/// When something else already has.
pub fn log(settings: &Logging) -> Result<()> {
    let filter = EnvFilter::try_new(&settings.filter)?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match settings.format {
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .boxed(),
        LogFormat::Text => lines.boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init()?;
    Ok(())
}

/// Collects the numbers, to be rendered at `/metrics`.
///
/// # Errors
/// When something else already does.
pub fn numbers() -> Result<PrometheusHandle> {
    builder()?
        .install_recorder()
        .context("the numbers could not be collected")
}

/// Numbers that nobody collects, for tests: a process has one collector.
///
/// # Errors
/// Never with the buckets as they are.
pub fn no_numbers() -> Result<PrometheusHandle> {
    Ok(builder()?.build_recorder().handle())
}

fn builder() -> Result<PrometheusBuilder> {
    Ok(PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), BUCKETS)?)
}
