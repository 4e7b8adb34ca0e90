//! Sheets: a framed part of the page with a head.

use leptos::prelude::*;

use super::Link;
use crate::tr;

/// A framed part of a page.
#[component]
pub fn Sheet(
    /// Its heading; a sheet without one is named by `label`.
    #[prop(optional, into)]
    title: Option<String>,
    /// Its name for a screen reader, where no heading is shown.
    #[prop(optional, into)]
    label: Option<String>,
    /// What stands at the head: filters, or a note at the right.
    #[prop(optional, into)]
    head: Option<AnyView>,
    /// Its content.
    children: Children,
) -> impl IntoView {
    let has_head = title.is_some() || head.is_some();
    view! {
        <section class="sheet" aria-label=label>
            {has_head
                .then(|| {
                    view! {
                        <header>
                            {title.map(|title| view! { <h2>{title}</h2> })}
                            {head}
                        </header>
                    }
                })}
            {children()}
        </section>
    }
}

/// The way to the next page of a list. No numbers: lists are never counted.
#[component]
pub fn More(
    /// Where it is.
    link: Link,
) -> impl IntoView {
    view! {
        <p class="more">
            <a class="btn small" rel="next" href=String::from(link)>
                {tr!(common.more)}
            </a>
        </p>
    }
}
