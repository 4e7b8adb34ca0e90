//! Going through a list by keyboard.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// `j` and `k` move through the links of a list's rows; Enter follows one, as ever. The list is the
/// element with the id `list`. Says so, where there is JavaScript.
#[island]
pub fn RowKeys(
    /// The list's id.
    list: String,
    /// What `j` and `k` do.
    moves: String,
    /// What Enter does.
    opens: String,
) -> impl IntoView {
    let awake = RwSignal::new(false);
    Effect::new(move |_| {
        awake.set(true);
        let list = list.clone();
        let heard = window_event_listener(ev::keydown, move |event| {
            let step = match event.key().as_str() {
                "j" => 1,
                "k" => -1,
                _ => return,
            };
            if !event.ctrl_key() && !event.alt_key() && !event.meta_key() && !is_typing() {
                go(&list, step);
            }
        });
        on_cleanup(move || heard.remove());
    });
    view! {
        <p class="keys faint" hidden=move || !awake.get()>
            <kbd>"j"</kbd>
            " "
            <kbd>"k"</kbd>
            " "
            {moves}
            " · "
            <kbd>"↵"</kbd>
            " "
            {opens}
        </p>
    }
}

/// Whether the key goes into a field.
fn is_typing() -> bool {
    document().active_element().is_some_and(|element| {
        ["INPUT", "TEXTAREA", "SELECT"].contains(&element.tag_name().as_str())
    })
}

/// Focuses the link so many rows further; the first where none has the focus.
fn go(list: &str, step: i32) {
    let Ok(links) = document().query_selector_all(&format!("#{list} a.name")) else {
        return;
    };
    let focused = document().active_element();
    let place = (0..links.length()).find(|place| {
        let link = links.item(*place);
        focused
            .as_ref()
            .is_some_and(|focused| link.as_deref() == Some(focused))
    });
    let next = match place {
        Some(place) => place
            .saturating_add_signed(step)
            .min(links.length().saturating_sub(1)),
        None => 0,
    };
    if let Some(link) = links
        .item(next)
        .and_then(|link| link.dyn_into::<HtmlElement>().ok())
    {
        let _ = link.focus();
    }
}
