//! One certificate.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use portal::model::{CertificatePage, DatabaseRole, Obstacle, Origin};

use super::{api, foreign::notice, pages::origin_mark};
use crate::{
    components::{
        Connect, Empty, Exact, Lifeline, Link, Mono, Sheet, Story, When, person_name, taken_as,
    },
    layout::{PageTitle, load},
    tr,
};

/// `/certificates/:id`
#[component]
pub fn CertificateRoute() -> impl IntoView {
    let id = use_params_map()
        .get_untracked()
        .get("id")
        .unwrap_or_default();
    load(api::get(id), |page| view! { <CertificateView page /> })
}

/// Its story, how to use it, and its facts.
#[component]
pub fn CertificateView(
    /// What to show.
    page: CertificatePage,
) -> impl IntoView {
    let facts = page.clone();
    let CertificatePage {
        row,
        story,
        clusters,
        database_roles,
        now,
        ..
    } = page;
    let again = Link::to("/requests/new")
        .with("project", row.project.id.as_str())
        .with("username", row.username.as_str());
    let aside = if facts.may_ask_again {
        view! {
            <a class="btn primary" href=String::from(again)>
                {tr!(certificates.renew)}
            </a>
        }
        .into_any()
    } else {
        ().into_any()
    };
    let holder = row.holder.as_ref().map(person_name);
    let format = taken_as(&story);
    let notice = notice(&facts);
    // Nobody has the key of one that was lost; nobody knows who has that of one nobody asked for.
    let usable = matches!(row.origin, Origin::Portal | Origin::Preexisting)
        && facts.obstacle != Some(Obstacle::UserGone);
    let (title, lines) = if usable {
        let (username, clusters) = (row.username.clone(), clusters);
        (
            tr!(common.use_it),
            view! { <Connect username clusters format /> }.into_any(),
        )
    } else {
        (tr!(certificates.database_user), ().into_any())
    };
    let note = view! { <span class="faint">{tr!(certificates.story_note)}</span> };
    view! {
        <PageTitle title=row.username.to_string() aside>
            <a class="plain" href=format!("/projects/{}", row.project.id)>
                {row.project.name.clone()}
            </a>
            {holder.map(|name| format!(" · {}", tr!(certificates.held_by, name = name)))}
        </PageTitle>
        {notice}
        <div class="two">
            <div class="stack wide">
                <Sheet title=tr!(certificates.facts)>
                    <Facts page=facts />
                </Sheet>
                <Sheet title=tr!(certificates.story) head=note.into_any()>
                    {if story.is_empty() {
                        view! { <Empty text=tr!(certificates.story_empty) /> }.into_any()
                    } else {
                        view! { <Story rows=story now /> }.into_any()
                    }}
                </Sheet>
            </div>
            <Sheet title>
                <div class="body">
                    {lines}
                    <div>
                        <h3>{tr!(certificates.may)}</h3>
                        <Roles roles=database_roles />
                    </div>
                </div>
            </Sheet>
        </div>
    }
}

#[component]
fn Facts(page: CertificatePage) -> impl IntoView {
    let (row, now) = (page.row, page.now);
    view! {
        <dl class="facts">
            <dt>{tr!(certificates.ends)}</dt>
            <dd>
                <Lifeline row=row.clone() now exact=true />
            </dd>
            <dt>{tr!(certificates.begins)}</dt>
            <dd>
                <Exact at=row.not_before />
            </dd>
            <dt>{tr!(certificates.serial)}</dt>
            <dd>
                <Mono text=row.serial.to_string() />
            </dd>
            <dt>{tr!(certificates.subject)}</dt>
            <dd>
                <Mono text=page.subject />
            </dd>
            {page
                .fingerprint
                .map(|fingerprint| {
                    view! {
                        <dt>{tr!(certificates.fingerprint)}</dt>
                        <dd>
                            <Mono text=fingerprint />
                        </dd>
                    }
                })}
            <dt>{tr!(certificates.origin)}</dt>
            <dd>{origin_mark(row.origin)}</dd>
            <dt>{tr!(certificates.seen)}</dt>
            <dd>
                {match page.seen_at {
                    Some(at) => view! { <When at now /> }.into_any(),
                    None => tr!(certificates.never_seen).into_any(),
                }}
            </dd>
            {row
                .request
                .map(|request| {
                    view! {
                        <dt>{tr!(certificates.the_request)}</dt>
                        <dd>
                            <a href=format!("/requests/{request}")>{tr!(certificates.open_request)}</a>
                        </dd>
                    }
                })}
        </dl>
    }
}

#[component]
fn Roles(roles: Vec<DatabaseRole>) -> impl IntoView {
    view! {
        <ul class="plain">
            {roles
                .into_iter()
                .map(|role| {
                    let place = match role.collection {
                        Some(collection) => format!("{}.{collection}", role.database),
                        None => role.database,
                    };
                    view! { <li>{tr!(certificates.role_on, role = role.role, database = place)}</li> }
                })
                .collect_view()}
        </ul>
    }
}
