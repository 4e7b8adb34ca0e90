//! The list of projects.

use leptos::prelude::*;
use portal::model::{ProjectRow, Timestamp};

use super::api;
pub use super::one::ProjectRoute;
use crate::{
    components::{Empty, FilterRows, Sheet},
    layout::{PageTitle, load, obstacle_text},
    texts::locale,
    time, tr,
};

/// A list this short needs no filter.
pub(super) const FILTER_FROM: usize = 6;

/// `/projects`
#[component]
pub fn ProjectsRoute() -> impl IntoView {
    load(api::list(), |rows| view! { <ProjectsView rows /> })
}

/// What can have a certificate, and who decides.
#[component]
pub fn ProjectsView(
    /// The projects.
    rows: Vec<ProjectRow>,
) -> impl IntoView {
    let filter = (rows.len() > FILTER_FROM).then(|| {
        view! {
            <FilterRows
                list="projects".to_owned()
                label=tr!(projects.filter).to_owned()
                nothing=tr!(projects.nothing).to_owned()
            />
        }
    });
    let head = filter.map_or_else(|| ().into_any(), IntoAny::into_any);
    let title = tr!(
        projects.count,
        count = u32::try_from(rows.len()).unwrap_or(u32::MAX)
    );
    let empty = rows.is_empty();
    let table = view! {
        <table class="projects" id="projects">
            <thead>
                <tr>
                    <th scope="col">{tr!(projects.project)}</th>
                    <th scope="col">{tr!(projects.users)}</th>
                    <th scope="col">{tr!(projects.live)}</th>
                    <th scope="col">{tr!(projects.next_end)}</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(project_row).collect_view()}</tbody>
        </table>
    };
    view! {
        <PageTitle title=tr!(projects.title)>{tr!(projects.lead)}</PageTitle>
        <Sheet title head>
            {if empty {
                view! { <Empty text=tr!(projects.empty) /> }.into_any()
            } else {
                table.into_any()
            }}
        </Sheet>
    }
}

fn project_row(row: ProjectRow) -> impl IntoView {
    let find = format!("{} {}", row.project.name, row.project.id);
    view! {
        <tr data-find=find>
            <td>
                <a class="name" href=format!("/projects/{}", row.project.id)>
                    {row.project.name.clone()}
                </a>
                " "
                {row.you_own.then(|| view! { <span class="tag">{tr!(projects.you_own)}</span> })}
                {(row.you_may_request && !row.you_own && row.obstacle.is_none())
                    .then(|| view! { <span class="tag">{tr!(projects.you_may_request)}</span> })}
                {row
                    .obstacle
                    .map(|obstacle| view! { <span class="sub">{obstacle_text(locale(), obstacle)}</span> })}
            </td>
            <td data-label=tr!(projects.users)>
                {tr!(projects.users_managed, managed = row.managed_users, users = row.users)}
            </td>
            <td data-label=tr!(projects.live)>{row.live_certificates}</td>
            <td data-label=tr!(projects.next_end)>{row.next_end.map(next_end)}</td>
        </tr>
    }
}

fn next_end(at: Timestamp) -> impl IntoView {
    view! {
        <time datetime=time::machine(at) title=time::title(at)>
            {time::day(locale(), at)}
        </time>
    }
}
