//! How the installation is doing.

pub mod api;
pub mod credentials;
pub mod pages;
