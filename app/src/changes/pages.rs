//! Pages of the changes.

pub use super::{list::ChangesRoute, one::ChangeRoute};
