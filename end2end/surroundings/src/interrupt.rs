//! Ctrl-C and its relatives: the first one asks for an orderly stop, a second one ends at once.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
};

static REQUESTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

fn request() -> &'static Arc<AtomicBool> {
    REQUESTED.get_or_init(Arc::default)
}

/// Starts listening. From now on a signal sets [`requested`] in place of ending the program.
///
/// # Errors
/// When the operating system does not let us.
pub fn listen() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // In this order: the second signal finds the flag set by the first and ends the program.
        // The children then die by themselves, because their parent did (see `children`).
        flag::register_conditional_shutdown(signal, 130, Arc::clone(request()))
            .and_then(|_| flag::register(signal, Arc::clone(request())))
            .context("could not listen for Ctrl-C")?;
    }
    Ok(())
}

/// Whether someone asked this program to stop.
pub fn requested() -> bool {
    request().load(Ordering::SeqCst)
}
