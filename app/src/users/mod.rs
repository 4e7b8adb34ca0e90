//! Database users: an owner asks for a new one, for other roles, for its end. Each form leads to a
//! change, which somebody else decides (see [`crate::changes`]).

pub mod api;
pub mod ask;
pub mod beside;
pub mod input;
pub mod name;
pub mod new;
pub mod one;
pub mod pages;
pub mod remove;
pub mod roles;
pub mod words;
