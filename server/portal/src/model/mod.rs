//! The vocabulary of the product: everything that may reach a browser, and nothing else.
//!
//! Compiled without the `server` feature into the browser's wasm, so nothing here may hold a
//! secret: types with key material do not implement `Serialize` and live elsewhere.

mod account;
mod audit;
mod certificate;
mod change;
mod credential;
mod database_user;
mod delivery;
mod ids;
mod input;
mod operations;
mod problem;
mod project;
mod request;
mod settling;
mod today;
mod x509;

pub use account::*;
pub use audit::*;
pub use certificate::*;
pub use change::*;
pub use credential::*;
pub use database_user::*;
pub use delivery::*;
pub use ids::*;
pub use input::*;
pub use operations::*;
pub use problem::*;
pub use project::*;
pub use request::*;
pub use settling::*;
pub use today::*;
pub use x509::*;

pub use time::OffsetDateTime as Timestamp;
