//! The signed-in person: who they are, their settings, their sessions.

pub mod api;
pub mod pages;
