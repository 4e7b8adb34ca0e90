//! Atlas projects and their database users.

pub mod api;
pub mod pages;
