//! Requests: asking, deciding, taking back.
//!
//! One file per operation. Each loads the request for update, asks the policy, changes the state,
//! appends the audit entry and commits; the table of transitions in the database has the last word.

mod decide;
mod expire;
mod form;
mod list;
mod page;
mod row;
mod stored;
mod submit;
mod withdraw;

pub use decide::{approve, deny};
pub use expire::expire_due;
pub use form::form;
pub use list::{inbox, list};
pub use page::{get, status};
pub use submit::submit;
pub use withdraw::withdraw;
pub(crate) use {
    list::{mine_in, to_resolve, waiting_for},
    stored::Stored,
};
