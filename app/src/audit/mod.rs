//! The audit log, as people read it.

pub mod api;
pub mod pages;
