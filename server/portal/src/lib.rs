//! The product without the web: rules, SQL, the Atlas client, the audit log, jobs.
//!
//! Without the `server` feature only [`model`] is compiled: the vocabulary that may reach a
//! browser. This crate never names Leptos or axum.

pub mod model;

#[cfg(feature = "server")]
pub mod actor;
#[cfg(feature = "server")]
pub mod atlas;
#[cfg(feature = "server")]
pub mod audit;
#[cfg(feature = "server")]
mod calls;
#[cfg(feature = "server")]
pub mod certificates;
#[cfg(feature = "server")]
pub mod changes;
#[cfg(feature = "server")]
pub mod clock;
#[cfg(feature = "server")]
pub mod credentials;
#[cfg(feature = "server")]
pub mod database_users;
#[cfg(feature = "server")]
pub mod error;
#[cfg(feature = "server")]
pub mod failpoint;
#[cfg(feature = "server")]
pub mod identity;
#[cfg(feature = "server")]
pub mod jobs;
#[cfg(feature = "server")]
pub mod pace;
#[cfg(feature = "server")]
mod paging;
#[cfg(feature = "server")]
pub mod policy;
#[cfg(feature = "server")]
mod portal;
#[cfg(feature = "server")]
pub mod projects;
#[cfg(feature = "server")]
pub mod requests;
#[cfg(feature = "server")]
mod step_up;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "server")]
pub mod today;
#[cfg(feature = "server")]
pub mod x509;

#[cfg(feature = "server")]
pub use crate::{
    actor::{Actor, Client, SignedIn},
    error::{Error, Result},
    portal::{Parts, Portal},
};

/// The schema, as the owner role applies it.
#[cfg(feature = "server")]
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
