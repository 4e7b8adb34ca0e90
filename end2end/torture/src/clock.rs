//! The one place where this program asks what time it is.

use time::OffsetDateTime;

/// Now, in UTC: the same clock that the portals, Postgres and the stand-ins read.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that everything else is given"
)]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
