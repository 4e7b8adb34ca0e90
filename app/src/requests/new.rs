//! Asking for a certificate: for which database user, for how long, and why.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use portal::model::{DatabaseUserRow, ProjectChoice, ProjectRef, RequestForm, Timestamp};

use super::{
    api,
    form::{AskForm, Beside, HeldSheet},
    words::place,
};
use crate::{
    components::{Callout, Empty, FilterRows, Link, Sheet, Tone},
    layout::{PageTitle, load, obstacle_next, obstacle_text},
    texts::locale,
    time, tr,
};

/// A list longer than this can be narrowed as one types.
const LONG: usize = 8;

/// `/requests/new`
#[component]
pub fn NewRequestRoute() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let of = |name: &str| query.get(name).unwrap_or_default();
    load(
        api::form(of("project"), of("username")),
        |form| view! { <NewRequestView form /> },
    )
}

/// One choice after the other, each an address; then the form.
#[component]
pub fn NewRequestView(
    /// What is offered.
    form: RequestForm,
) -> impl IntoView {
    let now = form.now;
    let content = match form.project {
        None => view! { <Projects projects=form.projects /> }.into_any(),
        Some(choice) => {
            let only = form.projects.len() == 1;
            match choice.user.clone() {
                None => view! { <Users choice only now /> }.into_any(),
                Some(user) => view! { <Rest choice user only now /> }.into_any(),
            }
        }
    };
    view! {
        <PageTitle title=tr!(requests.new_title)>{tr!(requests.new_lead)}</PageTitle>
        {content}
    }
}

