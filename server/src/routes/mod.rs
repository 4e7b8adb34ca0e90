//! Addresses that are no pages and no server functions: they set cookies, redirect, stream files or
//! are called by programs.

pub(crate) mod attachment;
pub(crate) mod auth;
pub(crate) mod authorities;
pub(crate) mod csp_report;
pub(crate) mod delivery;
pub(crate) mod health;
pub(crate) mod not_found;
