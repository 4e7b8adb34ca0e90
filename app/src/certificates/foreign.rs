//! Certificates the portal did not hand out: what that means, and the form that says what one is.

use leptos::prelude::*;
use portal::model::{
    CertificatePage, Explanation, Field, Obstacle, Origin, REASON_MAX, REASON_MIN, Timestamp,
};
use server_fn::ServerFn as _;

use super::api;
use crate::{
    components::{Callout, FieldShell, PostForm, Reason, Submit, TextArea, Tone, person_name},
    here::here,
    texts::locale,
    time, tr,
};

/// What must be known about it before anything else; nothing where the portal handed it out.
pub(super) fn notice(page: &CertificatePage) -> Option<AnyView> {
    match (page.row.origin, &page.row.explanation) {
        (Origin::Unexplained, Some(explanation)) => {
            Some(explained(explanation.clone(), page.now).into_any())
        }
        (Origin::Unexplained, None) => Some(unexplained(page).into_any()),
        (Origin::Lost, _) => Some(
            view! {
                <Callout tone=Tone::Warn title=tr!(certificates.lost_title)>
                    <p class="quiet">{tr!(certificates.lost_text)}</p>
                </Callout>
            }
            .into_any(),
        ),
        _ if page.obstacle == Some(Obstacle::UserGone) => Some(
            view! {
                <Callout tone=Tone::Plain title=tr!(certificates.user_gone_title)>
                    <p class="quiet">{tr!(certificates.user_gone_text)}</p>
                </Callout>
            }
            .into_any(),
        ),
        _ => None,
    }
}

fn explained(explanation: Explanation, now: Timestamp) -> impl IntoView {
    let Explanation { by, at, reason } = explanation;
    let who = tr!(
        certificates.explained_by,
        who = person_name(&by),
        time = time::ago(locale(), now, at)
    );
    view! {
        <Callout tone=Tone::Plain title=tr!(certificates.explained_title)>
            <Reason text=reason />
            <p class="faint">
                <time datetime=time::machine(at) title=time::title(at)>
                    {who}
                </time>
            </p>
        </Callout>
    }
}

fn unexplained(page: &CertificatePage) -> impl IntoView + use<> {
    let id = page.row.id.to_string();
    let form = page.may_explain.then(|| {
        let hint = tr!(
            certificates.explain_hint,
            least = REASON_MIN,
            most = REASON_MAX
        );
        let text = here().typed("reason").unwrap_or_default().to_owned();
        view! {
            <p class="quiet">{tr!(certificates.foreign_you)}</p>
            <PostForm to=api::Explain::PATH class="stack">
                <input type="hidden" name="id" value=id />
                <FieldShell field=Field::Reason hint>
                    <TextArea field=Field::Reason text least=REASON_MIN most=REASON_MAX />
                </FieldShell>
                <p>
                    <Submit label=tr!(certificates.explain) />
                </p>
            </PostForm>
        }
    });
    view! {
        <Callout tone=Tone::Warn title=tr!(certificates.foreign_title)>
            <p class="quiet">{tr!(certificates.foreign_text)}</p>
            {form}
        </Callout>
    }
}
