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
) -> impl IntoView {
    view! {
        <figure class="code">
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
