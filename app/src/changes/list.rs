//! The list of changes.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use portal::model::{ChangeKind, ChangeRow, ChangeScope, Role, Timestamp};
use strum::IntoEnumIterator as _;

use super::{
    api::{self, ChangeList},
    words::{change_state, kind_word, name_of},
};
use crate::{
    components::{Chip, Chips, Empty, Link, More, Sheet, When, person_name},
    here::here,
    layout::{PageTitle, load},
    requests::list::areas,
    tr,
};

/// `/changes`
#[component]
pub fn ChangesRoute() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let of = |name: &str| query.get(name).unwrap_or_default();
    let asked = Asked {
        scope: of("scope"),
        kind: of("kind"),
        open: of("open"),
        project: of("project"),
    };
    let list = {
        let asked = asked.clone();
        let scope = asked.scope(&here().roles).to_string();
        api::list(scope, asked.project, asked.kind, asked.open, of("after"))
    };
    load(list, |list| view! { <ChangesView list asked /> })
}

/// Scopes that somebody of these roles has a use for, the narrowest first.
fn scopes_of(roles: &[Role]) -> Vec<ChangeScope> {
    let mut scopes = Vec::new();
    if roles.contains(&Role::Owner) {
        scopes.push(ChangeScope::Projects);
    }
    if roles.contains(&Role::Security) {
        scopes.push(ChangeScope::All);
    }
    scopes
}

/// The filters as they stand in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whose.
    pub scope: String,
    /// Only of this kind.
    pub kind: String,
    /// `open`, `over`, or nothing for both.
    pub open: String,
    /// Only in this project.
    pub project: String,
}

impl Asked {
    fn link(&self) -> Link {
        Link::to("/changes")
            .with("scope", &self.scope)
            .with("kind", &self.kind)
            .with("open", &self.open)
            .with("project", &self.project)
    }

    /// The scope asked for; without one, the narrowest that shows the person anything.
    fn scope(&self, roles: &[Role]) -> ChangeScope {
        let first = scopes_of(roles).first().copied();
        self.scope
            .parse()
            .unwrap_or_else(|_| first.unwrap_or_default())
    }

    fn narrowed(&self) -> bool {
        !self.open.is_empty() || !self.project.is_empty() || !self.kind.is_empty()
    }
}

/// The list.
#[component]
pub fn ChangesView(
    /// What to show.
    list: ChangeList,
    /// The filters asked for.
    asked: Asked,
) -> impl IntoView {
    let more = list
        .more
        .as_ref()
        .map(|more| asked.link().with("after", &more.0));
    let head = filters(&list, &asked).into_any();
    view! {
        <PageTitle title=tr!(changes.title)>{tr!(changes.lead)}</PageTitle>
        {areas("/changes")}
        <Sheet label=tr!(changes.title) head>
            {if list.rows.is_empty() {
                nothing(&asked).into_any()
            } else {
                view! { <Table rows=list.rows asked now=list.now /> }.into_any()
            }}
            {more.map(|link| view! { <More link /> })}
        </Sheet>
    }
}

/// What stands in place of rows.
fn nothing(asked: &Asked) -> impl IntoView + use<> {
    if asked.narrowed() {
        let all = Link::to("/changes").with("scope", &asked.scope);
        let way = (tr!(requests.all_again).to_owned(), String::from(all));
        return view! { <Empty text=tr!(changes.empty_filtered) way /> }.into_any();
    }
    let way = (tr!(changes.to_projects).to_owned(), "/projects".to_owned());
    view! { <Empty text=tr!(changes.empty) way /> }.into_any()
}

/// Whose, of which kind, whether open, and the way out of one project.
fn filters(list: &ChangeList, asked: &Asked) -> impl IntoView + use<> {
    let roles = here().roles.clone();
    let scopes = scopes_of(&roles);
    let plain = scopes.first().copied();
    let scopes = scopes
        .into_iter()
        .map(|scope| {
            let there = Asked {
                // The plain view has the plain address.
                scope: if Some(scope) == plain {
                    String::new()
                } else {
                    scope.to_string()
                },
                ..asked.clone()
            };
            Chip::new(
                scope_word(scope),
                there.link(),
                scope == asked.scope(&roles),
            )
        })
        .collect::<Vec<_>>();
    let kinds = std::iter::once((String::new(), tr!(changes.kind_any)))
        .chain(ChangeKind::iter().map(|kind| (kind.to_string(), kind_word(kind))))
        .map(|(kind, word)| {
            let current = kind == asked.kind;
            let there = Asked {
                kind,
                ..asked.clone()
            };
            Chip::new(word, there.link(), current)
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
    let way_out = way_out(list, asked);
    view! {
        <div class="filters">
            <div class="row">
                {(scopes.len() > 1)
                    .then(|| view! { <Chips label=tr!(changes.scope) chips=scopes /> })}
                <Chips label=tr!(changes.kind) chips=kinds />
                {way_out}
            </div>
            <Chips label=tr!(requests.standing) chips=standing.to_vec() />
        </div>
    }
}

fn way_out(list: &ChangeList, asked: &Asked) -> Option<impl IntoView + use<>> {
    (!asked.project.is_empty()).then(|| {
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
    })
}

fn scope_word(scope: ChangeScope) -> &'static str {
    match scope {
        ChangeScope::Projects => tr!(requests.scope_projects),
        ChangeScope::All => tr!(changes.scope_all),
    }
}

#[component]
fn Table(rows: Vec<ChangeRow>, asked: Asked, now: Timestamp) -> impl IntoView {
    view! {
        <table class="requests">
            <thead>
                <tr>
                    <th scope="col">{tr!(changes.what)}</th>
                    <th scope="col">{tr!(requests.project)}</th>
                    <th scope="col">{tr!(requests.who)}</th>
                    <th scope="col">{tr!(requests.when)}</th>
                    <th scope="col">{tr!(requests.state)}</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(|row| line(row, &asked, now)).collect_view()}</tbody>
        </table>
    }
}

fn line(row: ChangeRow, asked: &Asked, now: Timestamp) -> impl IntoView + use<> {
    let only = Asked {
        project: row.project.id.to_string(),
        ..asked.clone()
    };
    let only_title = tr!(changes.only_this, project = row.project.name.clone());
    let name = name_of(&row);
    view! {
        <tr>
            <td>
                <a class="name" href=format!("/changes/{}", row.id)>
                    {name}
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
            <td class="asker" data-label=tr!(requests.who)>
                {person_name(&row.requester)}
            </td>
            <td data-label=tr!(requests.when)>
                <When at=row.submitted_at now />
            </td>
            <td data-label=tr!(requests.state)>{change_state(row.state)}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_scope_everybody_sees_what_is_theirs() {
        let plain = Asked::default();
        assert_eq!(plain.scope(&[Role::Owner]), ChangeScope::Projects);
        assert_eq!(plain.scope(&[Role::Security]), ChangeScope::All);
        assert_eq!(
            plain.scope(&[Role::Security, Role::Owner]),
            ChangeScope::Projects
        );
        assert_eq!(plain.scope(&[]), ChangeScope::Projects);
    }

    #[test]
    fn filters_stand_in_the_address() {
        let asked = Asked {
            kind: "delete_user".to_owned(),
            open: "open".to_owned(),
            ..Asked::default()
        };
        assert_eq!(
            String::from(asked.link()),
            "/changes?kind=delete_user&open=open"
        );
        assert!(asked.narrowed());
        assert!(!Asked::default().narrowed());
    }
}
