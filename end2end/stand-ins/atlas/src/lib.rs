//! A stand-in for the Atlas Administration API, as far as X.509 certificates of database users need it.
//!
//! It speaks both generations of the API and both kinds of credential, makes real certificates, keeps a journal of
//! every request it got, and can be told to fail in every way a server can. What it does follows recorded answers of
//! Atlas where there are any; where Atlas's behaviour is not known, a comment says so.
//!
//! As a program: `atlas-stand-in --listen 127.0.0.1:8080`. In a test:
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use atlas_stand_in::{Fault, FaultKind, Settings, start};
//!
//! let atlas = start(Settings::default()).await?;
//! atlas.stand_in().arm(Fault::new(FaultKind::ResetAfter).on("POST", "/certs"));
//! let base_url = atlas.url();
//! # Ok(())
//! # }
//! ```

mod api;
mod auth;
mod authority;
mod certificates;
mod clock;
mod connection;
mod control;
mod credentials;
mod customer_authority;
mod database_user_rules;
mod demo_world;
mod errors;
mod events;
mod faults;
mod input;
mod journal;
mod rate_limit;
mod server;
mod settings;
mod state;
mod storage;
mod version;
mod view;
mod world;

pub use certificates::Certificate;
pub use clock::Clock;
pub use credentials::{Credential, Proof, Role};
pub use faults::{Fault, FaultKind, Matcher, Options};
pub use journal::Entry;
pub use server::{Running, router, serve, start};
pub use settings::{KeyKind, Settings};
pub use state::StandIn;
pub use world::{
    AccessLog, Cluster, CustomerX509, DatabaseRole, DatabaseUser, Label, Ldap, Member, Project,
    Scope, Team, TeamGrant, World, X509Type,
};
