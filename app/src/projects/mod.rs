//! Atlas projects and their database users.

pub mod api;
pub mod one;
pub mod pages;
