//! One project: its database users, what each can have, and its rules.

use ::time::Duration;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use portal::model::{
    DatabaseRole, DatabaseUserRow, GroupId, Obstacle, ProjectPage, Timestamp, X509Type,
};
use server_fn::ServerFn as _;

use super::{api, pages::FILTER_FROM};
use crate::{
    certificates::api::Sweep,
    components::{
        Callout, Empty, FilterRows, Link, Mono, PostForm, Sheet, State, Submit, Tone, people_list,
    },
    layout::{PageTitle, load, obstacle_next, obstacle_text},
    texts::locale,
    time, tr,
    users::words::{new_user_address, user_address},
};

/// `/projects/:id`
#[component]
pub fn ProjectRoute() -> impl IntoView {
    let id = use_params_map()
        .get_untracked()
        .get("id")
        .unwrap_or_default();
    load(api::get(id), |page| view! { <ProjectView page /> })
}

/// Its database users and its rules.
#[component]
pub fn ProjectView(
    /// What to show.
    page: ProjectPage,
) -> impl IntoView {
    let facts = page.clone();
    let ProjectPage {
        row,
        users,
        now,
        may_change_users,
        ..
    } = page;
    let id = row.project.id.clone();
    let may_ask = row.you_may_request && row.obstacle.is_none();
    let aside = if may_ask {
        view! {
            <a class="btn primary" href=String::from(ask_link(&id, ""))>
                {tr!(projects.request)}
            </a>
        }
        .into_any()
    } else {
        ().into_any()
    };
    let filter = (users.len() > FILTER_FROM).then(|| {
        view! {
            <FilterRows
                list="users".to_owned()
                label=tr!(projects.filter_users).to_owned()
                nothing=tr!(projects.nothing).to_owned()
            />
        }
    });
    let new = may_change_users.then(|| {
        view! {
            <a class="btn small" href=new_user_address(id.as_str(), "")>
                {tr!(projects.new_user)}
            </a>
        }
    });
    let read = facts.may_sweep.then(|| certificates_read(&facts));
    let head = (filter.is_some() || new.is_some() || read.is_some())
        .then(|| view! { <div class="row">{read} {filter} {new}</div> })
        .into_any();
    let told = time::ago(locale(), now, row.synced_at);
    let (views_x509, x509) = (facts.may_view_x509, x509_page(&id));
    view! {
        <PageTitle title=row.project.name aside>
            {tr!(projects.told, time = told)}
        </PageTitle>
        {row
            .obstacle
            .map(|obstacle| {
                view! {
                    <Callout tone=Tone::Warn title=tr!(projects.obstacle)>
                        <p class="quiet">
                            {obstacle_text(locale(), obstacle)} " " {obstacle_next(locale(), obstacle)}
                        </p>
                        {(obstacle == Obstacle::CustomerManagedOn && views_x509)
                            .then(|| {
                                view! {
                                    <p class="row">
                                        <a class="btn small" href=x509.clone()>
                                            {tr!(projects.x509_off)}
                                        </a>
                                    </p>
                                }
                            })}
                    </Callout>
                }
            })}
        <Sheet title=tr!(projects.users) head>
            {if users.is_empty() {
                view! { <Empty text=tr!(projects.no_users) /> }.into_any()
            } else {
                view! { <Users users id may_ask may_change=may_change_users now /> }.into_any()
            }}
        </Sheet>
        <Sheet title=tr!(projects.rules)>
            <Rules page=facts />
        </Sheet>
    }
}

/// As of when the certificates are known, and the button that has them read now.
fn certificates_read(page: &ProjectPage) -> impl IntoView + use<> {
    let read = match page.certificates_read_at {
        Some(at) => view! {
            <time class="faint" datetime=time::machine(at) title=time::title(at)>
                {tr!(projects.read_at, time = time::ago(locale(), page.now, at))}
            </time>
        }
        .into_any(),
        None => view! { <span class="faint">{tr!(projects.read_never)}</span> }.into_any(),
    };
    let project = page.row.project.id.to_string();
    view! {
        {read}
        <PostForm to=Sweep::PATH>
            <input type="hidden" name="project" value=project />
            <Submit label=tr!(projects.check_now) class="small" />
        </PostForm>
    }
}

fn x509_page(project: &GroupId) -> String {
    format!("/projects/{project}/x509")
}

fn ask_link(project: &GroupId, username: &str) -> Link {
    Link::to("/requests/new")
        .with("project", project.as_str())
        .with("username", username)
}

#[component]
fn Users(
    users: Vec<DatabaseUserRow>,
    id: GroupId,
    may_ask: bool,
    may_change: bool,
    now: Timestamp,
) -> impl IntoView {
    view! {
        <table class="users" id="users">
            <thead>
                <tr>
                    <th scope="col">{tr!(projects.user)}</th>
                    <th scope="col">{tr!(projects.may)}</th>
                    <th scope="col">{tr!(projects.can_have)}</th>
                </tr>
            </thead>
            <tbody>
                {users
                    .into_iter()
                    .map(|user| user_row(user, &id, (may_ask, may_change), now))
                    .collect_view()}
            </tbody>
        </table>
    }
}

