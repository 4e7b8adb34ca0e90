//! One file per command.

pub(crate) mod bench_portal;
pub(crate) mod demo;
mod load;
mod main_job;
pub(crate) mod site;
pub(crate) mod sqlx_prepare;
pub(crate) mod torture;
pub(crate) mod verify;
