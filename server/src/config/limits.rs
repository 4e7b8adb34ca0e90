//! How much at once.

use std::time::Duration;

use super::reader::Reader;

/// How much at once.
///
/// - `LIMITS__CONCURRENCY`: requests worked on at once; more are answered 503.
/// - `LIMITS__HANDLER_SECONDS`: how long one may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests worked on at once.
    pub concurrency: usize,
    /// How long one may take.
    pub handler: Duration,
}

impl Limits {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let concurrency = reader.with_default(
            "limits.concurrency",
            "256",
            "a number from 1 to 10000",
            |text| {
                text.parse()
                    .ok()
                    .filter(|number| (1..=10_000).contains(number))
            },
        );
        let handler = reader.with_default(
            "limits.handler_seconds",
            "15",
            "a number from 1 to 300",
            |text| {
                let seconds = text
                    .parse()
                    .ok()
                    .filter(|number| (1..=300).contains(number));
                seconds.map(Duration::from_secs)
            },
        );
        Some(Self {
            concurrency: concurrency?,
            handler: handler?,
        })
    }
}
