//! The portal's credentials at Atlas: each is tried for what it may do, and told apart from what it
//! should be allowed. Too little makes people wait for somebody to grant a role; too much is what
//! somebody who steals it would have.

mod judge;
mod list;
mod probe;
mod words;

pub use self::{
    judge::{Told, Tried, judged},
    list::list,
    probe::{Nudged, probe, probe_now, try_all},
    words::sentence,
};
