//! One request.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use portal::model::{RequestPage, RequestState, RequestStatus};

use super::{
    api,
    decide::{Decide, Known},
    facts::Facts,
    now::now_to_do,
    resolve::Resolve,
    steps::coming,
    words::{agent, length},
};
use crate::{
    components::{Connect, LiveStatus, Sheet, Story, request_state, taken_as},
    layout::{PageTitle, load},
    texts::locale,
    time, tr,
};

/// Entries a page's story holds at most; of longer ones the page does not know the length.
const STORY_MOST: usize = 200;

/// `/requests/:id`
#[component]
pub fn RequestRoute() -> impl IntoView {
    let id = use_params_map()
        .get_untracked()
        .get("id")
        .unwrap_or_default();
    load(api::get(id), |page| view! { <RequestView page /> })
}

/// What to do now, what happened, and what it is about.
#[component]
pub fn RequestView(
    /// What to show.
    page: RequestPage,
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
        {format!(" · {} · ", length(row.months))}
        <span title=time::title(row.submitted_at)>{asked}</span>
    };
    let status = told(&page).map(|told| {
        let ask = format!("/api/requests/status?id={}", row.id);
        view! { <LiveStatus ask told /> }
    });
    let deciding = page.brief.is_some();
    let resolving = page
        .ambiguity
        .clone()
        .map(|ambiguity| view! { <Resolve page=page.clone() ambiguity /> });
    view! {
        <PageTitle
            title=tr!(requests.one_title, username = row.username.to_string())
            aside=request_state(row.state).into_any()
        >
            {line}
        </PageTitle>
        {now_to_do(&page)}
        <div class="two">
            <div class="stack wide">
                {deciding.then(|| view! { <Decide page=page.clone() /> })}
                {resolving}
                <StorySheet page=page.clone() />
            </div>
            {if deciding {
                view! { <Known page /> }.into_any()
            } else {
                view! { <About page /> }.into_any()
            }}
        </div>
        {status}
    }
}

#[component]
fn StorySheet(page: RequestPage) -> impl IntoView {
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

/// How to use what was made, or what was asked for.
#[component]
fn About(page: RequestPage) -> impl IntoView {
    let usable = page.certificate.is_some()
        && matches!(
            page.row.state,
            RequestState::Ready | RequestState::Delivered | RequestState::Unconfirmed
        );
    // Where the key is collected, the lines stand beside the file they are for.
    let collecting = page.pickup.is_some_and(|pickup| pickup.in_this_browser);
    if usable && !collecting {
        let (username, clusters) = (page.row.username.clone(), page.clusters.clone());
        let format = taken_as(&page.story);
        view! {
            <Sheet title=tr!(common.use_it)>
                <div class="body">
                    <Connect username clusters format />
                    <Facts page />
                </div>
            </Sheet>
        }
        .into_any()
    } else {
        view! {
            <Sheet title=tr!(requests.facts)>
                <Facts page />
            </Sheet>
        }
        .into_any()
    }
}

/// What the page's live status compares with: what the server says of the request as it is shown.
///
/// None where nothing can change, and none for somebody who decides: a page that reloads by itself
/// would take away what they type.
fn told(page: &RequestPage) -> Option<String> {
    let deciding = page.may.approve || page.may.deny || page.may.resolve;
    if page.row.state.is_over() || deciding || page.story.len() >= STORY_MOST {
        return None;
    }
    let status = RequestStatus {
        state: page.row.state,
        story_length: u32::try_from(page.story.len()).ok()?,
        next_look: page.settling.map(|settling| settling.next_at),
    };
    serde_json::to_string(&status).ok()
}
