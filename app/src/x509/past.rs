//! The times it was asked for before.

use leptos::prelude::*;
use portal::model::{ChangeRow, ChangeState, Timestamp};

use crate::{
    changes::words::change_state,
    components::{Sheet, When, person_name},
    tr,
};

/// Earlier ones, latest first; nothing where there are none.
#[component]
pub fn Past(
    /// Which.
    rows: Vec<ChangeRow>,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    if rows.is_empty() {
        return ().into_any();
    }
    view! {
        <Sheet title=tr!(x509.past)>
            <table class="requests">
                <thead>
                    <tr>
                        <th scope="col">{tr!(requests.when)}</th>
                        <th scope="col">{tr!(requests.who)}</th>
                        <th scope="col">{tr!(changes.f_second)}</th>
                        <th scope="col">{tr!(requests.state)}</th>
                        <th scope="col">{tr!(x509.kept)}</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|row| line(row, now)).collect_view()}</tbody>
            </table>
        </Sheet>
    }
    .into_any()
}

fn line(row: ChangeRow, now: Timestamp) -> impl IntoView {
    // What never left Atlas needs no copy.
    let kept = (row.state == ChangeState::Done).then(|| {
        view! { <a href=format!("/changes/{}/authorities", row.id)>{tr!(x509.kept_file)}</a> }
    });
    view! {
        <tr>
            <td>
                <a class="name" href=format!("/changes/{}", row.id)>
                    <When at=row.submitted_at now />
                </a>
                <span class="sub why">{row.reason}</span>
            </td>
            <td class="asker" data-label=tr!(requests.who)>
                {person_name(&row.requester)}
            </td>
            <td class="asker" data-label=tr!(changes.f_second)>
                {row.second.as_ref().map(person_name)}
            </td>
            <td data-label=tr!(requests.state)>{change_state(row.state)}</td>
            <td data-label=tr!(x509.kept)>{kept}</td>
        </tr>
    }
}
