//! The audit log, as people read it.

pub mod api;
mod change_sentence;
pub mod entry;
pub mod list;
pub mod pages;
pub mod sentence;
mod settle_sentence;
pub mod words;
