//! The process: from configuration to a running portal.
//!
//! Everything about HTTP is here and nothing of the product: layers, sign-in, sessions, the routes
//! that are no pages, health, the command line. A request goes through [`router`] from top to bottom.

pub mod config;
pub mod database;
pub mod hardening;
pub mod layers;
pub mod listener;
pub mod oidc;
pub mod router;
mod routes;
pub mod session;
pub mod shutdown;
pub mod startup;
pub mod telemetry;
pub mod trouble;
pub mod web;
pub mod worker;

pub use web::Web;
