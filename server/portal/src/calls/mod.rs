//! Calls to Atlas that are made once: what is true of all of them.
//!
//! That a call starts is committed before its first byte. A task of the process that began it makes the
//! call and records what came of it; whoever finds it open later only reads what holds at Atlas.

mod commit;
mod fence;
mod recording;

use std::time::Duration as StdDuration;

use time::{Duration, OffsetDateTime};
use tokio::time::Instant;

pub(crate) use self::{
    commit::commit,
    fence::{Fence, is_down},
    recording::keep_trying,
};
use crate::{Error, Portal, Result, model::Refusal};

/// A database that does not let us in within this time is away.
const CONNECT_WITHIN: StdDuration = StdDuration::from_secs(5);

/// How long after the start of a call was committed its request may begin to be sent. A process that
/// slept longer (a paused machine) no longer knows what others have concluded.
const SEND_WITHIN: Duration = Duration::seconds(10);

/// Within this time Atlas has answered, or its answer counts as lost: the time to begin, and the longest a
/// call takes.
const ANSWER_WITHIN: Duration = Duration::seconds(50);

/// When a call was begun, by two clocks: one of them may stand still while the machine sleeps, the other
/// may be set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginning {
    /// By the clock everybody shares.
    pub(crate) at: OffsetDateTime,
    since: Instant,
}

impl Beginning {
    /// Now.
    pub(crate) fn now(portal: &Portal) -> Self {
        Self {
            at: portal.clock.now(),
            since: Instant::now(),
        }
    }

    /// By when Atlas has answered.
    pub(crate) fn deadline(self, portal: &Portal) -> OffsetDateTime {
        self.at + portal.pace.span(ANSWER_WITHIN)
    }

    /// Whether it is too late to send anything.
    pub(crate) fn is_over(self, portal: &Portal) -> bool {
        let limit = portal.pace.span(SEND_WITHIN);
        self.since.elapsed() > limit || (portal.clock.now() - self.at).abs() > limit
    }
}

/// Atlas's refusal as rows keep it.
pub(crate) fn refusal_json(refusal: &Refusal) -> Result<serde_json::Value> {
    serde_json::to_value(refusal)
        .map_err(|error| Error::internal("a refusal could not be written", error))
}

/// Atlas's refusal as a row kept it.
pub(crate) fn refusal_from(value: Option<serde_json::Value>) -> Result<Option<Refusal>> {
    value
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| Error::internal("a refusal could not be read", error))
}
