//! What a request waits for, and what comes then: the grey end of its story.

use leptos::prelude::*;
use portal::model::{RequestPage, RequestState};

use super::words::{agent, any_of};
use crate::{
    components::{Meter, StoryLine},
    tr,
};

/// One thing to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Decision,
    Issue,
    Answer,
    FindingOut,
    Security,
    Save,
    Destroy,
}

/// What is to come, in order; the first is what is waited for.
fn steps(state: RequestState) -> &'static [Step] {
    match state {
        RequestState::Submitted => &[Step::Decision, Step::Issue, Step::Save, Step::Destroy],
        RequestState::Approved => &[Step::Issue, Step::Save, Step::Destroy],
        RequestState::Issuing => &[Step::Answer, Step::Save, Step::Destroy],
        RequestState::Unknown => &[Step::FindingOut],
        RequestState::Ambiguous => &[Step::Security],
        RequestState::Ready => &[Step::Save, Step::Destroy],
        RequestState::Denied
        | RequestState::Withdrawn
        | RequestState::Expired
        | RequestState::Lost
        | RequestState::Failed
        | RequestState::Delivered
        | RequestState::Unconfirmed
        | RequestState::Uncollected => &[],
    }
}

/// The lines after the last entry.
pub fn coming(page: &RequestPage) -> impl IntoView + use<> {
    let mut lines = steps(page.row.state).iter();
    let first = lines
        .next()
        .map(|step| waiting(*step, page))
        .map(|words| view! { <StoryLine class="now">{words}</StoryLine> });
    let then = lines
        .map(|step| view! { <StoryLine class="todo">{later(*step)}</StoryLine> })
        .collect_view();
    view! {
        {first}
        {then}
    }
}

/// What is waited for.
fn waiting(step: Step, page: &RequestPage) -> AnyView {
    let who = || agent(&page.row.requester);
    match step {
        Step::Decision => {
            let line = if page.approvers.is_empty() {
                tr!(requests.now_decide_nobody).to_owned()
            } else {
                tr!(requests.now_decide, names = any_of(&page.approvers))
            };
            let meter = page.approvals;
            view! {
                {line}
                " "
                <Meter meter />
            }
            .into_any()
        }
        Step::Issue => tr!(requests.now_issue, who = who()).into_any(),
        Step::Answer => tr!(requests.now_answer).into_any(),
        Step::FindingOut => tr!(requests.now_unknown).into_any(),
        Step::Security => tr!(requests.now_ambiguous).into_any(),
        Step::Save => {
            let used = page.pickup.map(|pickup| {
                let words = tr!(
                    requests.downloads,
                    used = pickup.downloads_used,
                    allowed = pickup.downloads_allowed
                );
                view! { <span class="quiet">{words}</span> }
            });
            view! {
                {tr!(requests.now_save, who = who())}
                " "
                {used}
            }
            .into_any()
        }
        Step::Destroy => tr!(requests.todo_destroy).into_any(),
    }
}

/// What comes then.
fn later(step: Step) -> &'static str {
    match step {
        Step::Save => tr!(requests.todo_save),
        Step::Destroy => tr!(requests.todo_destroy),
        _ => tr!(requests.todo_issue),
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn what_is_over_waits_for_nothing_and_everything_else_for_something() {
        for state in RequestState::iter() {
            assert_eq!(steps(state).is_empty(), state.is_over(), "{state}");
        }
    }

    #[test]
    fn every_key_is_destroyed_here_in_the_end() {
        for state in [
            RequestState::Submitted,
            RequestState::Approved,
            RequestState::Issuing,
            RequestState::Ready,
        ] {
            assert_eq!(steps(state).last(), Some(&Step::Destroy), "{state}");
        }
    }
}
