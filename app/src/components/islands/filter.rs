//! Narrowing a list that is all there.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// A field that hides rows of a list as one types. The list is the element with the id `list`; its
/// rows carry `data-find`, the text that is searched.
#[island]
pub fn FilterRows(
    /// The list's id.
    list: String,
    /// What can be searched for.
    label: String,
    /// What is said when nothing is left.
    nothing: String,
) -> impl IntoView {
    let awake = RwSignal::new(false);
    let none_left = RwSignal::new(false);
    Effect::new(move |_| awake.set(true));
    let narrow = move |event| {
        let wanted = event_target_value(&event).to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let Ok(rows) = document().query_selector_all(&format!("#{list} [data-find]")) else {
            return;
        };
        let mut shown = 0_u32;
        for row in (0..rows.length()).filter_map(|place| rows.item(place)) {
            let Ok(row) = row.dyn_into::<HtmlElement>() else {
                continue;
            };
            let text = row
                .get_attribute("data-find")
                .unwrap_or_default()
                .to_lowercase();
            let hit = words.iter().all(|word| text.contains(word));
            row.set_hidden(!hit);
            shown += u32::from(hit);
        }
        none_left.set(shown == 0);
    };
    view! {
        <span class="search" hidden=move || !awake.get()>
            <input
                type="search"
                placeholder=label.clone()
                aria-label=label.clone()
                autocomplete="off"
                spellcheck="false"
                on:input=narrow
            />
            <span class="faint" role="status">
                {move || none_left.get().then(|| nothing.clone())}
            </span>
        </span>
    }
}
