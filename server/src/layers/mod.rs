//! What every request passes, one concern per file. Their order is in [`crate::router`].

pub mod access_log;
pub mod catch_panic;
pub mod client_address;
pub mod csrf;
pub mod fetch_metadata;
pub mod limits;
pub mod rates;
pub mod request_id;
pub mod security_headers;
pub mod static_files;
