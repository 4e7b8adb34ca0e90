//! Times: words in the row, the exact time behind them.

use leptos::prelude::*;
use portal::model::Timestamp;

use crate::{texts::locale, time};

/// "2 hours ago" or "in 3 days", with the exact time on hover.
#[component]
pub fn When(
    /// The time told.
    at: Timestamp,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    view! {
        <time datetime=time::machine(at) title=time::title(at)>
            {time::relative(locale(), now, at)}
        </time>
    }
}

/// "24 Nov 2026, 13:05 UTC".
#[component]
pub fn Exact(
    /// The time told.
    at: Timestamp,
) -> impl IntoView {
    view! {
        <time datetime=time::machine(at) title=time::title(at)>
            {time::exact(locale(), at)}
        </time>
    }
}
