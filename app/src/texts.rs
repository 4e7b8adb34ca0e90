//! Texts in the language of the page.
//!
//! The texts stand in `locales/<language>/<namespace>.json`; a key that does not exist, or an
//! argument that is missing, does not compile. Only the server uses them: an island gets its words as
//! properties, so that no language travels in the wasm.

use portal::model::Language;

use crate::{here::here, i18n::Locale};

/// The texts of a language.
pub fn locale_of(language: Language) -> Locale {
    match language {
        Language::En => Locale::en,
        Language::Ko => Locale::ko,
        Language::Zh => Locale::zh,
    }
}

/// The texts of this page's language.
pub fn locale() -> Locale {
    locale_of(here().language)
}

/// A text as a string: `tr!(requests.title)`, `tr!(requests.for_months, count = 3)`.
#[macro_export]
macro_rules! tr {
    ($($text:tt)*) => {{
        let locale = $crate::texts::locale();
        ::leptos_i18n::td_string!(locale, $($text)*)
    }};
}

/// A text as a string in a language at hand: `tr_in!(locale, common.you)`.
#[macro_export]
macro_rules! tr_in {
    ($locale:expr, $($text:tt)*) => {{
        let locale = $locale;
        ::leptos_i18n::td_string!(locale, $($text)*)
    }};
}

/// A text with markup in it, as a view: `tr_view!(audit.approved, <b> = bold, who = name)`.
///
/// The language is taken here and now: what is inside is rendered later, where nobody knows it.
#[macro_export]
macro_rules! tr_view {
    ($($text:tt)*) => {{
        let locale = $crate::texts::locale();
        ::leptos_i18n::td!(locale, $($text)*)
    }};
}
