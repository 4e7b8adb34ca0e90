//! Security's decision: what an attempt has made, where Atlas's list does not tell.

use leptos::prelude::*;
use portal::model::{Ambiguity, Candidate, Field, REASON_MAX, REASON_MIN, RequestPage, Verdict};
use server_fn::ServerFn as _;

use super::{
    api,
    now::sign_in_again,
    unclear::{asked_at, why_ambiguous},
    words::agent,
};
use crate::{
    components::{FieldShell, PostForm, Sheet, Submit, TextArea},
    here::here,
    texts::locale,
    time, tr,
};

/// What could be true, and the form that says what is.
#[component]
pub fn Resolve(
    /// The request.
    page: RequestPage,
    /// What there is to decide.
    ambiguity: Ambiguity,
) -> impl IntoView {
    let lead = asked_at(&page.story).map(|at| {
        // To the second: what was made then is to be told from what was made a little later.
        let asked = format!(
            "{} ({})",
            time::ago(locale(), page.now, at),
            time::title(at)
        );
        view! { <p>{tr!(unclear.resolve_lead, time = asked)}</p> }
    });
    let way = if page.step_up {
        view! {
            <p class="row">
                <a class="btn primary" href=sign_in_again(page.row.id)>
                    {tr!(unclear.step_up_resolve)}
                </a>
                <span class="faint">{tr!(requests.step_up_note)}</span>
            </p>
        }
        .into_any()
    } else {
        form(&page, ambiguity).into_any()
    };
    view! {
        <Sheet title=tr!(unclear.resolve_title)>
            <div class="body">
                {lead} <p class="quiet">{why_ambiguous(&page.story)}</p> {way}
            </div>
        </Sheet>
    }
}

fn form(page: &RequestPage, ambiguity: Ambiguity) -> impl IntoView + use<> {
    let several = ambiguity.candidates.len() > 1;
    let id = page.row.id.to_string();
    let typed = here().typed("verdict").unwrap_or_default().to_owned();
    let choices = ambiguity
        .candidates
        .into_iter()
        .map(|candidate| choice(candidate, &typed).into_any())
        .collect_view();
    let nothing = Verdict::NothingMade.to_string();
    let nothing_chosen = typed == nothing;
    let then = if ambiguity.gives_back {
        tr!(unclear.gives_back, who = agent(&page.row.requester))
    } else {
        tr!(unclear.ends_it).to_owned()
    };
    let name: &'static str = Field::Verdict.into();
    let text = here().typed("reason").unwrap_or_default().to_owned();
    let hint = tr!(unclear.resolve_hint, least = REASON_MIN, most = REASON_MAX);
    view! {
        <PostForm to=api::Resolve::PATH class="stack">
            <input type="hidden" name="id" value=id />
            <FieldShell field=Field::Verdict>
                <div class="verdicts" role="radiogroup" id=name>
                    {choices}
                    <label>
                        <input type="radio" name=name value=nothing required checked=nothing_chosen />
                        <span>
                            <b>{tr!(unclear.nothing_made)}</b>
                            <span class="faint">{then}</span>
                        </span>
                    </label>
                </div>
            </FieldShell>
            {several.then(|| view! { <p class="faint">{tr!(unclear.others_unexplained)}</p> })}
            <FieldShell field=Field::Reason hint>
                <TextArea field=Field::Reason text least=REASON_MIN most=REASON_MAX />
            </FieldShell>
            <p>
                <Submit label=tr!(unclear.resolve) />
            </p>
        </PostForm>
    }
}

fn choice(candidate: Candidate, typed: &str) -> impl IntoView + use<> {
    let serial = candidate.serial.to_string();
    let checked = typed == serial;
    let name: &'static str = Field::Verdict.into();
    // Atlas has a certificate begin an hour before it is made.
    let made = candidate.not_before + ::time::Duration::HOUR;
    let dates = tr!(
        unclear.candidate_made,
        time = time::title(made),
        end = time::day(locale(), candidate.not_after)
    );
    let page = candidate.certificate.map(|id| {
        view! {
            " · "
            <a href=format!("/certificates/{id}")>{tr!(unclear.candidate_page)}</a>
        }
    });
    view! {
        <label>
            <input type="radio" name=name value=serial.clone() required checked=checked />
            <span>
                <b class="mono">{serial}</b>
                <span class="faint">{dates} {page}</span>
                <span class="faint">{tr!(unclear.becomes_lost)}</span>
            </span>
        </label>
    }
}
