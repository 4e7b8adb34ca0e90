//! Named points at which the process can be made to die, or to freeze.
//!
//! For the torture harness (`end2end/torture`), which lists every name and strikes each. Without the feature
//! `failpoints`, which no product has, [`failpoint!`] is nothing at all.

/// A point that a torture run may strike: `failpoint!("issue.committed")`. Each name stands in one place.
#[cfg(feature = "failpoints")]
macro_rules! failpoint {
    ($name:literal) => {
        $crate::failpoint::reach($name)
    };
}

/// Nothing: this is a product.
#[cfg(not(feature = "failpoints"))]
macro_rules! failpoint {
    ($name:literal) => {};
}

pub(crate) use failpoint;

#[cfg(feature = "failpoints")]
pub(crate) use self::armed::reach;
#[cfg(feature = "failpoints")]
pub use self::armed::{Failpoint, arm};

#[cfg(feature = "failpoints")]
mod armed {
    use std::{
        str::FromStr,
        sync::{
            Arc, OnceLock,
            atomic::{AtomicU32, Ordering},
        },
    };

    use rustix::process::{Signal, getpid, kill_process};

    static ARMED: OnceLock<Arc<Failpoint>> = OnceLock::new();

    /// What happens where: `name`, `name:nth` or `name:nth=stop`.
    #[derive(Debug)]
    pub struct Failpoint {
        name: String,
        /// Times it is still passed unharmed, this one included.
        left: AtomicU32,
        strike: Signal,
    }

    impl FromStr for Failpoint {
        type Err = ();

        fn from_str(text: &str) -> Result<Self, ()> {
            let (point, strike) = match text.split_once('=') {
                Some((point, "stop")) => (point, Signal::STOP),
                Some(_) => return Err(()),
                None => (text, Signal::KILL),
            };
            let (name, nth) = point.split_once(':').unwrap_or((point, "1"));
            let nth: u32 = nth.parse().map_err(|_| ())?;
            if name.is_empty() || nth == 0 {
                return Err(());
            }
            Ok(Self {
                name: name.to_owned(),
                left: AtomicU32::new(nth),
                strike,
            })
        }
    }

    /// From now on the process dies at this point. Once per process.
    pub fn arm(failpoint: Arc<Failpoint>) {
        // Whoever is second is ignored: a process is told once, when it starts.
        let _ = ARMED.set(failpoint);
    }

    /// A point is reached.
    pub(crate) fn reach(name: &str) {
        let Some(armed) = ARMED.get().filter(|armed| armed.name == name) else {
            return;
        };
        let count_down = |left: u32| left.checked_sub(1);
        if armed
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, count_down)
            != Ok(1)
        {
            return;
        }
        tracing::error!("Failpoint {name} strikes");
        // As `kill -9` from outside: nothing is unwound, dropped or flushed.
        let _ = kill_process(getpid(), armed.strike);
    }
}
