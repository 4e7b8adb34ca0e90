//! How fast waiting passes.

use std::time::Duration as StdDuration;

use time::Duration;

/// How many times faster than in production passes whatever the portal waits for by itself: timers,
/// the patience of calls, settle windows.
///
/// The durations stand where they are used, with their reasons; each goes through here once. One in
/// every product: only a build with the feature `failpoints` can be told another, so that a torture
/// run sees minutes pass in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(u32);

impl Default for Pace {
    fn default() -> Self {
        Self(1)
    }
}

impl Pace {
    /// So many times faster.
    #[cfg(feature = "failpoints")]
    pub fn faster(times: std::num::NonZeroU32) -> Self {
        Self(times.get())
    }

    /// How long a timer or a call waits.
    #[must_use]
    pub fn wait(self, product: StdDuration) -> StdDuration {
        product / self.0
    }

    /// How often something may happen within a [`span`](Self::span) before it is too often. At another pace
    /// as often as it likes: a torture run strikes more than any product would bear.
    #[must_use]
    pub fn often(self, product: u32) -> u32 {
        if self.0 == 1 { product } else { u32::MAX }
    }

    /// How far apart two moments are.
    #[must_use]
    pub fn span(self, product: Duration) -> Duration {
        product / self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_waits_as_long_as_it_says() {
        let pace = Pace::default();
        assert_eq!(
            pace.wait(StdDuration::from_secs(15)),
            StdDuration::from_secs(15)
        );
        assert_eq!(pace.span(Duration::minutes(15)), Duration::minutes(15));
        assert_eq!(pace.often(5), 5);
    }

    #[test]
    fn at_another_pace_everything_is_as_much_faster() {
        let pace = Pace(10);
        assert_eq!(
            pace.wait(StdDuration::from_secs(15)),
            StdDuration::from_millis(1_500)
        );
        assert_eq!(pace.span(Duration::minutes(15)), Duration::seconds(90));
    }
}
