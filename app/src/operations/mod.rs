//! How the installation is doing.

pub mod api;
pub mod pages;
