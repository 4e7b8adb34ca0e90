//! What a change waits for, and what comes then: the grey end of its story.

use leptos::prelude::*;
use portal::model::{ChangeKind, ChangePage, ChangeState};

use crate::{components::StoryLine, requests::words::any_of, tr};

/// One thing to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Decision,
    Call,
    Answer,
    FindingOut,
    Following,
}

/// What is to come, in order; the first is what is waited for.
fn steps(state: ChangeState) -> &'static [Step] {
    match state {
        ChangeState::Submitted => &[Step::Decision, Step::Call, Step::Following],
        ChangeState::Approved => &[Step::Call, Step::Following],
        ChangeState::Calling => &[Step::Answer, Step::Following],
        ChangeState::Unknown => &[Step::FindingOut],
        ChangeState::Applying => &[Step::Following],
        ChangeState::Done
        | ChangeState::Denied
        | ChangeState::Withdrawn
        | ChangeState::Expired
        | ChangeState::Rejected
        | ChangeState::NotApplied => &[],
    }
}

/// The lines after the last entry.
pub fn coming(page: &ChangePage) -> impl IntoView + use<> {
    let restart = page.row.kind == ChangeKind::DisableX509;
    let mut lines = steps(page.row.state).iter();
    let first = lines
        .next()
        .map(|step| waiting(*step, page))
        .map(|words| view! { <StoryLine class="now">{words}</StoryLine> });
    let then = lines
        .map(|step| view! { <StoryLine class="todo">{later(*step, restart)}</StoryLine> })
        .collect_view();
    view! {
        {first}
        {then}
    }
}

/// What is waited for.
fn waiting(step: Step, page: &ChangePage) -> String {
    match step {
        Step::Decision if !page.approvers.is_empty() => {
            tr!(requests.now_decide, names = any_of(&page.approvers))
        }
        Step::Decision if page.security_decides => tr!(changes.now_security).to_owned(),
        Step::Decision => tr!(requests.now_decide_nobody).to_owned(),
        Step::Call if page.not_sent.is_some() => tr!(changes.now_again).to_owned(),
        Step::Call => tr!(changes.now_call).to_owned(),
        Step::Answer => tr!(requests.now_answer).to_owned(),
        Step::FindingOut => tr!(changes.now_unknown).to_owned(),
        Step::Following => tr!(changes.now_follow).to_owned(),
    }
}

/// What comes then.
fn later(step: Step, restart: bool) -> &'static str {
    match step {
        Step::Following if restart => tr!(changes.todo_restart),
        Step::Following => tr!(changes.todo_follow),
        _ => tr!(changes.todo_call),
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn what_is_over_waits_for_nothing_and_everything_else_for_something() {
        for state in ChangeState::iter() {
            assert_eq!(steps(state).is_empty(), state.is_over(), "{state}");
        }
    }
}
