//! The audit log, as people read it.

pub mod api;
pub mod entry;
pub mod list;
pub mod pages;
pub mod sentence;
pub mod words;
