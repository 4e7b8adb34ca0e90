//! The form that asks, and what one should know beside it.

use leptos::prelude::*;
use portal::model::{
    CertificateRow, DatabaseUserRow, Field, Months, PolicyView, ProjectChoice, REASON_MAX,
    REASON_MIN, Timestamp, Username,
};
use server_fn::ServerFn as _;

use super::{
    api,
    facts::{Held, Roles},
    words::{any_of, length, months_at_first, months_up_to},
};
use crate::{
    components::{FieldShell, PostForm, SelectOption, Sheet, StoryLine, Submit, TextArea, bold},
    here::here,
    texts::locale,
    time, tr, tr_view,
};

/// For how long, and why.
#[component]
pub fn AskForm(
    /// The project chosen.
    choice: ProjectChoice,
    /// The database user chosen.
    user: DatabaseUserRow,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    let most = choice.policy.longest_months;
    let chosen = months_at_first(here().typed("months"), Months::DEFAULT, most);
    let options = months_up_to(most)
        .into_iter()
        .map(|months| {
            let text = tr!(
                requests.months_option,
                length = length(months),
                end = time::day(locale(), months.after(now))
            );
            let chosen = months == chosen;
            view! { <SelectOption value=months.to_string() text chosen /> }
        })
        .collect_view();
    let typed = here().typed("reason").unwrap_or_default().to_owned();
    let hint = tr!(requests.reason_hint, least = REASON_MIN, most = REASON_MAX);
    view! {
        <Sheet title=tr!(requests.step_rest)>
            <div class="body">
                <dl class="facts">
                    <dt>{tr!(requests.f_subject)}</dt>
                    <dd class="mono">{format!("CN={}", user.username)}</dd>
                    <dt>{tr!(requests.f_may)}</dt>
                    <dd>
                        <Roles roles=user.roles.clone() />
                    </dd>
                </dl>
                <PostForm to=api::Submit::PATH class="stack ask">
                    <input type="hidden" name="project" value=choice.project.id.to_string() />
                    <input type="hidden" name="username" value=user.username.to_string() />
                    <FieldShell field=Field::Months hint=tr!(requests.months_hint).to_owned()>
                        <select
                            id="months"
                            name="months"
                            aria-describedby="months-hint months-problem"
                            aria-invalid=here().problem(Field::Months).is_some().then_some("true")
                        >
                            {options}
                        </select>
                    </FieldShell>
                    <FieldShell field=Field::Reason hint>
                        <TextArea field=Field::Reason text=typed least=REASON_MIN most=REASON_MAX />
                    </FieldShell>
                    <div>
                        <Submit label=tr!(requests.send) />
                    </div>
                </PostForm>
            </div>
        </Sheet>
    }
}

/// Who approves, what is held already, the rules, and what happens next.
#[component]
pub fn Beside(
    /// The project chosen.
    choice: ProjectChoice,
    /// The database user chosen.
    user: DatabaseUserRow,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    let approvers = if choice.approvers.is_empty() {
        view! {
            <p>{tr!(requests.nobody_named)}</p>
            <p class="faint">{tr!(requests.nobody_named_next)}</p>
        }
        .into_any()
    } else {
        let several = choice.approvers.len() > 1;
        view! {
            <p>
                <b>{any_of(&choice.approvers)}</b>
            </p>
            {several.then(|| view! { <p class="faint">{tr!(requests.one_is_enough)}</p> })}
        }
        .into_any()
    };
    view! {
        <div class="stack wide">
            <Sheet title=tr!(requests.approvers)>
                <div class="body tight">{approvers}</div>
            </Sheet>
            <HeldSheet username=user.username rows=choice.held now />
            <Sheet title=tr!(requests.next)>
                <ol class="story">
                    <StoryLine class="todo">{tr!(requests.next_decide)}</StoryLine>
                    <StoryLine class="todo">{tr!(requests.next_issue)}</StoryLine>
                    <StoryLine class="todo">{tr!(requests.next_save)}</StoryLine>
                </ol>
            </Sheet>
            <Sheet title=tr!(requests.rules)>
                <Rules policy=choice.policy />
            </Sheet>
        </div>
    }
}

/// The certificates a database user has already.
#[component]
pub fn HeldSheet(
    /// The database user.
    username: Username,
    /// Its certificates.
    rows: Vec<CertificateRow>,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    view! {
        <Sheet title=tr!(requests.held, username = username.to_string())>
            {if rows.is_empty() {
                view! { <p class="body quiet">{tr!(requests.held_none)}</p> }.into_any()
            } else {
                view! { <Held rows now /> }.into_any()
            }}
        </Sheet>
    }
}

/// A project's rules in sentences.
#[component]
pub fn Rules(
    /// The rules.
    policy: PolicyView,
) -> impl IntoView {
    let longest = tr!(common.for_months, count = u32::from(policy.longest_months));
    let waits = tr!(common.days, count = u32::from(policy.request_waits_days));
    let valid = time::lasting(
        locale(),
        ::time::Duration::hours(policy.approval_valid_hours.into()),
    );
    view! {
        <ul class="body rules">
            <li>{tr_view!(requests.rule_longest, <b> = bold, length = longest)}</li>
            <li>{tr_view!(requests.rule_waits, <b> = bold, length = waits)}</li>
            <li>{tr_view!(requests.rule_valid, <b> = bold, length = valid)}</li>
        </ul>
    }
}
