//! The islands: what runs in the browser. Each is a help on top of a page that works without it, and
//! gets its words as properties.

#![expect(
    missing_docs,
    reason = "the macro makes a second struct of each island's properties, without their words"
)]

pub mod copy;
pub mod countdown;
pub mod filter;
pub mod guard;
pub mod live;
pub mod reveal;
pub mod rows;
mod turning;

pub use self::{
    copy::CopyButton,
    countdown::{Countdown, CountdownWords},
    filter::FilterRows,
    guard::LeaveGuard,
    live::LiveStatus,
    reveal::Reveal,
    rows::RowKeys,
};
