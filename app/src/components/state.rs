//! States: a dot and a word, never colour alone.

use leptos::prelude::*;
use portal::model::RequestState;

use super::Tone;
use crate::{i18n::Locale, texts::locale, tr_in};

/// A dot and a word.
#[component]
pub fn State(
    /// The dot's colour.
    tone: Tone,
    /// A ring in place of a dot: nothing is settled, or nothing is left to do.
    #[prop(optional)]
    open: bool,
    /// The word.
    #[prop(into)]
    word: String,
) -> impl IntoView {
    view! { <span class=format!("state {}{}", tone.class(), if open { " open" } else { "" })>{word}</span> }
}

/// Where a request stands.
pub fn request_state(state: RequestState) -> impl IntoView {
    let (tone, open) = match state {
        RequestState::Submitted => (Tone::Accent, true),
        RequestState::Approved | RequestState::Issuing => (Tone::Accent, false),
        RequestState::Ready | RequestState::Delivered => (Tone::Ok, false),
        RequestState::Unknown | RequestState::Ambiguous => (Tone::Warn, true),
        RequestState::Unconfirmed => (Tone::Warn, false),
        RequestState::Lost | RequestState::Failed | RequestState::Denied => (Tone::Danger, false),
        RequestState::Withdrawn | RequestState::Expired | RequestState::Uncollected => {
            (Tone::Plain, true)
        }
    };
    view! { <State tone open word=state_word_in(locale(), state) /> }
}

/// A request's state in words.
pub fn state_word_in(l: Locale, state: RequestState) -> &'static str {
    match state {
        RequestState::Submitted => tr_in!(l, common.state_submitted),
        RequestState::Approved => tr_in!(l, common.state_approved),
        RequestState::Denied => tr_in!(l, common.state_denied),
        RequestState::Withdrawn => tr_in!(l, common.state_withdrawn),
        RequestState::Expired => tr_in!(l, common.state_expired),
        RequestState::Issuing => tr_in!(l, common.state_issuing),
        RequestState::Unknown => tr_in!(l, common.state_unknown),
        RequestState::Ambiguous => tr_in!(l, common.state_ambiguous),
        RequestState::Lost => tr_in!(l, common.state_lost),
        RequestState::Failed => tr_in!(l, common.state_failed),
        RequestState::Ready => tr_in!(l, common.state_ready),
        RequestState::Delivered => tr_in!(l, common.state_delivered),
        RequestState::Unconfirmed => tr_in!(l, common.state_unconfirmed),
        RequestState::Uncollected => tr_in!(l, common.state_uncollected),
    }
}
