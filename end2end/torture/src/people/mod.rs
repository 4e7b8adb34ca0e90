//! People with browsers: signed in once through the company's sign-in, at work on both replicas.

mod client_log;
mod jar;
mod person;
mod sign_in;
mod visit;

pub(crate) use self::{client_log::ClientLog, person::Person};
