//! The end of the process, in two steps.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancelled when the process is told to stop. The second time it is told, it stops at once.
///
/// # Errors
/// When the system does not let the process listen for signals.
pub fn on_signal() -> std::io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        for times in 0.. {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if times > 0 {
                tracing::warn!("Told to stop again: stopping at once");
                std::process::exit(130);
            }
            tracing::info!("Told to stop: finishing what is under way");
            told.cancel();
        }
    });
    Ok(stop)
}
