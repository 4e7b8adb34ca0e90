//! What waits for the owner's decision.

use leptos::prelude::*;
use portal::model::{RequestRow, Timestamp};

use super::{
    api::{self, InboxPage},
    words::{agent, length},
};
use crate::{
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

/// Each request as a brief row: what will exist, for whom, why, and how long it waits.
#[component]
pub fn ApprovalsView(
    /// What to show.
    inbox: InboxPage,
) -> impl IntoView {
    let now = inbox.now;
    let count = u32::try_from(inbox.rows.len()).unwrap_or(u32::MAX);
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
    view! {
        <PageTitle title=tr!(requests.approvals_title)>
            {tr!(requests.inbox_count, count = count)}
        </PageTitle>
        <Sheet label=tr!(requests.approvals_title)>
            <ol class="inbox" id="inbox">
                {inbox.rows.into_iter().map(|row| brief(row, now)).collect_view()}
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

fn brief(row: RequestRow, now: Timestamp) -> impl IntoView {
    let end = time::day(locale(), row.months.after(now));
    let asks = tr!(
        requests.inbox_asks,
        who = agent(&row.requester),
        length = length(row.months),
        end = end
    );
    let waits = tr!(
        requests.inbox_waits,
        length = time::lasting(locale(), now - row.submitted_at)
    );
    let until = row.until.map(|until| {
        view! {
            <time class="faint" datetime=time::machine(until) title=time::title(until)>
                {tr!(requests.inbox_until, time = time::ahead(locale(), now, until))}
            </time>
        }
    });
    let label = format!("{}: {}", tr!(requests.inbox_open), row.username);
    view! {
        <li>
            <div class="what">
                <p>
                    <a class="name" href=format!("/requests/{}", row.id)>
                        {row.username.to_string()}
                    </a>
                    <span class="quiet">{row.project.name}</span>
                </p>
                <p>{asks}</p>
                <p class="why">{row.reason}</p>
            </div>
            <div class="wait">
                <time datetime=time::machine(row.submitted_at) title=time::title(row.submitted_at)>
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
