//! What one should know beside a form: who is asked, and what happens then.

use leptos::prelude::*;
use portal::model::{ChangeId, DatabaseUserForm, SECOND_SEEN_DAYS};

use crate::{
    components::{Callout, Sheet, StoryLine, Tone},
    requests::words::any_of,
    tr,
};

/// What happens after somebody said yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A user is created.
    Create,
    /// A user is changed, or deleted.
    Change,
}

/// Who is asked to say yes, and what happens then.
#[component]
pub fn Beside(
    /// What is offered.
    form: DatabaseUserForm,
    /// What follows.
    next: Next,
) -> impl IntoView {
    view! {
        <div class="stack wide">
            <WhoIsAsked form />
            <Sheet title=tr!(users.next)>
                <ol class="story">
                    <StoryLine class="todo">{tr!(users.next_decide)}</StoryLine>
                    {match next {
                        Next::Create => {
                            view! {
                                <StoryLine class="todo">{tr!(users.next_create)}</StoryLine>
                                <StoryLine class="todo">{tr!(users.next_take_in)}</StoryLine>
                                <StoryLine class="todo">{tr!(users.next_ask)}</StoryLine>
                            }
                                .into_any()
                        }
                        Next::Change => {
                            view! {
                                <StoryLine class="todo">{tr!(users.next_tell)}</StoryLine>
                                <StoryLine class="todo">{tr!(users.next_follow)}</StoryLine>
                            }
                                .into_any()
                        }
                    }}
                </ol>
            </Sheet>
        </div>
    }
}

/// Who could say yes, by name.
#[component]
fn WhoIsAsked(form: DatabaseUserForm) -> impl IntoView {
    let days = u32::from(SECOND_SEEN_DAYS);
    let (who, note) = if form.security_decides {
        (
            tr!(users.security).to_owned(),
            tr!(users.security_note, days = days),
        )
    } else {
        (any_of(&form.approvers), tr!(users.owners_note, days = days))
    };
    let several = !form.security_decides && form.approvers.len() > 1;
    let enough = several.then(|| tr!(users.one_is_enough));
    view! {
        <Sheet title=tr!(users.asked)>
            <div class="body tight">
                <p>
                    <b>{who}</b>
                </p>
                <p class="faint">{note} " " {enough}</p>
            </div>
        </Sheet>
    }
}

/// A change of this user is under way, and one at a time is enough.
#[component]
pub fn UnderWay(
    /// Which.
    change: ChangeId,
    /// Whether it is about a user that is still to come.
    #[prop(optional)]
    fresh: bool,
) -> impl IntoView {
    let text = if fresh {
        tr!(users.open_new_text)
    } else {
        tr!(users.open_text)
    };
    view! {
        <Callout tone=Tone::Accent title=tr!(users.open)>
            <p class="quiet">{text}</p>
            <p class="row">
                <a class="btn small" href=format!("/changes/{change}")>
                    {tr!(users.open_way)}
                </a>
            </p>
        </Callout>
    }
}
