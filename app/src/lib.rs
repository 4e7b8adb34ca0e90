//! What people see: pages, components and server functions.
//!
//! Every page is complete HTML from the server and every form works without JavaScript. An
//! `#[island]` is added only where a person gains from it; nothing else reaches the browser as code.
//!
//! Compiled twice: natively with `ssr`, and to wasm with `hydrate`. [`ssr`] is the only gated module;
//! bodies of server functions name it by its full path, so nothing else needs a `cfg`.

#![recursion_limit = "256"]
#![expect(
    clippy::needless_pass_by_value,
    reason = "a component owns its properties, whether or not it uses them up"
)]

include!(concat!(env!("OUT_DIR"), "/i18n.rs"));

pub mod account;
pub mod audit;
pub mod certificates;
pub mod changes;
pub mod components;
pub mod error;
pub mod here;
pub mod layout;
pub mod operations;
pub mod projects;
pub mod requests;
pub mod routes;
#[cfg(feature = "ssr")]
pub mod ssr;
pub mod texts;
pub mod time;
pub mod today;
pub mod users;
pub mod x509;

#[cfg(feature = "ssr")]
pub use crate::ssr::{Caller, Incident, SiteFiles, Trouble, error_page, said_cookie, shell};
pub use crate::{error::PortalError, routes::App};

/// What the browser calls once the wasm is there; the islands follow one by one.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
