//! What waits for the owner's decision.

use leptos::prelude::*;
use portal::model::{ChangeRow, RequestRow, Timestamp};

use super::{
    api::{self, InboxPage},
    words::{agent, length},
};
use crate::{
    changes::words::{name_of, place_of_decision},
    components::{RowKeys, Sheet},
    layout::{PageTitle, load},
    texts::locale,
    time, tr,
};

/// `/approvals`
#[component]
pub fn ApprovalsRoute() -> impl IntoView {
    load(api::inbox(), |inbox| view! { <ApprovalsView inbox /> })
}

/// Each request and change as a brief row: what will be, for whom, why, and how long it waits.
#[component]
pub fn ApprovalsView(
    /// What to show.
    inbox: InboxPage,
) -> impl IntoView {
    let now = inbox.now;
    let changes = !inbox.changes.is_empty();
    let waiting = by_age(inbox.rows, inbox.changes, now);
    let count = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
    if count == 0 {
        return view! {
            <PageTitle title=tr!(requests.approvals_title)>{tr!(requests.inbox_clear)}</PageTitle>
            <Sheet label=tr!(requests.approvals_title)>
                <div class="empty clear">
                    <p>{tr!(requests.inbox_clear_text)}</p>
                </div>
            </Sheet>
        }
        .into_any();
    }
    let line = if changes {
        tr!(requests.inbox_all, count = count)
    } else {
        tr!(requests.inbox_count, count = count)
    };
    view! {
        <PageTitle title=tr!(requests.approvals_title)>{line}</PageTitle>
        <Sheet label=tr!(requests.approvals_title)>
            <ol class="inbox" id="inbox">
                {waiting.into_iter().map(|one| brief(one, now)).collect_view()}
            </ol>
        </Sheet>
        <RowKeys
            list="inbox".to_owned()
            moves=tr!(requests.keys_move).to_owned()
            opens=tr!(requests.keys_open).to_owned()
        />
    }
    .into_any()
}

/// One thing to decide.
struct Waiting {
    name: String,
    place: String,
    project: String,
    asks: String,
    why: String,
    since: Timestamp,
    until: Option<Timestamp>,
}

/// Requests and changes together, the longest waiting first.
fn by_age(requests: Vec<RequestRow>, changes: Vec<ChangeRow>, now: Timestamp) -> Vec<Waiting> {
    let requests = requests.into_iter().map(|row| of_request(row, now));
    let mut waiting: Vec<Waiting> = requests.chain(changes.into_iter().map(of_change)).collect();
    waiting.sort_by_key(|one| one.since);
    waiting
}

fn of_request(row: RequestRow, now: Timestamp) -> Waiting {
    let asks = tr!(
        requests.inbox_asks,
        who = agent(&row.requester),
        length = length(row.months),
        end = time::day(locale(), row.months.after(now))
    );
    Waiting {
        name: row.username.to_string(),
        place: format!("/requests/{}", row.id),
        project: row.project.name,
        asks,
        why: row.reason,
        since: row.submitted_at,
        until: row.until,
    }
}

fn of_change(row: ChangeRow) -> Waiting {
    Waiting {
        name: name_of(&row),
        place: place_of_decision(&row),
        asks: tr!(changes.inbox_asks, who = agent(&row.requester)),
        project: row.project.name,
        why: row.reason,
        since: row.submitted_at,
        until: row.until,
    }
}

fn brief(one: Waiting, now: Timestamp) -> impl IntoView {
    let waits = tr!(
        requests.inbox_waits,
        length = time::lasting(locale(), now - one.since)
    );
    let until = one.until.map(|until| {
        view! {
            <time class="faint" datetime=time::machine(until) title=time::title(until)>
                {tr!(requests.inbox_until, time = time::ahead(locale(), now, until))}
            </time>
        }
    });
    let label = format!("{}: {}", tr!(requests.inbox_open), one.name);
    view! {
        <li>
            <div class="what">
                <p>
                    <a class="name" href=one.place>
                        {one.name}
                    </a>
                    <span class="quiet">{one.project}</span>
                </p>
                <p>{one.asks}</p>
                <p class="why">{one.why}</p>
            </div>
            <div class="wait">
                <time datetime=time::machine(one.since) title=time::title(one.since)>
                    {waits}
                </time>
                {until}
            </div>
            <span class="btn small" aria-hidden="true" title=label>
                {tr!(requests.inbox_open)}
            </span>
        </li>
    }
}
