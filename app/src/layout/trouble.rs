//! What stands where a page should be.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Sentence, atlas::at_moment};
use crate::tr;

/// What happened, what to do next, and the way there.
#[component]
pub fn TroubleView(
    /// What to say.
    sentence: Sentence,
    /// The HTTP status, small, for whoever is asked about it.
    status: u16,
) -> impl IntoView {
    view! {
        <section class="trouble">
            // To be signed out is no trouble with a number.
            {(status != 401)
                .then(|| view! { <p class="faint">{tr!(errors.number, status = status)}</p> })}
            <h1>{sentence.title}</h1>
            <p class="quiet">{at_moment(sentence.next, sentence.moment)}</p>
            {sentence
                .way
                .map(|(label, href)| {
                    view! {
                        <p>
                            <a class="btn" href=href>
                                {label}
                            </a>
                        </p>
                    }
                })}
        </section>
    }
}

/// Names the window after the trouble, where the router's head is there to take it.
#[component]
pub fn TroubleTitle(
    /// The title.
    title: String,
) -> impl IntoView {
    view! { <Title text=format!("{title} · Certdesk") /> }
}
