//! The stand-in as a program.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use atlas_stand_in::{Credential, KeyKind, Settings, StandIn, serve};
use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A stand-in for the Atlas Administration API.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on; port 0 takes a free one and the log says which.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Keep the world, the certificates and the authorities in this file.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Append every request to this file, one JSON object per line.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// A service account; may be repeated. Any credential given replaces all the default ones.
    #[arg(long, value_name = "NAME:CLIENT_ID:CLIENT_SECRET:ROLE", value_parser = Credential::parse_service_account)]
    credential: Vec<Credential>,
    /// An API key; may be repeated. Any credential given replaces all the default ones.
    #[arg(long, value_name = "PUBLIC:PRIVATE:ROLE", value_parser = Credential::parse_api_key)]
    api_key: Vec<Credential>,
    /// How long every API call takes at least.
    #[arg(long, value_name = "N", default_value_t = 0)]
    delay_ms: u64,
    /// How long an access token lives.
    #[arg(long, value_name = "N", default_value_t = 3600)]
    token_seconds: u64,
    /// How long clusters say PENDING after a change of a database user.
    #[arg(long, value_name = "N", default_value_t = 5)]
    apply_seconds: u64,
    /// How long clusters say UPDATING after a change of the security settings.
    #[arg(long, value_name = "N", default_value_t = 20)]
    restart_seconds: u64,
    /// The kind of private keys; Atlas makes rsa4096.
    #[arg(long, value_enum, default_value_t)]
    keys: KeyKind,
    /// Let everybody ask as often as they like, which Atlas does not.
    #[arg(long)]
    unlimited: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let mut credentials = arguments.credential;
    credentials.extend(arguments.api_key);
    let stand_in = StandIn::new(Settings {
        state: arguments.state,
        journal: arguments.journal,
        credentials,
        world: None,
        delay: Duration::from_millis(arguments.delay_ms),
        token_lifetime: Duration::from_secs(arguments.token_seconds),
        apply_time: Duration::from_secs(arguments.apply_seconds),
        restart_time: Duration::from_secs(arguments.restart_seconds),
        key_kind: arguments.keys,
        unlimited: arguments.unlimited,
    })?;
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    serve(listener, stand_in, async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("ending");
    })
    .await
}
