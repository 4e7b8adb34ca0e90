//! Asking before a page is left.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::turning::is_turning;

/// How long after a form was sent its navigation may begin.
const FORM_MS: u64 = 1_000;

/// Has the browser ask before the page is left: a key waits here that is not saved yet. Forms of the
/// element with the id `within` may be sent, and the page may load itself again.
///
/// Shows nothing; it stands on the page for as long as there is something to lose.
#[island]
pub fn LeaveGuard(
    /// The element whose forms are no leaving.
    within: String,
) -> impl IntoView {
    Effect::new(move |_| {
        let sending = Rc::new(Cell::new(false));
        let within = within.clone();
        let sent = window_event_listener(ev::submit, {
            let sending = Rc::clone(&sending);
            move |event| {
                let form = event
                    .target()
                    .and_then(|form| form.dyn_into::<Element>().ok());
                let ours = form
                    .and_then(|form| form.closest(&format!("#{within}")).ok())
                    .flatten();
                if ours.is_some() {
                    sending.set(true);
                    // A download leaves the page where it is.
                    let sending = Rc::clone(&sending);
                    set_timeout(move || sending.set(false), Duration::from_millis(FORM_MS));
                }
            }
        });
        let left = window_event_listener(ev::beforeunload, move |event| {
            if !sending.get() && !is_turning() {
                event.prevent_default();
                // What older browsers go by.
                event.set_return_value("1");
            }
        });
        on_cleanup(move || {
            sent.remove();
            left.remove();
        });
    });
    view! { <span class="live" aria-hidden="true"></span> }
}
