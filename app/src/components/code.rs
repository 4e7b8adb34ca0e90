//! What is typed into other programs.

use leptos::prelude::*;

use super::CopyButton;
use crate::tr;

/// Lines to paste, with a button that copies them.
#[component]
pub fn CodeBlock(
    /// The lines.
    #[prop(into)]
    text: String,
    /// What they are, for a screen reader and above the box.
    #[prop(into)]
    label: String,
    /// Broken where a line is full: for a text in one long line that is read, not typed.
    #[prop(optional)]
    wraps: bool,
) -> impl IntoView {
    view! {
        <figure class=if wraps { "code wraps" } else { "code" }>
            <figcaption>
                <span>{label}</span>
                <CopyButton
                    text=text.clone()
                    label=tr!(common.copy).to_owned()
                    done=tr!(common.copied).to_owned()
                    quiet=false
                />
            </figcaption>
            <pre tabindex="0">
                <code>{text}</code>
            </pre>
        </figure>
    }
}

/// A serial number or fingerprint: selectable, with a copy button on hover and focus.
#[component]
pub fn Mono(
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <span class="copyable">
            <span class="mono">{text.clone()}</span>
            <CopyButton
                text
                label=tr!(common.copy).to_owned()
                done=tr!(common.copied).to_owned()
                quiet=true
            />
        </span>
    }
}
