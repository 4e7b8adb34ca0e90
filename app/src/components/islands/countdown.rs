//! A time that runs out.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::turning::turn;

/// The words of a countdown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountdownWords {
    /// After the minutes.
    pub minutes: String,
    /// After the seconds.
    pub seconds: String,
    /// In place of both, when there is nothing left.
    pub over: String,
}

impl CountdownWords {
    fn tell(&self, left_s: i64) -> String {
        let Self {
            minutes,
            seconds,
            over,
        } = self;
        match (left_s / 60, left_s % 60) {
            _ if left_s <= 0 => over.clone(),
            (0, s) => format!("{s} {seconds}"),
            (m, s) => format!("{m} {minutes} {s:02} {seconds}"),
        }
    }
}

/// "12 min 40 s", counting down; loads the page again when nothing is left.
///
/// It counts from what the server said is left, and not to a time of day: the browser's clock may be
/// wrong by minutes.
#[island]
pub fn Countdown(
    /// Seconds left when the page was made.
    left_s: i64,
    /// Its words.
    words: CountdownWords,
) -> impl IntoView {
    let left = RwSignal::new(left_s);
    Effect::new(move |_| {
        let began = js_sys::Date::now();
        let tick = move || {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "seconds since the page was made"
            )]
            let gone = ((js_sys::Date::now() - began) / 1_000.0) as i64;
            let before = left.get_untracked();
            left.set((left_s - gone).max(0));
            if before > 0 && left_s <= gone {
                turn();
            }
        };
        let _ = set_interval_with_handle(tick, std::time::Duration::from_secs(1));
    });
    view! { <b class="countdown">{move || words.tell(left.get())}</b> }
}