#[component]
fn Projects(projects: Vec<ProjectRef>) -> impl IntoView {
    if projects.is_empty() {
        return view! {
            <Sheet label=tr!(requests.step_project)>
                <Empty text=tr!(requests.no_projects) />
            </Sheet>
        }
        .into_any();
    }
    let head = narrow("projects", tr!(requests.filter_projects), projects.len());
    view! {
        <Sheet title=tr!(requests.step_project) head>
            <ul class="choose" id="projects">
                {projects
                    .into_iter()
                    .map(|project| {
                        let href = Link::to("/requests/new").with("project", project.id.as_str());
                        let find = project.name.clone();
                        view! {
                            <li data-find=find>
                                <a class="name" href=String::from(href)>
                                    {project.name}
                                </a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </Sheet>
    }
    .into_any()
}

/// A field that narrows a list, where the list is long.
fn narrow(list: &str, label: &str, rows: usize) -> AnyView {
    if rows <= LONG {
        return ().into_any();
    }
    view! {
        <FilterRows
            list=list.to_owned()
            label=label.to_owned()
            nothing=tr!(requests.nothing_fits).to_owned()
        />
    }
    .into_any()
}

/// What is chosen already, with the way back.
fn chosen(
    choice: &ProjectChoice,
    user: Option<&DatabaseUserRow>,
    only: bool,
) -> impl IntoView + use<> {
    let back = Link::to("/requests/new").with("project", choice.project.id.as_str());
    let user = user.map(|user| {
        view! {
            <span class="sep" aria-hidden="true">"›"</span>
            <b>{user.username.to_string()}</b>
            <a href=String::from(back) aria-label=tr!(requests.change_user)>
                {tr!(requests.change)}
            </a>
        }
    });
    view! {
        <p class="chosen">
            <b>{choice.project.name.clone()}</b>
            {(!only)
                .then(|| {
                    view! {
                        <a href="/requests/new" aria-label=tr!(requests.change_project)>
                            {tr!(requests.change)}
                        </a>
                    }
                })}
            {user}
        </p>
    }
}

#[component]
fn Users(choice: ProjectChoice, only: bool, now: Timestamp) -> impl IntoView {
    let head = narrow("users", tr!(requests.filter_users), choice.users.len());
    let chosen = chosen(&choice, None, only);
    let project = choice.project;
    let nobody = choice.users.is_empty();
    let (can, cannot): (Vec<_>, Vec<_>) = choice
        .users
        .into_iter()
        .partition(|user| user.obstacle.is_none());
    let none_can = can.is_empty() && !nobody;
    view! {
        {chosen}
        <Sheet title=tr!(requests.step_user) head>
            {nobody.then(|| view! { <Empty text=tr!(requests.no_users) /> })}
            {none_can.then(|| view! { <Empty text=tr!(requests.none_can) /> })}
            <div id="users">
                <ul class="choose">
                    {can.into_iter().map(|user| usable(user, &project, now)).collect_view()}
                </ul>
                {(!cannot.is_empty())
                    .then(|| {
                        view! {
                            <h3 class="divide">{tr!(requests.cannot)}</h3>
                            <ul class="choose off">{cannot.into_iter().map(unusable).collect_view()}</ul>
                        }
                    })}
            </div>
        </Sheet>
    }
}

fn roles_line(user: &DatabaseUserRow) -> String {
    let roles: Vec<_> = user
        .roles
        .iter()
        .map(|role| {
            tr!(
                requests.role_in,
                role = role.role.clone(),
                database = place(role)
            )
        })
        .collect();
    roles.join(tr!(common.list_comma))
}

fn usable(user: DatabaseUserRow, project: &ProjectRef, now: Timestamp) -> impl IntoView + use<> {
    let href = Link::to("/requests/new")
        .with("project", project.id.as_str())
        .with("username", user.username.as_str());
    let live = if user.live_certificates == 0 {
        tr!(requests.live_none).to_owned()
    } else {
        tr!(requests.live, count = user.live_certificates)
    };
    let end = user.latest_end.map(|end| {
        view! {
            <time datetime=time::machine(end) title=time::title(end)>
                {time::ends(locale(), now, end)}
            </time>
        }
    });
    let find = user.username.to_string();
    let roles = roles_line(&user);
    view! {
        <li data-find=find>
            <a class="name" href=String::from(href)>
                {user.username.to_string()}
            </a>
            <span class="faint roles">{roles}</span>
            <span class="faint end">
                {user.open_request.map(|_| view! { <span class="tag">{tr!(requests.open_tag)}</span> })}
                <span>{live}</span> {end}
            </span>
        </li>
    }
}

/// A user that cannot have one: why, and what to do instead.
fn unusable(user: DatabaseUserRow) -> impl IntoView {
    let find = user.username.to_string();
    let why = user.obstacle.map(|obstacle| {
        let l = locale();
        view! {
            <p>{obstacle_text(l, obstacle)}</p>
            <p class="faint">{obstacle_next(l, obstacle)}</p>
        }
    });
    view! {
        <li data-find=find>
            <span class="name">{user.username.to_string()}</span>
            <div class="why">{why}</div>
        </li>
    }
}

#[component]
fn Rest(choice: ProjectChoice, user: DatabaseUserRow, only: bool, now: Timestamp) -> impl IntoView {
    let chosen = chosen(&choice, Some(&user), only);
    let stop = match (user.obstacle, user.open_request) {
        (Some(obstacle), _) => {
            let l = locale();
            Some(
                view! {
                    <Callout tone=Tone::Warn title=obstacle_text(l, obstacle)>
                        <p class="quiet">{obstacle_next(l, obstacle)}</p>
                    </Callout>
                }
                .into_any(),
            )
        }
        (None, Some(request)) => Some(
            view! {
                <Callout tone=Tone::Warn title=tr!(requests.your_open)>
                    <p class="quiet">
                        {tr!(requests.your_open_next)} " "
                        <a href=format!("/requests/{request}")>{tr!(requests.your_open_way)}</a>
                    </p>
                </Callout>
            }
            .into_any(),
        ),
        (None, None) => None,
    };
    // Where nothing can be asked, nobody needs to know who would decide and what would come then.
    let rest = if stop.is_some() {
        (!choice.held.is_empty())
            .then(|| view! { <HeldSheet username=user.username rows=choice.held now /> })
            .into_any()
    } else {
        view! {
            <div class="two">
                <div class="stack wide">
                    <AskForm choice=choice.clone() user=user.clone() now />
                </div>
                <Beside choice user now />
            </div>
        }
        .into_any()
    };
    view! {
        {chosen}
        {stop}
        {rest}
    }
}
