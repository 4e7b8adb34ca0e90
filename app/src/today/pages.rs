//! The first page.

use leptos::prelude::*;
use portal::model::{CertificateRow, RequestRow, Timestamp, Today};

use super::{
    api,
    changes::{recent, to_decide},
    pickups::refused,
};
use crate::{
    components::{Empty, Lifeline, Link, Sheet, person_name, request_state},
    here::here,
    layout::{PageTitle, load},
    requests::words::agent,
    texts::locale,
    time, tr,
};

/// `/`
#[component]
pub fn TodayRoute() -> impl IntoView {
    load(api::page(), |today| view! { <TodayView today /> })
}

/// What needs the person now, the most pressing first.
#[component]
pub fn TodayView(
    /// What there is.
    today: Today,
) -> impl IntoView {
    let Today {
        to_approve,
        changes_to_approve,
        changes,
        to_issue,
        to_collect,
        unsettled,
        to_resolve,
        waiting,
        ending_soon,
        unexplained,
        refused_pickups,
        now,
        ..
    } = today.clone();
    // The one primary button is the first thing to do, if there is one.
    let (collect_class, title_class) = if to_collect.is_empty() {
        ("btn small", "btn primary")
    } else {
        ("btn small primary", "btn")
    };
    let aside = here().may_ask().then(|| {
        view! {
            <a class=title_class href="/requests/new">
                {tr!(today.request)}
            </a>
        }
    });
    let line = summary(&today);
    let changes_there = recent(changes, &changes_to_approve, now);

    view! {
        <PageTitle title=tr!(today.title) aside=aside.into_any()>
            {line}
        </PageTitle>
        {today
            .all_clear()
            .then(|| {
                view! {
                    <Sheet label=tr!(today.all_clear)>
                        <Empty text=tr!(today.all_clear_long) />
                    </Sheet>
                }
            })}
        {section(
            tr!(today.collect),
            tr!(today.collect_note),
            to_collect,
            move |row| {
                let left = row.until.map(|until| tr!(today.destroyed, time = time::ahead(locale(), now, until)));
                task(&row, left, collect_class, tr!(today.collect_do)).into_any()
            },
        )}
        {section(
            tr!(today.approve),
            "",
            to_approve,
            move |row| {
                let since = time::ago(locale(), now, row.submitted_at);
                task(&row, Some(tr!(today.waits_since, time = since)), "btn small", tr!(today.approve_do))
                    .into_any()
            },
        )}
        {to_decide(changes_to_approve, now)}
        {section(
            tr!(today.issue),
            "",
            to_issue,
            move |row| {
                let left = row.until.map(|until| tr!(today.issue_until, time = time::ahead(locale(), now, until)));
                task(&row, left, "btn small", tr!(today.issue_do)).into_any()
            },
        )}
        {section(
            tr!(today.resolve),
            tr!(today.resolve_note),
            to_resolve,
            move |row| standing(&row, now).into_any(),
        )}
        {section(
            tr!(today.unsettled),
            tr!(today.unsettled_note),
            unsettled,
            move |row| standing(&row, now).into_any(),
        )}
        {section(
            tr!(today.unexplained),
            tr!(today.unexplained_note),
            unexplained,
            move |row| ending(row, now).into_any(),
        )}
        {refused(refused_pickups, now)}
        {section(tr!(today.ending), "", ending_soon, move |row| ending(row, now).into_any())}
        {section(tr!(today.waiting), "", waiting, move |row| standing(&row, now).into_any())}
        {changes_there}
    }
}

/// How much there is to do, and when Atlas was last asked.
fn summary(today: &Today) -> String {
    let line = if today.all_clear() {
        tr!(today.all_clear).to_owned()
    } else {
        let pressing = today.to_collect.len()
            + today.to_approve.len()
            + today.changes_to_approve.len()
            + today.to_issue.len()
            + today.to_resolve.len()
            + today.ending_soon.len()
            + today.unexplained.len()
            + today.refused_pickups.len();
        tr!(
            today.needs_you,
            count = u32::try_from(pressing).unwrap_or(99)
        )
    };
    match today.checked_at {
        Some(at) => {
            let time = time::ago(locale(), today.now, at);
            format!("{line} {}", tr!(today.checked, time = time))
        }
        None => line,
    }
}

/// A list of things to do; nothing where there are none.
pub(super) fn section<T>(
    title: &'static str,
    note: &'static str,
    rows: Vec<T>,
    show: impl Fn(T) -> AnyView,
) -> Option<impl IntoView> {
    (!rows.is_empty()).then(|| {
        let head = if note.is_empty() {
            ().into_any()
        } else {
            view! { <span class="faint">{note}</span> }.into_any()
        };
        let rows = rows
            .into_iter()
            .map(|row| view! { <li>{show(row)}</li> })
            .collect_view();
        view! {
            <Sheet title head>
                <ul class="tasks">{rows}</ul>
            </Sheet>
        }
    })
}

/// A request that waits for the person.
fn task(
    row: &RequestRow,
    when: Option<String>,
    button: &'static str,
    label: &'static str,
) -> impl IntoView + use<> {
    let href = format!("/requests/{}", row.id);
    let length = tr!(common.for_months, count = u32::from(row.months.get()));
    let asked = if row.requester.is_you {
        length
    } else {
        tr!(today.asks, who = agent(&row.requester), length = length)
    };
    view! {
        <div class="what">
            <a class="name" href=href.clone()>
                {row.username.to_string()}
            </a>
            <span class="sub">{row.project.name.clone()} " · " {asked}</span>
            <span class="why">{row.reason.clone()}</span>
        </div>
        <div class="when faint">{when}</div>
        <div class="do">
            <a class=button href=href aria-label=format!("{label}: {}", row.username)>
                {label}
            </a>
        </div>
    }
}

/// A request that stands somewhere, with nothing for the person to do.
fn standing(row: &RequestRow, now: Timestamp) -> impl IntoView + use<> {
    let since = time::ago(locale(), now, row.changed_at);
    view! {
        <div class="what">
            <a class="name" href=format!("/requests/{}", row.id)>
                {row.username.to_string()}
            </a>
            <span class="sub">{row.project.name.clone()}</span>
        </div>
        <div class="when faint">{since}</div>
        <div class="do">{request_state(row.state)}</div>
    }
}

/// A certificate that ends soon, or that nothing explains.
fn ending(row: CertificateRow, now: Timestamp) -> impl IntoView {
    let renew = Link::to("/requests/new")
        .with("project", row.project.id.as_str())
        .with("username", row.username.as_str());
    let yours = row.holder.as_ref().is_some_and(|holder| holder.is_you);
    view! {
        <div class="what">
            <a class="name" href=format!("/certificates/{}", row.id)>
                {row.username.to_string()}
            </a>
            <span class="sub">
                {row.project.name.clone()}
                {row.holder.as_ref().map(|holder| format!(" · {}", person_name(holder)))}
            </span>
        </div>
        <div class="when">
            <Lifeline row=row.clone() now />
        </div>
        <div class="do">
            {if yours {
                view! {
                    <a
                        class="btn small"
                        href=String::from(renew)
                        aria-label=format!("{}: {}", tr!(today.renew), row.username)
                    >
                        {tr!(today.renew)}
                    </a>
                }
                    .into_any()
            } else {
                view! {
                    <a class="btn small" href=format!("/certificates/{}", row.id)>
                        {tr!(today.see)}
                    </a>
                }
                    .into_any()
            }}
        </div>
    }
}