fn user_row(
    user: DatabaseUserRow,
    id: &GroupId,
    (may_ask, may_change): (bool, bool),
    now: Timestamp,
) -> impl IntoView + use<> {
    let change = (may_change && user.x509_type == X509Type::Managed).then(|| {
        let name = user.username.to_string();
        view! {
            " "
            <a
                class="faint aside"
                href=user_address(id.as_str(), &name)
                aria-label=tr!(projects.change_of, username = name)
            >
                {tr!(projects.change)}
            </a>
        }
    });
    let roles = user.roles.iter().map(role_text).collect::<Vec<_>>();
    let find = format!("{} {}", user.username, roles.join(" "));
    view! {
        <tr data-find=find>
            <td>
                <span class="name">{user.username.to_string()}</span>
                {change}
                {(!user.clusters.is_empty())
                    .then(|| {
                        let clusters = user.clusters.join(tr!(common.list_comma));
                        view! { <span class="sub">{tr!(projects.only_on, clusters = clusters)}</span> }
                    })}
            </td>
            <td data-label=tr!(projects.may)>
                {if roles.is_empty() {
                    view! { <span class="faint">{tr!(projects.no_roles)}</span> }.into_any()
                } else {
                    view! {
                        <ul class="plain">
                            {roles.into_iter().map(|role| view! { <li>{role}</li> }).collect_view()}
                        </ul>
                    }
                        .into_any()
                }}
            </td>
            <td class="have">{what_can_be_had(&user, id, may_ask, now)}</td>
        </tr>
    }
}

/// The certificates a user has and the way to the next one; or why there is none, and what to do.
fn what_can_be_had(user: &DatabaseUserRow, id: &GroupId, may_ask: bool, now: Timestamp) -> AnyView {
    if let Some(obstacle) = user.obstacle {
        // What is over in a minute is told apart from what stays.
        let tone = match obstacle {
            Obstacle::NotApplied => Tone::Accent,
            _ => Tone::Plain,
        };
        return view! {
            <div class="cannot">
                <State tone open=true word=obstacle_text(locale(), obstacle) />
                <span class="sub">{obstacle_next(locale(), obstacle)}</span>
            </div>
        }
        .into_any();
    }
    let live = if user.live_certificates == 0 {
        tr!(projects.none_live).to_owned()
    } else {
        tr!(projects.live_count, count = user.live_certificates)
    };
    let latest = user.latest_end.map(|end| {
        let words = tr!(projects.latest, time = time::ends(locale(), now, end));
        view! {
            <time class="sub" datetime=time::machine(end) title=time::title(end)>
                {words}
            </time>
        }
    });
    let way = match (user.open_request, may_ask) {
        (Some(request), _) => view! {
            <a class="btn small" href=format!("/requests/{request}")>
                {tr!(projects.open_request)}
            </a>
        }
        .into_any(),
        (None, true) => {
            let name = user.username.to_string();
            view! {
                <a
                    class="btn small"
                    href=String::from(ask_link(id, &name))
                    aria-label=tr!(projects.ask_for, username = name)
                >
                    {tr!(projects.ask)}
                </a>
            }
            .into_any()
        }
        (None, false) => ().into_any(),
    };
    view! {
        <div class="can">
            <div>
                <span>{live}</span>
                {latest}
            </div>
            {way}
        </div>
    }
    .into_any()
}

fn role_text(role: &DatabaseRole) -> String {
    let place = match &role.collection {
        Some(collection) => format!("{}.{collection}", role.database),
        None => role.database.clone(),
    };
    tr!(projects.role_on, role = role.role.clone(), database = place)
}

#[component]
fn Rules(page: ProjectPage) -> impl IntoView {
    let l = locale();
    let id = page.row.project.id;
    let policy = page.policy;
    let owners = if page.owners.is_empty() {
        tr!(projects.owners_unknown).to_owned()
    } else {
        people_list(&page.owners)
    };
    let clusters: Vec<_> = page
        .clusters
        .into_iter()
        .map(|cluster| cluster.name)
        .collect();
    let clusters = if clusters.is_empty() {
        tr!(projects.no_clusters).to_owned()
    } else {
        clusters.join(tr!(common.list_comma))
    };
    let certificates = Link::to("/certificates").with("project", id.as_str());
    let audit = Link::to("/audit").with("project", id.as_str());
    let changes = Link::to("/changes").with("project", id.as_str());
    let x509 = page.may_view_x509.then(|| {
        view! {
            <a href=x509_page(&id)>{tr!(projects.x509)}</a>
            <a href=String::from(changes)>{tr!(projects.changes)}</a>
        }
    });
    view! {
        <dl class="facts">
            <dt>{tr!(projects.owners)}</dt>
            <dd>{owners}</dd>
            <dt>{tr!(projects.longest)}</dt>
            <dd>{tr!(common.for_months, count = u32::from(policy.longest_months))}</dd>
            <dt>{tr!(projects.waits)}</dt>
            <dd>{time::lasting(l, Duration::days(policy.request_waits_days.into()))}</dd>
            <dt>{tr!(projects.valid)}</dt>
            <dd>{time::lasting(l, Duration::hours(policy.approval_valid_hours.into()))}</dd>
            <dt>{tr!(projects.clusters)}</dt>
            <dd>{clusters}</dd>
            <dt>{tr!(projects.id)}</dt>
            <dd>
                <Mono text=id.to_string() />
            </dd>
        </dl>
        <p class="ways">
            <a href=String::from(certificates)>{tr!(projects.certificates)}</a>
            {x509}
            {page.may_read_audit.then(|| view! { <a href=String::from(audit)>{tr!(projects.audit)}</a> })}
        </p>
    }
}
