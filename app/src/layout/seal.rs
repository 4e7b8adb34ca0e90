//! The seal: how far the audit log has come, at the foot of every page.

use leptos::prelude::*;
use portal::model::LogHead;

use crate::{audit, components::thousands, texts::locale, time, tr};

/// Atlas silent for longer than this is worth saying in amber.
const ATLAS_LATE_S: i64 = 900;

/// How far the log has come, how long ago, and the last entry's digits.
#[component]
pub fn Seal() -> impl IntoView {
    Suspend::new(async move {
        let head = audit::api::head().await.ok();
        view! { <SealView head /> }
    })
}

/// The seal of a head; `None` where the log could not be read.
#[component]
pub fn SealView(
    /// The head.
    head: Option<LogHead>,
) -> impl IntoView {
    view! {
        <footer class="seal" aria-label=tr!(frame.seal)>
            {match head {
                None => view! { <span class="late">{tr!(frame.log_unreadable)}</span> }.into_any(),
                Some(head) => head_view(head).into_any(),
            }}
        </footer>
    }
}

fn head_view(head: LogHead) -> impl IntoView {
    let l = locale();
    let atlas_late = head
        .atlas_answered_at
        .is_none_or(|at| (head.now - at).whole_seconds() > ATLAS_LATE_S);
    view! {
        <span>
            {match head.last_at {
                None => view! { <b>{tr!(frame.log_empty)}</b> }.into_any(),
                Some(last) => {
                    let last_seq = thousands(head.size.saturating_sub(1));
                    view! {
                        <b>{tr!(frame.log_at, number = last_seq)}</b>
                        " · "
                        <time datetime=time::machine(last) title=time::title(last)>
                            {tr!(frame.last_entry, time = time::ago(l, head.now, last))}
                        </time>
                    }
                        .into_any()
                }
            }}
        </span>
        {head
            .hash
            .map(|hash| {
                let title = format!("{}: {hash}", tr!(frame.hash_title));
                view! { <span class="mono" title=title>{ends_of(&hash)}</span> }
            })}
        <span class:late=atlas_late>
            {match head.atlas_answered_at {
                None => tr!(frame.atlas_never).to_owned(),
                Some(at) => tr!(frame.atlas_answered, time = time::ago(l, head.now, at)),
            }}
        </span>
    }
}

/// The first and last digits of a hash: enough to compare two by eye.
fn ends_of(hash: &str) -> String {
    match (hash.get(..4), hash.get(hash.len().saturating_sub(4)..)) {
        (Some(first), Some(last)) if hash.len() > 8 => format!("{first}…{last}"),
        _ => hash.to_owned(),
    }
}
