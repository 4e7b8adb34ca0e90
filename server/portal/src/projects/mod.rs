//! Atlas projects and database users, as last read from Atlas.

mod page;
mod slug;
mod sync;
mod users;

pub use page::{get, list, members};
pub use sync::sync;
pub(crate) use {
    page::{Standing, approvers, standing, visible_projects},
    users::{find_user, user_rows},
};
