//! Certificates: what there is, and when it ends.

pub mod api;
mod foreign;
pub mod one;
pub mod pages;
