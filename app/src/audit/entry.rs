//! One entry of the log, whole.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use portal::model::{AuditEntryPage, AuditRow, Role};

use super::{
    api,
    sentence::{Setting, told},
    words::kind_word,
};
use crate::{
    components::{CodeBlock, Mono, Sheet, subject, thousands},
    here::here,
    layout::{PageTitle, load},
    time, tr,
};

/// How anybody computes the leaf hash without us.
const VERIFY: &str = "{ printf '\\0'; cat entry.json; } | sha256sum";

/// `/audit/:seq`
#[component]
pub fn AuditEntryRoute() -> impl IntoView {
    let seq = use_params_map()
        .get_untracked()
        .get("seq")
        .unwrap_or_default();
    let reads_all = here().is_any(&[Role::Security]);
    let entry = async move {
        let page = api::get(seq).await?;
        // Whoever reads a part of the log only may not see what stands beside an entry.
        let last = if reads_all {
            Some(api::head().await?.size - 1)
        } else {
            None
        };
        Ok((page, last))
    };
    load(entry, |(page, last)| view! { <AuditEntryView page last /> })
}

/// What happened, what is recorded, and how to check it.
#[component]
pub fn AuditEntryView(
    /// What to show.
    page: AuditEntryPage,
    /// The last entry's number, for those who may read on.
    last: Option<i64>,
) -> impl IntoView {
    let seq = page.row.seq;
    let at = page.row.at;
    let told = told(page.row.clone(), Setting::Log);
    let redactable = page.row.text.is_some();
    let note = view! { <span class="faint">{tr!(audit.recorded_note)}</span> };
    view! {
        <PageTitle title=tr!(audit.entry_title, number = thousands(seq)) aside=ways(seq, last).into_any()>
            <time datetime=time::machine(at)>{time::title(at)}</time>
        </PageTitle>
        <div class="lead">{told}</div>
        <div class="two entry">
            <Sheet title=tr!(audit.recorded) head=note.into_any()>
                <div class="body">
                    <CodeBlock text=page.body label=tr!(audit.body) wraps=true />
                    {redactable.then(|| view! { <p class="faint">{tr!(audit.text_beside)}</p> })}
                    <div>
                        <h3>{tr!(audit.leaf_hash)}</h3>
                        <Mono text=page.leaf_hash />
                    </div>
                    <p class="quiet">{tr!(audit.verify)}</p>
                    <CodeBlock text=VERIFY label=tr!(audit.verify_label) />
                </div>
            </Sheet>
            <Sheet title=tr!(audit.facts)>
                <Facts row=page.row attempt=page.attempt.map(|id| id.to_string()) />
            </Sheet>
        </div>
    }
}

/// To the neighbours and the whole log.
fn ways(seq: i64, last: Option<i64>) -> impl IntoView {
    let way = |seq: i64, word: &'static str, rel: &'static str| {
        view! {
            <a class="btn small" rel=rel href=format!("/audit/{seq}")>
                {word}
            </a>
        }
    };
    let previous = (last.is_some() && seq > 0).then(|| way(seq - 1, tr!(audit.previous), "prev"));
    let following = last
        .filter(|last| seq < *last)
        .map(|_| way(seq + 1, tr!(audit.following), "next"));
    view! {
        <nav class="row" aria-label=tr!(audit.title)>
            {previous}
            {following}
            <a class="btn small" href="/audit">
                {tr!(audit.all)}
            </a>
        </nav>
    }
}

#[component]
fn Facts(row: AuditRow, attempt: Option<String>) -> impl IntoView {
    let kind = row.event.kind();
    // A request's name says the database user too.
    let (name, username) = match (row.request, row.username) {
        (Some(_), Some(username)) => (
            Some(tr!(requests.one_title, username = username.to_string())),
            None,
        ),
        (_, username) => (None, username),
    };
    view! {
        <dl class="facts">
            <dt>{tr!(audit.e_who)}</dt>
            <dd>{subject(&row.actor)}</dd>
            <dt>{tr!(audit.e_kind)}</dt>
            <dd>
                {kind_word(kind)} " " <span class="mono faint">{kind.to_string()}</span>
            </dd>
            {row
                .project
                .map(|project| {
                    view! {
                        <dt>{tr!(audit.e_project)}</dt>
                        <dd>
                            <a href=format!("/projects/{}", project.id)>{project.name}</a>
                        </dd>
                    }
                })}
            {username
                .map(|username| {
                    view! {
                        <dt>{tr!(audit.e_user)}</dt>
                        <dd class="mono">{username.to_string()}</dd>
                    }
                })}
            {row
                .request
                .map(|id| {
                    view! {
                        <dt>{tr!(audit.e_request)}</dt>
                        <dd>
                            <a href=format!("/requests/{id}")>
                                {name.unwrap_or_else(|| id.to_string())}
                            </a>
                        </dd>
                    }
                })}
            {row
                .change
                .map(|id| {
                    view! {
                        <dt>{tr!(audit.e_change)}</dt>
                        <dd>
                            <a class="mono" href=format!("/changes/{id}")>
                                {id.to_string()}
                            </a>
                        </dd>
                    }
                })}
            {row
                .certificate
                .map(|id| {
                    view! {
                        <dt>{tr!(audit.e_certificate)}</dt>
                        <dd>
                            <a class="mono" href=format!("/certificates/{id}")>
                                {id.to_string()}
                            </a>
                        </dd>
                    }
                })}
            {attempt
                .map(|attempt| {
                    view! {
                        <dt>{tr!(audit.e_attempt)}</dt>
                        <dd class="mono">{attempt}</dd>
                    }
                })}
        </dl>
    }
}
