//! One change.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use portal::model::{ChangePage, ChangeState, ChangeStatus};

use super::{
    api,
    decide::answers,
    diff::Diff,
    notice::certificates,
    now::{Stand, now_to_do},
    progress::progress,
    steps::coming,
    words::{asks, change_state, name_of, stands_with_x509},
};
use crate::{
    components::{Exact, Link, LiveStatus, Reason, Sheet, Story, person_name},
    layout::{PageTitle, load},
    requests::words::{agent, any_of},
    texts::locale,
    time, tr,
    x509::restore::Restore,
};

/// Entries a page's story holds at most; of longer ones the page does not know the length.
const STORY_MOST: usize = 200;

/// `/changes/:id`
#[component]
pub fn ChangeRoute() -> impl IntoView {
    let id = use_params_map()
        .get_untracked()
        .get("id")
        .unwrap_or_default();
    load(api::get(id), |page| view! { <ChangeView page /> })
}

/// What to do now, what exactly is changed, and what happened.
#[component]
pub fn ChangeView(
    /// What to show.
    page: ChangePage,
) -> impl IntoView {
    let row = &page.row;
    let asked = tr!(
        requests.asked_line,
        who = agent(&row.requester),
        time = time::ago(locale(), page.now, row.submitted_at)
    );
    let line = view! {
        <a class="plain" href=format!("/projects/{}", row.project.id)>
            {row.project.name.clone()}
        </a>
        " · "
        <span title=time::title(row.submitted_at)>{asked}</span>
    };
    let status = live(&page);
    let restore = stands_with_x509(&page).then(|| view! { <Restore page=page.clone() /> });
    view! {
        <PageTitle title=name_of(row) aside=change_state(row.state).into_any()>
            {line}
        </PageTitle>
        {now_to_do(&page, Stand::Change)}
        <div class="two">
            <div class="stack wide">
                <What page=page.clone() />
                <StorySheet page=page.clone() />
                {restore}
            </div>
            <div class="stack wide">{progress(&page)} <About page /></div>
        </div>
        {status}
    }
}

/// Why, what exactly, what one should know; and for who decides, yes or no.
#[component]
fn What(page: ChangePage) -> impl IntoView {
    let decides = page.may.approve || page.may.deny;
    let here = decides && !stands_with_x509(&page);
    let title = if here {
        asks(&page.row)
    } else {
        match page.row.state {
            ChangeState::Done | ChangeState::Applying => tr!(changes.what_changed).to_owned(),
            state if state.is_over() => tr!(changes.what_asked).to_owned(),
            _ => tr!(changes.what_changes).to_owned(),
        }
    };
    let notice = certificates(&page);
    let answers = here.then(|| answers(&page));
    let (now, username) = (page.now, page.row.username);
    view! {
        <Sheet title>
            <div class="body decide">
                <Reason text=page.row.reason />
                <Diff plan=page.plan username now />
                {notice}
                {answers}
            </div>
        </Sheet>
    }
}

/// What happened, and what comes next.
#[component]
pub fn StorySheet(
    /// Whose story.
    page: ChangePage,
) -> impl IntoView {
    let note = view! { <span class="faint">{tr!(requests.story_note)}</span> };
    let next = coming(&page);
    view! {
        <Sheet title=tr!(requests.story) head=note.into_any()>
            <Story rows=page.story now=page.now>
                {next}
            </Story>
        </Sheet>
    }
}

/// Who and when.
#[component]
fn About(page: ChangePage) -> impl IntoView {
    let row = page.row;
    let reads_log = page.story.iter().any(|entry| entry.may_open);
    let log = Link::to("/audit").with("change", &row.id.to_string());
    let waits = row.state == ChangeState::Submitted;
    let approvers = (waits && !page.approvers.is_empty()).then(|| {
        view! {
            <dt>{tr!(requests.approvers)}</dt>
            <dd>{any_of(&page.approvers)}</dd>
        }
    });
    let second = row.second.as_ref().map(|second| {
        view! {
            <dt>{tr!(changes.f_second)}</dt>
            <dd>{person_name(second)}</dd>
        }
    });
    view! {
        <Sheet title=tr!(changes.facts)>
            <dl class="facts">
                <dt>{tr!(common.field_project)}</dt>
                <dd>
                    <a href=format!("/projects/{}", row.project.id)>{row.project.name}</a>
                </dd>
                <dt>{tr!(requests.who)}</dt>
                <dd>{person_name(&row.requester)}</dd>
                {approvers}
                {second}
                <dt>{tr!(requests.when)}</dt>
                <dd>
                    <Exact at=row.submitted_at />
                </dd>
            </dl>
            {reads_log
                .then(|| {
                    view! {
                        <p class="ways">
                            <a href=String::from(log)>{tr!(changes.f_log)}</a>
                        </p>
                    }
                })}
        </Sheet>
    }
}

/// The island that turns the page when the change moves on. None where nothing can change, and none for
/// somebody who decides: a page that reloads by itself would take away what they type.
pub fn live(page: &ChangePage) -> Option<impl IntoView + use<>> {
    let deciding = page.may.approve || page.may.deny;
    if page.row.state.is_over() || deciding || page.story.len() >= STORY_MOST {
        return None;
    }
    let left = page
        .clusters
        .iter()
        .flatten()
        .filter(|cluster| !cluster.done)
        .count();
    let status = ChangeStatus {
        state: page.row.state,
        clusters_left: u32::try_from(left).ok()?,
        story_length: u32::try_from(page.story.len()).ok()?,
    };
    let told = serde_json::to_string(&status).ok()?;
    let ask = format!("/api/changes/status?id={}", page.row.id);
    Some(view! { <LiveStatus ask told /> })
}
