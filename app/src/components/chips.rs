//! Filters as links: a view is an address to paste into a ticket.

use leptos::prelude::*;

use super::Link;

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// The word.
    pub word: String,
    /// The view it leads to.
    pub link: Link,
    /// Whether it is the view shown.
    pub current: bool,
    /// How many it holds, where that is known.
    pub count: Option<u32>,
}

impl Chip {
    /// A choice without a number.
    pub fn new(word: impl Into<String>, link: Link, current: bool) -> Self {
        Self {
            word: word.into(),
            link,
            current,
            count: None,
        }
    }
}

/// Choices of one filter.
#[component]
pub fn Chips(
    /// What is chosen here, for a screen reader.
    #[prop(into)]
    label: String,
    /// The choices.
    chips: Vec<Chip>,
) -> impl IntoView {
    view! {
        <nav class="chips" aria-label=label>
            {chips
                .into_iter()
                .map(|chip| {
                    let count = chip
                        .count
                        .map(|count| if count > 98 { " 99+".to_owned() } else { format!(" {count}") });
                    view! {
                        <a href=String::from(chip.link) aria-current=chip.current.then_some("true")>
                            {chip.word}
                            {count}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}
