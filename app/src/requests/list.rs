//! The list of requests.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use portal::model::{RequestRow, RequestScope, Role, Timestamp};

use super::{
    api::{self, RequestList},
    words::length,
};
use crate::{
    components::{Chip, Chips, Empty, Link, More, Sheet, When, person_name, request_state},
    here::here,
    layout::{PageTitle, load},
    tr,
};

/// `/requests`
#[component]
pub fn RequestsRoute() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let of = |name: &str| query.get(name).unwrap_or_default();
    let asked = Asked {
        scope: of("scope"),
        open: of("open"),
        project: of("project"),
    };
    let list = {
        let asked = asked.clone();
        api::list(asked.scope, asked.open, asked.project, of("after"))
    };
    load(list, |list| view! { <RequestsView list asked /> })
}

/// Scopes that somebody of these roles has a use for.
fn scopes_of(roles: &[Role]) -> Vec<RequestScope> {
    let mut scopes = vec![RequestScope::Mine];
    if roles.contains(&Role::Owner) {
        scopes.push(RequestScope::Projects);
    }
    if roles.contains(&Role::Security) {
        scopes.push(RequestScope::All);
    }
    scopes
}

/// The filters as they stand in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whose.
    pub scope: String,
    /// `open`, `over`, or nothing for both.
    pub open: String,
    /// Only in this project.
    pub project: String,
}

impl Asked {
    fn link(&self) -> Link {
        Link::to("/requests")
            .with("scope", &self.scope)
            .with("open", &self.open)
            .with("project", &self.project)
    }

    fn scope(&self) -> RequestScope {
        self.scope.parse().unwrap_or_default()
    }

    fn narrowed(&self) -> bool {
        !self.open.is_empty() || !self.project.is_empty()
    }
}

/// The list.
#[component]
pub fn RequestsView(
    /// What to show.
    list: RequestList,
    /// The filters asked for.
    asked: Asked,
) -> impl IntoView {
    let aside = here().may_ask().then(|| {
        view! {
            <a class="btn primary" href="/requests/new">
                {tr!(requests.ask)}
            </a>
        }
    });
    let more = list
        .more
        .as_ref()
        .map(|more| asked.link().with("after", &more.0));
    let head = filters(&list, &asked).into_any();
    view! {
        <PageTitle title=tr!(requests.title) aside=aside.into_any()>
            {tr!(requests.lead)}
        </PageTitle>
        {areas("/requests")}
        <Sheet label=tr!(requests.title) head>
            {if list.rows.is_empty() {
                nothing(&asked).into_any()
            } else {
                view! { <Table rows=list.rows asked now=list.now /> }.into_any()
            }}
            {more.map(|link| view! { <More link /> })}
        </Sheet>
    }
}

/// The two lists of this room, for those who have a use for both.
pub fn areas(current: &str) -> Option<impl IntoView + use<>> {
    here().is_any(&[Role::Owner, Role::Security]).then(|| {
        let chips = [
            ("/requests", tr!(requests.area_certificates)),
            ("/changes", tr!(requests.area_changes)),
        ]
        .map(|(path, word)| Chip::new(word, Link::to(path), path == current));
        view! {
            <div class="areas">
                <Chips label=tr!(requests.areas) chips=chips.to_vec() />
            </div>
        }
    })
}

/// What stands in place of rows.
fn nothing(asked: &Asked) -> impl IntoView + use<> {
    if asked.narrowed() {
        let all = Link::to("/requests").with("scope", &asked.scope);
        let way = (tr!(requests.all_again).to_owned(), String::from(all));
        return view! { <Empty text=tr!(requests.empty_filtered) way /> }.into_any();
    }
    match asked.scope() {
        RequestScope::Mine => view! { <Empty text=tr!(requests.empty_mine) /> }.into_any(),
        RequestScope::Projects => view! { <Empty text=tr!(requests.empty_projects) /> }.into_any(),
        RequestScope::All => view! { <Empty text=tr!(requests.empty_all) /> }.into_any(),
    }
}

