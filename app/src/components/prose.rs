//! Words and boxes of words.

use leptos::{children::ChildrenFn, prelude::*};

/// What a colour stands for. Colour is for time and truth only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// No colour.
    #[default]
    Plain,
    /// What can be done, or is being done.
    Accent,
    /// Good.
    Ok,
    /// Needs a look.
    Warn,
    /// Bad, or nearly too late.
    Danger,
}

impl Tone {
    /// Its class in the stylesheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Accent => "accent",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Danger => "danger",
        }
    }
}

/// A box that must be read before the page is.
#[component]
pub fn Callout(
    /// What it is about, in colour.
    tone: Tone,
    /// The sentence that matters.
    #[prop(into)]
    title: String,
    /// Whether a screen reader is interrupted for it.
    #[prop(optional)]
    alert: bool,
    /// The rest.
    children: Children,
) -> impl IntoView {
    view! {
        <div class=format!("callout {}", tone.class()) role=alert.then_some("alert")>
            <h2>{title}</h2>
            {children()}
        </div>
    }
}

/// What stands where nothing is yet: what will appear here, and the one thing to do.
#[component]
pub fn Empty(
    /// What will appear here.
    #[prop(into)]
    text: String,
    /// The one thing to do: a label and an address.
    #[prop(optional, into)]
    way: Option<(String, String)>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p>{text}</p>
            {way.map(|(label, href)| view! { <p><a class="btn small" href=href>{label}</a></p> })}
        </div>
    }
}

/// A reason as it was written, line ends kept.
#[component]
pub fn Reason(
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <blockquote class="reason">{text}</blockquote> }
}

/// `<b>` of a text with markup: `tr_view!(…, <b> = bold)`.
pub fn bold(children: ChildrenFn) -> impl IntoView {
    view! { <b>{children()}</b> }
}

/// A tag that shows nothing of its own: for a value that stands before another tag (see `build.rs`).
pub fn plain(children: ChildrenFn) -> impl IntoView {
    children()
}

/// A number with its thousands apart: "1,204".
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_204), "1,204");
        assert_eq!(thousands(-1_234_567), "-1,234,567");
    }
}
