//! What the portal needs around it on one machine: a private Postgres, the stand-ins for Atlas and for
//! the company's sign-in, an installation of the portal, and processes that do not outlive us.
//!
//! The commands of `xtask` and the torture harness put their worlds together from these parts.
#![expect(
    clippy::print_stdout,
    reason = "its steps tell the person in front of the terminal what is going on"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the ban on reading the clock is for the product; this tells how long things took"
)]

pub mod children;
pub mod folder;
pub mod installation;
pub mod interrupt;
pub mod node;
pub mod os_user;
pub mod ports;
pub mod postgres;
pub mod progress;
pub mod secrets;
pub mod stand_ins;
pub mod tools;
pub mod workspace;
