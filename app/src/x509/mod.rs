//! Customer-managed X.509: how a project stands, what switching it off would do, and the way to it.

pub mod api;
pub mod ask;
pub mod impact;
pub mod pages;
pub mod past;
pub mod restore;
pub mod stands;
