//! Requests: asking, deciding, collecting.

pub mod api;
pub mod pages;
