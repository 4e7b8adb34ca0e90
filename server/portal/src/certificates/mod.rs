//! Certificates: making one, handing over its key, and knowing which there are.
//!
//! Making one goes through [`issue()`] (the intent), `attempt` (the one call to Atlas) and `outcome`
//! (what became of it); [`settle_unattended`] concludes what a process that died left open. What a lost
//! answer was, [`reconcile()`] finds out, and where it cannot, [`resolve()`] says. [`sync()`] reads which
//! certificates there are, whoever had them made.

mod acknowledge;
mod attempt;
mod conclude;
mod confirm;
mod deliver;
mod explain;
mod file;
mod foreign;
mod issue;
mod judge;
mod keyring;
mod list;
mod outcome;
mod page;
mod pause;
mod pem;
pub mod pickup;
mod reconcile;
mod resolve;
mod row;
mod sync;
mod unattended;
mod unsettled;
mod waiting;

pub use {
    acknowledge::acknowledge,
    deliver::{DOWNLOADS_MAX, deliver, refuse_stale_form},
    explain::explain,
    file::{Delivery, Passphrase, Wanted},
    issue::{Begun, issue},
    list::{SOON, ending_soon, list, unexplained},
    outcome::PICKUP_FOR,
    page::get,
    reconcile::reconcile,
    resolve::resolve,
    sync::{sweep_now, sync, watch},
    unattended::settle_unattended,
    waiting::end_pickups,
};
pub(crate) use {
    pause::lately_lost,
    row::{living_of_holder, living_of_user, of_request},
    sync::read_user,
    unsettled::{ambiguity, overdue_after, settling},
    waiting::{last_refusal, waiting_pickup},
};
