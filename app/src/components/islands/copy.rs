//! Copying what is shown.

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// How long the button says that it copied.
const SAYS_SO_MS: u64 = 2_000;

/// Copies a text. Without JavaScript there is no button: the text is selectable.
#[island]
pub fn CopyButton(
    /// The text.
    text: String,
    /// What the button says.
    label: String,
    /// What it says once copied.
    done: String,
    /// Shown on hover and focus only.
    quiet: bool,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    // Says whether there is JavaScript: the effect runs in the browser only.
    let awake = RwSignal::new(false);
    Effect::new(move |_| awake.set(true));
    let copy = move |_| {
        let clipboard = window().navigator().clipboard();
        let text = text.clone();
        leptos::task::spawn_local(async move {
            if JsFuture::from(clipboard.write_text(&text)).await.is_ok() {
                copied.set(true);
                let back = move || copied.set(false);
                set_timeout(back, std::time::Duration::from_millis(SAYS_SO_MS));
            }
        });
    };
    view! {
        <button
            type="button"
            class=if quiet { "btn small copy quiet" } else { "btn small copy" }
            hidden=move || !awake.get()
            on:click=copy
        >
            <span aria-live="polite">
                {move || if copied.get() { done.clone() } else { label.clone() }}
            </span>
        </button>
    }
}
