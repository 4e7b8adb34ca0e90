//! What became of the form that led here.

use leptos::prelude::*;
use portal::model::Conflict;

use super::sentence_of;
use crate::{
    components::{Callout, Tone},
    error::PortalError,
    here::{Done, What, here},
    texts::locale,
    tr,
};

/// The message of the last form, where the eye is: above the page.
#[component]
pub fn SaidNotice() -> impl IntoView {
    let said = here().said.as_ref().map(|said| said.what.clone());
    said.map(|what| match what {
        What::Done(done) => {
            view! { <p class="said" role="status">{done_text(done)}</p> }.into_any()
        }
        // Field by field below; here only that it was not taken.
        What::Failed(PortalError::Invalid(errors)) if !errors.is_empty() => view! {
            <Callout tone=Tone::Danger title=tr!(errors.invalid) alert=true>
                <p class="quiet">{tr!(errors.invalid_next)}</p>
            </Callout>
        }
        .into_any(),
        What::Failed(error) => {
            let tone = match &error {
                PortalError::Conflict(Conflict::AlreadyAsked { .. })
                | PortalError::StepUpRequired => Tone::Warn,
                _ => Tone::Danger,
            };
            let sentence = sentence_of(locale(), &error);
            view! {
                <Callout tone title=sentence.title alert=true>
                    <p class="quiet">{sentence.next}</p>
                    {sentence
                        .way
                        .filter(|(_, href)| href != "/")
                        .map(|(label, href)| view! { <p><a href=href>{label}</a></p> })}
                </Callout>
            }
            .into_any()
        }
    })
}

fn done_text(done: Done) -> &'static str {
    match done {
        Done::PreferencesSaved => tr!(common.done_preferences),
        Done::SessionEnded => tr!(common.done_session_ended),
        Done::RequestSubmitted => tr!(common.done_submitted),
        Done::RequestApproved => tr!(common.done_approved),
        Done::RequestDenied => tr!(common.done_denied),
        Done::RequestWithdrawn => tr!(common.done_withdrawn),
        Done::KeyDestroyed => tr!(common.done_key_destroyed),
    }
}
