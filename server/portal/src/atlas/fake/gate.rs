//! A gate that holds calls open until a test says so.

use std::sync::Arc;

use tokio::sync::watch;

/// What calls wait at.
pub(super) struct Gate {
    open: watch::Receiver<bool>,
    waiting: watch::Sender<usize>,
}

/// Holds certificate calls. Released when dropped.
#[must_use = "dropping it lets the calls go"]
pub struct Hold {
    open: watch::Sender<bool>,
    waiting: watch::Receiver<usize>,
}

pub(super) fn new() -> (Arc<Gate>, Hold) {
    let (open, is_open) = watch::channel(false);
    let (waiting, count) = watch::channel(0);
    let gate = Gate {
        open: is_open,
        waiting,
    };
    let hold = Hold {
        open,
        waiting: count,
    };
    (Arc::new(gate), hold)
}

impl Gate {
    /// Waits until it opens.
    pub(super) async fn pass(&self) {
        self.waiting.send_modify(|count| *count += 1);
        // An error means that the hold was dropped: the gate is open.
        let _ = self.open.clone().wait_for(|open| *open).await;
    }
}

impl Hold {
    /// Waits until this many calls have arrived at the gate.
    ///
    /// # Panics
    /// If the Atlas is gone.
    pub async fn arrived(&mut self, calls: usize) {
        self.waiting
            .wait_for(|count| *count >= calls)
            .await
            .expect("the gate lives as long as its Atlas");
    }

    /// Lets all calls go, also those still to come.
    pub fn release(self) {
        let _ = self.open.send(true);
    }
}
