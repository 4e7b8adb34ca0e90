//! A portal one can talk to like a browser does.

pub(crate) mod browser;
pub(crate) mod flaky_database;
pub(crate) mod identity_provider;
pub(crate) mod jwt;
pub(crate) mod test_web;

pub(crate) use self::{
    browser::{Answer, Browser},
    identity_provider::IdentityProvider,
    test_web::{TestWeb, Wishes},
};
