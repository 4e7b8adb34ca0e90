//! The page about a project's customer-managed X.509.

use ::time::Duration;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use portal::model::{ChangeId, ChangePage, ChangeState, DisableBlock, X509Page};

use super::{
    api,
    ask::{AskSheet, Next, confirm},
    impact::ImpactSheet,
    past::Past,
    restore::{Restore, RestoreSheet},
    stands::{Stands, mode_state},
};
use crate::{
    changes::{
        api as changes,
        now::{Stand, now_to_do},
        one::{StorySheet, live},
        progress::progress,
    },
    components::{Callout, Tone},
    layout::{PageTitle, load},
    texts::locale,
    time, tr,
};

/// For so long the page tells what became of the last change.
const LATELY: Duration = Duration::days(1);

/// `/projects/:id/x509`
#[component]
pub fn X509Route() -> impl IntoView {
    let id = use_params_map()
        .get_untracked()
        .get("id")
        .unwrap_or_default();
    let data = async move {
        let page = api::get(id).await?;
        let last = match ended_lately(&page) {
            Some(id) => Some(changes::get(id.to_string()).await?),
            None => None,
        };
        Ok((page, last))
    };
    load(data, |(page, last)| view! { <X509View page last /> })
}

/// The last change, where nothing is open and it ended a short while ago: whoever watched it is told
/// what became of it.
fn ended_lately(page: &X509Page) -> Option<ChangeId> {
    let last = page.past.first().filter(|_| page.open.is_none())?;
    (page.now - last.changed_at < LATELY).then_some(last.id)
}

/// How it stands, what switching it off does, and only then the form; or how far it is.
#[component]
pub fn X509View(
    /// What to show.
    page: X509Page,
    /// The last change, where it ended a short while ago.
    last: Option<ChangePage>,
) -> impl IntoView {
    let told = time::ago(locale(), page.now, page.synced_at);
    let line = view! {
        <a class="plain" href=format!("/projects/{}", page.project.id)>
            {page.project.name.clone()}
        </a>
        " · "
        <span title=time::title(page.synced_at)>{tr!(x509.told, time = told)}</span>
    };
    let status = page.open.as_ref().and_then(live);
    let rest = match &page.open {
        Some(open) if is_sent(open) => under_way(&page, open).into_any(),
        Some(open) => waits(&page, open).into_any(),
        None => {
            let ended = last.and_then(|last| now_to_do(&last, Stand::X509));
            view! {
                {ended}
                {nothing_open(&page)}
            }
            .into_any()
        }
    };
    view! {
        <PageTitle title=tr!(x509.title) aside=mode_state(page.on).into_any()>
            {line}
        </PageTitle>
        {rest}
        <Past rows=page.past now=page.now />
        {status}
    }
}

/// Whether Atlas has been told, or may have been: what it would do is then no question any more.
fn is_sent(open: &ChangePage) -> bool {
    !matches!(
        open.row.state,
        ChangeState::Submitted | ChangeState::Approved
    )
}

/// Atlas has been told: how far it is, and how to take it back.
fn under_way(page: &X509Page, open: &ChangePage) -> impl IntoView + use<> {
    let story = view! { <StorySheet page=open.clone() /> };
    let story = match progress(open) {
        Some(progress) => view! {
            <div class="two">
                {story}
                {progress}
            </div>
        }
        .into_any(),
        None => story.into_any(),
    };
    view! {
        {now_to_do(open, Stand::X509)}
        {story}
        <Stands page=page.clone() />
        <Restore page=open.clone() />
    }
}

/// Somebody has asked.
fn waits(page: &X509Page, open: &ChangePage) -> impl IntoView + use<> {
    let decides = open.may.approve || open.may.deny;
    let answer = decides.then(|| confirm(page, open));
    let story = view! { <StorySheet page=open.clone() /> };
    view! {
        {now_to_do(open, Stand::X509)}
        <Stands page=page.clone() />
        {shown_impact(page)}
        {if decides {
            view! { <div class="two">{answer} {story}</div> }.into_any()
        } else {
            story.into_any()
        }}
    }
}

/// Nobody has asked: the form, or why there is none.
fn nothing_open(page: &X509Page) -> impl IntoView + use<> {
    let put_back = if page.on == Some(false) {
        last_done(page).map(|row| {
            view! { <RestoreSheet change=row.id project=row.project.clone() /> }.into_any()
        })
    } else {
        None
    };
    let form = match (&page.block, page.may_ask) {
        (Some(block), _) => blocked(block, page).into_any(),
        (None, true) => view! {
            <div class="two" id="ask">
                <AskSheet page=page.clone() />
                <Next page=page.clone() />
            </div>
        }
        .into_any(),
        (None, false) => view! {
            <Callout tone=Tone::Plain title=tr!(x509.owners_only)>
                <p class="quiet">{tr!(x509.owners_only_next)}</p>
            </Callout>
        }
        .into_any(),
    };
    view! {
        <Stands page=page.clone() />
        {shown_impact(page)}
        {form}
        {put_back}
    }
}

/// What switching off would do, where there is something to switch off.
fn shown_impact(page: &X509Page) -> Option<impl IntoView + use<>> {
    (page.on == Some(true)).then(|| view! { <ImpactSheet page=page.clone() /> })
}

/// The last time it was really switched off.
fn last_done(page: &X509Page) -> Option<&portal::model::ChangeRow> {
    page.past.iter().find(|row| row.state == ChangeState::Done)
}

/// Why it cannot be asked for, and what to do. That it is off already has been said.
fn blocked(block: &DisableBlock, page: &X509Page) -> impl IntoView + use<> {
    let text = match block {
        DisableBlock::NothingToDisable => return ().into_any(),
        DisableBlock::Recently { until } => (
            tr!(x509.block_recently),
            tr!(
                x509.block_recently_next,
                time = time::ahead(locale(), page.now, *until)
            ),
        ),
        DisableBlock::UnderWay => (
            tr!(x509.block_under_way),
            tr!(x509.block_under_way_next).to_owned(),
        ),
        DisableBlock::NotKnown => (
            tr!(x509.block_not_known),
            tr!(x509.block_not_known_next).to_owned(),
        ),
    };
    let (title, next) = text;
    view! {
        <Callout tone=Tone::Warn title>
            <p class="quiet">{next}</p>
        </Callout>
    }
    .into_any()
}