/// Whose, whether open, and the way out of one project.
fn filters(list: &RequestList, asked: &Asked) -> impl IntoView + use<> {
    let scopes = scopes_of(&here().roles)
        .into_iter()
        .map(|scope| {
            let there = Asked {
                // The plain view has the plain address.
                scope: if scope == RequestScope::Mine {
                    String::new()
                } else {
                    scope.to_string()
                },
                ..asked.clone()
            };
            Chip::new(scope_word(scope), there.link(), scope == asked.scope())
        })
        .collect::<Vec<_>>();
    let standing = [
        ("", tr!(requests.open_any)),
        ("open", tr!(requests.open_yes)),
        ("over", tr!(requests.open_no)),
    ]
    .map(|(open, word)| {
        let there = Asked {
            open: open.to_owned(),
            ..asked.clone()
        };
        Chip::new(word, there.link(), open == asked.open)
    });
    let way_out = (!asked.project.is_empty()).then(|| {
        let name = list
            .rows
            .first()
            .map_or_else(|| asked.project.clone(), |row| row.project.name.clone());
        let there = Asked {
            project: String::new(),
            ..asked.clone()
        };
        view! {
            <a class="lift" href=String::from(there.link()) title=tr!(requests.lift)>
                {tr!(requests.only_project, project = name)}
                <span aria-hidden="true">"×"</span>
                <span class="unseen">{tr!(requests.lift)}</span>
            </a>
        }
    });
    view! {
        <div class="filters">
            <div class="row">
                {(scopes.len() > 1)
                    .then(|| view! { <Chips label=tr!(requests.scope) chips=scopes /> })}
                {way_out}
            </div>
            <Chips label=tr!(requests.standing) chips=standing.to_vec() />
        </div>
    }
}

fn scope_word(scope: RequestScope) -> &'static str {
    match scope {
        RequestScope::Mine => tr!(requests.scope_mine),
        RequestScope::Projects => tr!(requests.scope_projects),
        RequestScope::All => tr!(requests.scope_all),
    }
}

#[component]
fn Table(rows: Vec<RequestRow>, asked: Asked, now: Timestamp) -> impl IntoView {
    let mine = asked.scope() == RequestScope::Mine;
    view! {
        <table class="requests">
            <thead>
                <tr>
                    <th scope="col">{tr!(requests.user)}</th>
                    <th scope="col">{tr!(requests.project)}</th>
                    {(!mine).then(|| view! { <th scope="col">{tr!(requests.who)}</th> })}
                    <th scope="col">{tr!(requests.length)}</th>
                    <th scope="col">{tr!(requests.when)}</th>
                    <th scope="col">{tr!(requests.state)}</th>
                </tr>
            </thead>
            <tbody>
                {rows.into_iter().map(|row| line(row, &asked, mine, now)).collect_view()}
            </tbody>
        </table>
    }
}

fn line(row: RequestRow, asked: &Asked, mine: bool, now: Timestamp) -> impl IntoView + use<> {
    let only = Asked {
        project: row.project.id.to_string(),
        ..asked.clone()
    };
    let only_title = tr!(requests.only_this, project = row.project.name.clone());
    view! {
        <tr>
            <td>
                <a class="name" href=format!("/requests/{}", row.id)>
                    {row.username.to_string()}
                </a>
                <span class="sub why">{row.reason}</span>
            </td>
            <td data-label=tr!(requests.project)>
                {if asked.project.is_empty() {
                    view! {
                        <a class="plain" href=String::from(only.link()) title=only_title>
                            {row.project.name}
                        </a>
                    }
                        .into_any()
                } else {
                    row.project.name.into_any()
                }}
            </td>
            {(!mine)
                .then(|| {
                    let who = person_name(&row.requester);
                    view! {
                        <td class="asker" data-label=tr!(requests.who)>
                            {who}
                        </td>
                    }
                })}
            <td class="length" data-label=tr!(requests.length)>{length(row.months)}</td>
            <td data-label=tr!(requests.when)>
                <When at=row.submitted_at now />
            </td>
            <td data-label=tr!(requests.state)>{request_state(row.state)}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_offered_to_those_who_have_a_use_for_it() {
        use RequestScope::{All, Mine, Projects};
        assert_eq!(scopes_of(&[Role::Developer]), [Mine]);
        assert_eq!(scopes_of(&[Role::Owner, Role::Developer]), [Mine, Projects]);
        assert_eq!(scopes_of(&[Role::Security]), [Mine, All]);
        assert_eq!(
            scopes_of(&[Role::Security, Role::Owner]),
            [Mine, Projects, All]
        );
    }

    #[test]
    fn filters_stand_in_the_address() {
        let asked = Asked {
            scope: "projects".to_owned(),
            open: "open".to_owned(),
            project: String::new(),
        };
        assert_eq!(
            String::from(asked.link()),
            "/requests?scope=projects&open=open"
        );
        assert!(asked.narrowed());
        assert!(!Asked::default().narrowed());
    }
}
