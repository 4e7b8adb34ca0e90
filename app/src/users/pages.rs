//! The pages, by their routes.

pub use super::{new::NewUserRoute, one::UserRoute};
