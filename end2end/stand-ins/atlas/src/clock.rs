//! The one place where this program asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// The time of the stand-in: the machine's time, moved by an offset that tests may set.
///
/// Certificates, access tokens, rate limits and "the cluster applied it" all follow this clock, so a test
/// that moves it by three months sees certificates end.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_seconds: Arc<AtomicI64>,
}

impl Clock {
    /// The present moment of the stand-in, in UTC.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    pub fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + Duration::seconds(self.offset_seconds())
    }

    /// How far the stand-in's time is ahead of the machine's.
    pub fn offset_seconds(&self) -> i64 {
        self.offset_seconds.load(Ordering::SeqCst)
    }

    /// Moves the stand-in's time; 0 is the machine's time again.
    pub fn set_offset_seconds(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::SeqCst);
    }
}

/// A moment as Atlas writes it: UTC, whole seconds, `Z`.
pub(crate) fn iso(moment: OffsetDateTime) -> String {
    moment
        .truncate_to_second()
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// Reads a moment as clients write it, with or without a fraction of a second.
pub(crate) fn parse_iso(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atlas_writes_whole_seconds_in_utc() {
        let moment = parse_iso("2026-06-02T13:56:22.987Z").unwrap();
        assert_eq!(iso(moment), "2026-06-02T13:56:22Z");
    }

    #[test]
    fn the_offset_moves_the_present() {
        let clock = Clock::default();
        let before = clock.now();
        clock.set_offset_seconds(3600);
        assert!(clock.now() - before >= Duration::seconds(3600));
    }
}
