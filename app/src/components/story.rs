//! The story: what happened, in sentences, in order, each an entry of the audit log.

use leptos::prelude::*;
use portal::model::{AuditRow, Timestamp};

use super::Tone;
use crate::{
    audit::sentence::{Setting, told, tone_of},
    texts::locale,
    time, tr,
};

/// What happened, oldest first, and what comes next.
#[component]
pub fn Story(
    /// The entries.
    rows: Vec<AuditRow>,
    /// When the page was made.
    now: Timestamp,
    /// Lines of the page's own: what is waited for, and what comes then.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <ol class="story">
            {rows.into_iter().map(|row| story_line(row, now)).collect_view()}
            {children.map(|children| children())}
        </ol>
    }
}

/// One line of a story that is no entry of the log: what is waited for, or what comes next.
#[component]
pub fn StoryLine(
    /// `now` or `todo`.
    class: &'static str,
    /// The sentence.
    children: Children,
) -> impl IntoView {
    view! {
        <li class=class>
            <div>{children()}</div>
        </li>
    }
}

/// One entry as a line.
pub fn story_line(row: AuditRow, now: Timestamp) -> impl IntoView {
    let class = match tone_of(&row.event) {
        Tone::Danger => "bad",
        Tone::Warn => "odd",
        _ => "done",
    };
    let (seq, at) = (row.seq, row.at);
    let stamp = view! {
        <time datetime=time::machine(at) title=time::title(at)>
            {time::clock(locale(), now, at)}
        </time>
    };
    // Who may not read the log gets no link that leads nowhere.
    let stamp = if row.may_open {
        view! {
            <a class="faint" href=format!("/audit/{seq}") title=tr!(audit.entry_title, number = seq)>
                {stamp}
            </a>
        }
        .into_any()
    } else {
        view! { <span class="faint">{stamp}</span> }.into_any()
    };
    view! {
        <li class=class>
            <div>{told(row, Setting::Story)}</div>
            {stamp}
        </li>
    }
}
