//! Seeing what one types.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

/// Shows what stands in a password field, and hides it again. Without JavaScript there is no button.
#[island]
pub fn Reveal(
    /// The field's id.
    of: String,
    /// What the button says while it is hidden.
    show: String,
    /// What it says while it is shown.
    hide: String,
) -> impl IntoView {
    let awake = RwSignal::new(false);
    let shown = RwSignal::new(false);
    Effect::new(move |_| awake.set(true));
    let turn = {
        let of = of.clone();
        move |_| {
            let field = document()
                .get_element_by_id(&of)
                .and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
            if let Some(field) = field {
                shown.update(|shown| *shown = !*shown);
                field.set_type(if shown.get_untracked() {
                    "text"
                } else {
                    "password"
                });
                let _ = field.focus();
            }
        }
    };
    view! {
        <button
            type="button"
            class="btn small"
            hidden=move || !awake.get()
            aria-controls=of
            aria-pressed=move || shown.get().to_string()
            on:click=turn
        >
            {move || if shown.get() { hide.clone() } else { show.clone() }}
        </button>
    }
}
