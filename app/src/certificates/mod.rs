//! Certificates: what there is, and when it ends.

pub mod api;
pub mod one;
pub mod pages;
