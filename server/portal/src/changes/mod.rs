//! Changes of a project at Atlas: one person asks, another says yes, the portal carries them out.
//!
//! A noun asks through [`submit`](submit::submit); [`approve`] and [`carry_out`] leave the call to `run`,
//! which records what came of it in `outcome`; [`settle`] finds out by reading what a lost answer or a
//! dead process left open, and [`follow`] waits for the clusters. What differs from kind to kind is
//! reached through `kind`.

mod authorities;
mod carry_out;
mod decide;
mod expire;
mod follow;
pub(crate) mod kind;
mod list;
mod look;
mod outcome;
mod page;
mod row;
mod run;
mod second;
mod settle;
mod stored;
mod submit;
mod withdraw;

pub use {
    authorities::authorities,
    carry_out::carry_out,
    decide::{approve, deny},
    expire::expire_due,
    follow::follow,
    list::{inbox, list},
    page::{get, status},
    settle::settle,
    withdraw::withdraw,
};
pub(crate) use {
    list::{past_of_project, recent, waiting_for},
    second::{Seconds, counts_since, seconds},
    stored::Stored,
    submit::{Proposal, begin, open_change, require_typed, submit},
};
