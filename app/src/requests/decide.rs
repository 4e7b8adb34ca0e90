//! The brief of whoever decides: what will exist, for whom, for how long; yes or no.

use leptos::prelude::*;
use portal::model::{Brief, Field, REASON_MAX, REASON_MIN, RequestPage, RequestRow, Timestamp};
use server_fn::ServerFn as _;

use super::{
    api,
    facts::{Held, Roles},
    now::sign_in_again,
    words::{agent, length, months_at_first, months_up_to},
};
use crate::{
    components::{
        FieldShell, Mono, PostForm, Reason, SelectOption, Sheet, Submit, TextArea, When,
        person_name, request_state,
    },
    here::here,
    texts::locale,
    time, tr,
};

/// What will exist if they say yes, and the two answers.
#[component]
pub fn Decide(
    /// The request.
    page: RequestPage,
) -> impl IntoView {
    let row = page.row.clone();
    let who = agent(&row.requester);
    let title = tr!(
        requests.decide_title,
        who = who.clone(),
        length = length(page.months_asked)
    );
    let brief = page.brief.clone();
    let until = row.until.map(|until| {
        let words = tr!(
            requests.inbox_until,
            time = time::ahead(locale(), page.now, until)
        );
        view! {
            <time class="faint" datetime=time::machine(until) title=time::title(until)>
                {words}
            </time>
        }
        .into_any()
    });
    let would_exist = brief.map(|brief| what_would_exist(&page, &brief));
    let yes = page.may.approve.then(|| approve(&page));
    let no = page.may.deny.then(|| deny(&page, &who));
    view! {
        <Sheet title head=until.unwrap_or_else(|| ().into_any())>
            <div class="body decide">
                <Reason text=row.reason />
                {would_exist}
                <div class="answers">{yes} {no}</div>
            </div>
        </Sheet>
    }
}

fn what_would_exist(page: &RequestPage, brief: &Brief) -> impl IntoView + use<> {
    let roles = page.database_roles.clone();
    let subject = brief.subject.clone();
    let end = brief.would_end;
    let holds = u32::try_from(brief.requester_holds.len()).unwrap_or(u32::MAX);
    let holds = if holds == 0 {
        tr!(requests.d_holds_none).to_owned()
    } else {
        tr!(requests.d_holds, count = holds)
    };
    let who = person_name(&page.row.requester);
    view! {
        <dl class="facts">
            <dt>{tr!(requests.f_subject)}</dt>
            <dd>
                <Mono text=subject />
            </dd>
            <dt>{tr!(requests.f_may)}</dt>
            <dd>
                <Roles roles />
            </dd>
            <dt>{tr!(requests.d_end)}</dt>
            <dd>
                <time datetime=time::machine(end) title=time::title(end)>
                    {time::day(locale(), end)}
                </time>
                " "
                <span class="faint">{tr!(requests.d_end_now)}</span>
            </dd>
            <dt>{tr!(requests.d_asks)}</dt>
            <dd>
                {who} " " <span class="faint">{holds}</span>
            </dd>
        </dl>
    }
}

fn approve(page: &RequestPage) -> impl IntoView + use<> {
    let id = page.row.id.to_string();
    if page.step_up {
        return view! {
            <p class="row">
                <a class="btn primary" href=sign_in_again(&id)>
                    {tr!(requests.step_up_approve)}
                </a>
                <span class="faint">{tr!(requests.step_up_note)}</span>
            </p>
        }
        .into_any();
    }
    let most = page.months_asked.get();
    let chosen = months_at_first(here().typed("months"), page.months_asked, most);
    let options = months_up_to(most)
        .into_iter()
        .map(|months| {
            let text = tr!(
                requests.months_option,
                length = length(months),
                end = time::day(locale(), months.after(page.now))
            );
            let chosen = months == chosen;
            view! { <SelectOption value=months.to_string() text chosen /> }
        })
        .collect_view();
    let hint = tr!(requests.asked_months, length = length(page.months_asked));
    let digest = page.digest.clone();
    view! {
        <PostForm to=api::Approve::PATH class="answer">
            <input type="hidden" name="id" value=id />
            <input type="hidden" name="digest" value=digest />
            <FieldShell field=Field::Months hint>
                <select id="months" name="months" aria-describedby="months-hint months-problem">
                    {options}
                </select>
            </FieldShell>
            <Submit label=tr!(requests.approve) />
        </PostForm>
    }
    .into_any()
}

/// No is one click further away than yes, and needs words.
fn deny(page: &RequestPage, who: &str) -> impl IntoView + use<> {
    let id = page.row.id.to_string();
    let typed = here().typed("reason").map(str::to_owned);
    let open = typed.is_some() || here().problem(Field::Reason).is_some();
    let hint = tr!(
        requests.deny_hint,
        who = who.to_owned(),
        least = REASON_MIN,
        most = REASON_MAX
    );
    view! {
        <details class="deny" open=open>
            <summary>
                <span class="btn danger">{tr!(requests.deny_open)}</span>
            </summary>
            <PostForm to=api::Deny::PATH class="stack">
                <input type="hidden" name="id" value=id />
                <FieldShell field=Field::Reason hint>
                    <TextArea
                        field=Field::Reason
                        text=typed.unwrap_or_default()
                        least=REASON_MIN
                        most=REASON_MAX
                    />
                </FieldShell>
                <div>
                    <Submit label=tr!(requests.deny) class="danger" />
                </div>
            </PostForm>
        </details>
    }
}

/// What is known already: what the user and the requester hold, and how the project decided lately.
#[component]
pub fn Known(
    /// The request.
    page: RequestPage,
) -> impl IntoView {
    let now = page.now;
    let Some(brief) = page.brief else {
        return ().into_any();
    };
    view! {
        <div class="stack wide">
            <Sheet title=tr!(requests.held, username = page.row.username.to_string())>
                {if brief.user_has.is_empty() {
                    view! { <p class="body quiet">{tr!(requests.held_none)}</p> }.into_any()
                } else {
                    view! { <Held rows=brief.user_has now /> }.into_any()
                }}
            </Sheet>
            <Sheet title=tr!(requests.d_last)>
                {if brief.last_decisions.is_empty() {
                    view! { <p class="body quiet">{tr!(requests.d_last_none)}</p> }.into_any()
                } else {
                    let rows = brief.last_decisions;
                    view! {
                        <ul class="decisions">
                            {rows.into_iter().map(|row| decision(row, now)).collect_view()}
                        </ul>
                    }
                        .into_any()
                }}
            </Sheet>
        </div>
    }
    .into_any()
}

fn decision(row: RequestRow, now: Timestamp) -> impl IntoView {
    let who = person_name(&row.requester);
    view! {
        <li>
            <a href=format!("/requests/{}", row.id)>{row.username.to_string()}</a>
            {request_state(row.state)}
            <span class="faint">{format!("{who}, {}", length(row.months))}</span>
            <span class="faint">
                <When at=row.changed_at now />
            </span>
        </li>
    }
}
