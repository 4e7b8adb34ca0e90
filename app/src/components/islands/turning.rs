//! When a page may be loaded again by itself.

use std::{cell::Cell, time::Duration};

use leptos::{ev, prelude::*};

/// How long the answer to a form may take. A page that is loaded again in that time would call off a
/// download that was counted already.
const SENT_FOR_MS: f64 = 4_000.0;
/// A little more than that.
const AFTER: Duration = Duration::from_millis(4_100);

thread_local! {
    static TURNING: Cell<bool> = const { Cell::new(false) };
    static SENT_AT: Cell<Option<f64>> = const { Cell::new(None) };
}

/// Loads the page again. Nobody is asked whether they want to leave it.
pub(super) fn turn() {
    TURNING.set(true);
    let _ = window().location().reload();
}

/// Whether the page is being loaded again by itself.
pub(super) fn is_turning() -> bool {
    TURNING.get()
}

/// Whether the answer to a form is still to come.
pub(super) fn is_answering() -> bool {
    SENT_AT
        .get()
        .is_some_and(|at| js_sys::Date::now() - at < SENT_FOR_MS)
}

/// Has something done each time the answer to a form should have come. For as long as the page stands:
/// nothing is left to clean up.
pub(super) fn after_forms(what: impl Fn() + Clone + 'static) {
    let _ = window_event_listener(ev::submit, move |_| {
        SENT_AT.set(Some(js_sys::Date::now()));
        set_timeout(what.clone(), AFTER);
    });
}
