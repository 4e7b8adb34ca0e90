//! Customer-managed X.509: how a project stands, what switching it off would do, and asking for it.
//!
//! Switching it off is a change of the project ([`changes`](crate::changes)); `change` holds what the
//! machinery of changes needs to know of it.

mod ask;
mod authority;
pub(crate) mod change;
mod impact;
mod page;
mod sign_ins;
mod state;

pub use ask::ask;
pub use page::get;
pub use sign_ins::sync as sync_sign_ins;
