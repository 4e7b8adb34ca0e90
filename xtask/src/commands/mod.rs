//! One file per command.

pub(crate) mod demo;
mod main_job;
pub(crate) mod site;
pub(crate) mod sqlx_prepare;
pub(crate) mod verify;
