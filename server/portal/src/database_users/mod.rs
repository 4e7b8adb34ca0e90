//! Database users: creating one, giving it other roles, deleting it.
//!
//! Each is a change of the project ([`changes`](crate::changes)): an owner asks, a second person says yes,
//! the portal carries it out. One file per thing asked for; `change` holds what the machinery of changes
//! needs to know of users, `names` which names a new one may have, `mirror` keeps the portal's own table
//! up with what it has done, `turns` that no certificate is begun for one that is going.

pub(crate) mod change;
mod create;
mod delete;
mod form;
mod mirror;
mod names;
mod roles;
pub(crate) mod turns;
mod update;

pub use create::create;
pub use delete::delete;
pub use form::form;
pub use update::update;
