//! The first page: what needs the person now.

pub mod api;
mod changes;
pub mod pages;
mod pickups;
