//! Pages of the requests.

pub use super::{
    inbox::ApprovalsRoute, list::RequestsRoute, new::NewRequestRoute, one::RequestRoute,
};
