//! Changes of projects on the first page: those to decide, and those that go on or ended lately.

use leptos::prelude::*;
use portal::model::{ChangeRow, Role, Timestamp};

use super::pages::section;
use crate::{
    changes::words::{change_state, name_of, place_of_decision},
    here::here,
    requests::words::agent,
    texts::locale,
    time, tr,
};

/// Changes the person can decide.
pub(super) fn to_decide(rows: Vec<ChangeRow>, now: Timestamp) -> Option<impl IntoView> {
    section(tr!(today.changes_approve), "", rows, move |row| {
        task(&row, now).into_any()
    })
}

/// What else goes on, or ended lately. What is to be decided stands above already.
pub(super) fn recent(
    rows: Vec<ChangeRow>,
    to_decide: &[ChangeRow],
    now: Timestamp,
) -> Option<impl IntoView + use<>> {
    let rows: Vec<ChangeRow> = rows
        .into_iter()
        .filter(|row| to_decide.iter().all(|other| other.id != row.id))
        .collect();
    let title = if here().is_any(&[Role::Security]) {
        tr!(today.changes_all)
    } else {
        tr!(today.changes)
    };
    section(title, tr!(today.changes_note), rows, move |row| {
        standing(&row, now).into_any()
    })
}

fn task(row: &ChangeRow, now: Timestamp) -> impl IntoView + use<> {
    let (href, name) = (place_of_decision(row), name_of(row));
    let since = time::ago(locale(), now, row.submitted_at);
    let label = format!("{}: {name}", tr!(today.approve_do));
    view! {
        <div class="what">
            <a class="name" href=href.clone()>
                {name}
            </a>
            <span class="sub">
                {row.project.name.clone()} " · "
                {tr!(changes.inbox_asks, who = agent(&row.requester))}
            </span>
            <span class="why">{row.reason.clone()}</span>
        </div>
        <div class="when faint">{tr!(today.waits_since, time = since)}</div>
        <div class="do">
            <a class="btn small" href=href aria-label=label>
                {tr!(today.approve_do)}
            </a>
        </div>
    }
}

fn standing(row: &ChangeRow, now: Timestamp) -> impl IntoView + use<> {
    let since = time::ago(locale(), now, row.changed_at);
    view! {
        <div class="what">
            <a class="name" href=format!("/changes/{}", row.id)>
                {name_of(row)}
            </a>
            <span class="sub">{row.project.name.clone()}</span>
        </div>
        <div class="when faint">{since}</div>
        <div class="do">{change_state(row.state)}</div>
    }
}
