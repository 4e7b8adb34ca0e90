//! Changes of a project at Atlas: what exactly, who says yes, and what became of it.

pub mod api;
pub mod decide;
pub mod diff;
pub mod list;
pub mod notice;
pub mod now;
pub mod one;
pub mod pages;
pub mod progress;
pub mod steps;
pub mod words;
