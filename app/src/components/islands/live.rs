//! A page that turns itself when what it shows has changed.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::turning::{after_forms, is_answering, turn};

/// Quick at first, when something is being made; then patient, when people decide.
const FIRST_MS: u64 = 1_500;
const LAST_MS: u64 = 15_000;

/// Asks again and again how a request stands, and loads the page again when that has changed.
///
/// Shows nothing. Without JavaScript the page says that it can be loaded again.
#[island]
pub fn LiveStatus(
    /// The address that tells.
    ask: String,
    /// What it told when the page was made, byte for byte.
    told: String,
) -> impl IntoView {
    Effect::new(move |_| {
        wait(ask.clone(), told.clone(), FIRST_MS);
        let (ask, told) = (ask.clone(), told.clone());
        // A download changes what the page should say, and leaves the page where it is.
        after_forms(move || {
            let (ask, told) = (ask.clone(), told.clone());
            leptos::task::spawn_local(async move {
                look(&ask, &told).await;
            });
        });
    });
    view! { <span class="live" aria-hidden="true"></span> }
}

fn wait(ask: String, told: String, after_ms: u64) {
    let ask_now = move || {
        leptos::task::spawn_local(async move {
            if !look(&ask, &told).await {
                wait(ask, told, (after_ms * 5 / 4).min(LAST_MS));
            }
        });
    };
    set_timeout(ask_now, Duration::from_millis(after_ms));
}

/// Asks once, and loads the page again where the answer is another one. No answer: the portal restarts,
/// or the network is away; asking goes on.
async fn look(ask: &str, told: &str) -> bool {
    let changed = answer(ask).await.is_some_and(|now| now != told) && !is_answering();
    if changed {
        turn();
    }
    changed
}

async fn answer(ask: &str) -> Option<String> {
    // A hidden page asks nothing; it asks when it is looked at again.
    if document().hidden() {
        return None;
    }
    let response = JsFuture::from(window().fetch_with_str(ask)).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    // Signed out in another tab: the page itself leads to the sign-in.
    if response.status() == 401 {
        return Some(String::new());
    }
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?)
        .await
        .ok()?
        .as_string()
}
