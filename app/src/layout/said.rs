//! What became of the form that led here.

use leptos::prelude::*;
use portal::model::Conflict;

use super::{atlas::at_moment, sentence_of};
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
                PortalError::Conflict(
                    Conflict::AlreadyAsked { .. }
                    | Conflict::ChangeUnderWay { .. }
                    | Conflict::ClustersBusy { .. },
                )
                | PortalError::StepUpRequired => Tone::Warn,
                _ => Tone::Danger,
            };
            let sentence = sentence_of(locale(), &error);
            view! {
                <Callout tone title=sentence.title alert=true>
                    <p class="quiet">{at_moment(sentence.next, sentence.moment)}</p>
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

fn done_text(done: Done) -> String {
    let words = match done {
        Done::ListsRead {
            users,
            unexplained: 0,
        } => return tr!(common.done_swept, count = users).to_string(),
        Done::ListsRead { unexplained, .. } => {
            return tr!(common.done_swept_odd, count = unexplained).to_string();
        }
        Done::PreferencesSaved => tr!(common.done_preferences),
        Done::SessionEnded => tr!(common.done_session_ended),
        Done::RequestSubmitted => tr!(common.done_submitted),
        Done::RequestApproved => tr!(common.done_approved),
        Done::RequestDenied => tr!(common.done_denied),
        Done::RequestWithdrawn | Done::ChangeWithdrawn => tr!(common.done_withdrawn),
        Done::KeyDestroyed => tr!(common.done_key_destroyed),
        Done::RequestResolved => tr!(common.done_resolved),
        Done::CertificateExplained => tr!(common.done_explained),
        Done::CredentialsTried => tr!(common.done_probed),
        Done::CredentialsBeingTried => tr!(common.done_probing),
        Done::ChangeAsked => tr!(common.done_change_asked),
        Done::ChangeDenied => tr!(common.done_change_denied),
    };
    words.to_owned()
}
