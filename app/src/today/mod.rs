//! The first page: what needs the person now.

pub mod api;
pub mod pages;
