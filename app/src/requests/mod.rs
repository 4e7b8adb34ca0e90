//! Requests: asking, deciding, collecting.

pub mod api;
pub mod decide;
pub mod facts;
pub mod files;
pub mod form;
pub mod inbox;
pub mod list;
pub mod new;
pub mod now;
pub mod one;
pub mod pages;
pub mod pickup;
pub mod resolve;
pub mod steps;
pub mod unclear;
pub mod words;
