//! Asking to switch it off, and the second person's answer. Both type the project's name, and read the
//! consequences once more.

use leptos::prelude::*;
use portal::model::{
    ANY_CLUSTER, ChangePage, Field, REASON_MAX, REASON_MIN, SECOND_SEEN_DAYS, X509Page,
};
use server_fn::ServerFn as _;

use super::{api, impact::sentences};
use crate::{
    changes::{
        api as changes,
        decide::{about, deny, sign_in_again, typed_name},
        words::cluster_names,
    },
    components::{FieldShell, PostForm, Reason, Sheet, StoryLine, Submit, TextArea},
    here::here,
    layout::{field_name, problem_of},
    requests::words::any_of,
    texts::locale,
    tr,
};

/// Why, and the name typed.
#[component]
pub fn AskSheet(
    /// The project.
    page: X509Page,
) -> impl IntoView {
    let hint = tr!(x509.reason_hint, least = REASON_MIN, most = REASON_MAX);
    let typed = here().typed("reason").unwrap_or_default().to_owned();
    let (consequences, name) = (consequences(&page), page.project.name.clone());
    view! {
        <Sheet title=tr!(x509.ask_title)>
            <div class="body">
                {consequences}
                <PostForm to=api::Ask::PATH class="stack ask">
                    <input type="hidden" name="project" value=page.project.id.to_string() />
                    <FieldShell field=Field::Reason hint>
                        <TextArea field=Field::Reason text=typed least=REASON_MIN most=REASON_MAX />
                    </FieldShell>
                    {typed_name(&name)}
                    <div class="row">
                        <Submit label=tr!(x509.ask) class="danger" />
                        <span class="faint">{tr!(x509.ask_note)}</span>
                    </div>
                </PostForm>
            </div>
        </Sheet>
    }
}

/// What it does, in sentences with numbers.
fn consequences(page: &X509Page) -> impl IntoView + use<> {
    let lines = sentences(page)
        .into_iter()
        .map(|line| view! { <li>{line}</li> })
        .collect_view();
    let harm = !page.impact.locked_out.is_empty();
    let class = if harm {
        "consequences danger"
    } else {
        "consequences warn"
    };
    view! { <ul class=class>{lines}</ul> }
}

/// What happens after asking.
#[component]
pub fn Next(
    /// The project.
    page: X509Page,
) -> impl IntoView {
    let days = u32::from(SECOND_SEEN_DAYS);
    let who = match (page.security_decides, page.approvers.is_empty()) {
        (true, _) => tr!(x509.next_security, days = days),
        (false, true) => tr!(x509.next_nobody).to_owned(),
        (false, false) => {
            let names = any_of(&page.approvers);
            tr!(x509.next_decide, days = days, names = names)
        }
    };
    let after = if page.impact.locked_out.is_empty() {
        tr!(x509.next_after_none)
    } else {
        tr!(x509.next_after)
    };
    view! {
        <Sheet title=tr!(requests.next)>
            <ol class="story">
                <StoryLine class="todo">{who}</StoryLine>
                <StoryLine class="todo">{tr!(x509.next_call)}</StoryLine>
                <StoryLine class="todo">{tr!(x509.next_restart)}</StoryLine>
                <StoryLine class="todo">{after}</StoryLine>
            </ol>
        </Sheet>
    }
}

/// The second person's answer.
pub fn confirm(page: &X509Page, open: &ChangePage) -> impl IntoView + use<> {
    let yes = open.may.approve.then(|| yes(page, open));
    let no = open.may.deny.then(|| deny(open));
    let (consequences, reason) = (consequences(page), open.row.reason.clone());
    view! {
        <div id="answer">
            <Sheet title=tr!(x509.answer)>
                <div class="body decide">
                    <Reason text=reason />
                    {consequences}
                    {yes}
                    <div class="answers">{no}</div>
                </div>
            </Sheet>
        </div>
    }
}

fn yes(page: &X509Page, open: &ChangePage) -> impl IntoView + use<> {
    if open.step_up {
        return view! {
            <p class="row">
                <a class="btn primary" href=sign_in_again(open)>
                    {tr!(requests.step_up_approve)}
                </a>
                <span class="faint">{tr!(requests.step_up_note)}</span>
            </p>
        }
        .into_any();
    }
    let busy = (!page.busy_clusters.is_empty()).then(|| all_the_same(&page.busy_clusters));
    let name = page.project.name.clone();
    let (about, digest) = (about(open), open.digest.clone());
    view! {
        <PostForm to=changes::Approve::PATH class="stack ask">
            {about} <input type="hidden" name="digest" value=digest /> {typed_name(&name)}
            {busy} <div class="row">
                <Submit label=tr!(changes.do_disable) class="danger" />
                <span class="faint">{tr!(changes.at_once)}</span>
            </div>
        </PostForm>
    }
    .into_any()
}

/// The box to tick where clusters are busy: what it means stands beside it, and it sends which they are.
/// Never ticked beforehand: after a form that was not taken they may be others.
fn all_the_same(clusters: &[String]) -> impl IntoView + use<> {
    let name: &'static str = Field::Override.into();
    let l = locale();
    let problem = here()
        .problem(Field::Override)
        .map(|problem| problem_of(l, Field::Override, problem));
    let wrong = problem.is_some();
    let sent = clusters.join("\n");
    let hint = if clusters.iter().any(|name| name == ANY_CLUSTER) {
        tr!(x509.override_hint_unknown).to_owned()
    } else {
        tr!(x509.override_hint, clusters = cluster_names(l, clusters))
    };
    view! {
        <div class="field tick" class:wrong=wrong>
            <input
                type="checkbox"
                id=name
                name=name
                value=sent
                required
                aria-describedby=format!("{name}-hint")
            />
            <label for=name>{field_name(l, Field::Override)}</label>
            <p class="hint" id=format!("{name}-hint")>
                {hint}
            </p>
            {problem.map(|problem| view! { <p class="problem">{problem}</p> })}
        </div>
    }
}
