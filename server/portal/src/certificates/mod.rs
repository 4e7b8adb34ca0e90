//! Certificates: making one, handing over its key, and knowing which there are.
//!
//! Making one goes through [`issue()`] (the intent), `attempt` (the one call to Atlas) and `outcome`
//! (what became of it); [`settle_unattended`] concludes what a process that died left open.

mod acknowledge;
mod attempt;
mod deliver;
mod fence;
mod issue;
mod list;
mod outcome;
mod page;
mod pem;
pub mod pickup;
mod row;
mod sync;
mod unattended;
mod waiting;

pub use {
    acknowledge::acknowledge,
    deliver::{DOWNLOADS_MAX, Delivery, deliver},
    issue::{Begun, issue},
    list::{SOON, ending_soon, list, unexplained},
    outcome::PICKUP_FOR,
    page::get,
    sync::sync,
    unattended::settle_unattended,
    waiting::end_pickups,
};
pub(crate) use {
    row::{living_of_holder, living_of_user, of_request},
    waiting::{last_refusal, waiting_pickup},
};
