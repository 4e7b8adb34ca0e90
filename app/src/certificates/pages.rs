//! The list of certificates.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use portal::model::{
    CertificateList, CertificateRow, CertificateScope, EndsFilter, Life, Origin, Timestamp,
};

use super::api;
pub use super::one::CertificateRoute;
use crate::{
    components::{
        Chip, Chips, Empty, Lifeline, Link, More, SearchBox, Sheet, State, Tone, person_name,
    },
    here::here,
    layout::{PageTitle, load},
    texts::locale,
    time, tr,
};

/// `/certificates`
#[component]
pub fn CertificatesRoute() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let of = |name: &str| query.get(name).unwrap_or_default();
    let asked = Asked {
        scope: of("scope"),
        ends: of("ends"),
        project: of("project"),
        search: of("search"),
    };
    let after = of("after");
    let list = {
        let asked = asked.clone();
        api::list(asked.scope, asked.ends, asked.project, asked.search, after)
    };
    load(list, |list| view! { <CertificatesView list asked /> })
}

/// The filters as they stand in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whose.
    pub scope: String,
    /// How near their end.
    pub ends: String,
    /// Only in this project.
    pub project: String,
    /// Only what contains this.
    pub search: String,
}

impl Asked {
    fn link(&self) -> Link {
        Link::to("/certificates")
            .with("scope", &self.scope)
            .with("ends", &self.ends)
            .with("project", &self.project)
            .with("search", &self.search)
    }

    fn ends(&self) -> EndsFilter {
        self.ends.parse().unwrap_or_default()
    }
}

/// The list.
#[component]
pub fn CertificatesView(
    /// What to show.
    list: CertificateList,
    /// The filters asked for.
    asked: Asked,
) -> impl IntoView {
    let now = list.now;
    let soon = if list.ending_soon == 0 {
        tr!(certificates.none_ending).to_owned()
    } else {
        tr!(certificates.ending_soon, count = list.ending_soon)
    };
    let synced = match list.synced_at {
        Some(at) => tr!(certificates.as_of, time = time::ago(locale(), now, at)),
        None => tr!(certificates.not_synced).to_owned(),
    };
    let aside = here().may_ask().then(|| {
        view! {
            <a class="btn primary" href="/requests/new">
                {tr!(certificates.request)}
            </a>
        }
    });
    let more = list
        .more
        .clone()
        .map(|more| asked.link().with("after", &more.0));
    let filtered = asked != Asked::default();
    let head = filters(&list, &asked).into_any();
    view! {
        <PageTitle title=tr!(certificates.title) aside=aside.into_any()>
            {soon}
            " "
            {synced}
        </PageTitle>
        <Sheet label=tr!(certificates.title) head>
            {if list.rows.is_empty() {
                if filtered {
                    let way = (tr!(certificates.all_again).to_owned(), "/certificates".to_owned());
                    view! { <Empty text=tr!(certificates.empty_filtered) way /> }.into_any()
                } else {
                    view! { <Empty text=tr!(certificates.empty_mine) /> }.into_any()
                }
            } else {
                view! { <Table rows=list.rows now /> }.into_any()
            }}
            {more.map(|link| view! { <More link /> })}
        </Sheet>
    }
}

/// The filters: whose, how near their end, and a search.
fn filters(list: &CertificateList, asked: &Asked) -> impl IntoView + use<> {
    let scopes = list
        .scopes
        .iter()
        .map(|&scope| {
            let there = Asked {
                scope: scope.to_string(),
                ..asked.clone()
            };
            Chip::new(scope_word(scope), there.link(), scope == list.scope)
        })
        .collect::<Vec<_>>();
    let ends = [
        EndsFilter::Live,
        EndsFilter::Week,
        EndsFilter::Month,
        EndsFilter::Quarter,
        EndsFilter::Ended,
    ]
    .map(|ends| {
        let there = Asked {
            // The plain view has the plain address.
            ends: if ends == EndsFilter::Live {
                String::new()
            } else {
                ends.to_string()
            },
            ..asked.clone()
        };
        Chip::new(ends_word(ends), there.link(), ends == asked.ends())
    });
    let project_name = list
        .rows
        .first()
        .map_or_else(|| asked.project.clone(), |row| row.project.name.clone());
    let in_project = (!asked.project.is_empty()).then(|| {
        let without = Asked {
            project: String::new(),
            ..asked.clone()
        };
        let word = tr!(certificates.only_project, project = project_name);
        Chip::new(format!("{word} ×"), without.link(), true)
    });
    let containing = (!asked.search.is_empty()).then(|| {
        let without = Asked {
            search: String::new(),
            ..asked.clone()
        };
        let word = tr!(certificates.only_search, search = asked.search.clone());
        Chip::new(format!("{word} ×"), without.link(), true)
    });
    let narrowed: Vec<_> = in_project.into_iter().chain(containing).collect();
    view! {
        <div class="filters">
            <div class="row">
                {(scopes.len() > 1)
                    .then(|| view! { <Chips label=tr!(certificates.scope) chips=scopes /> })}
                <Chips label=tr!(certificates.ends_label) chips=ends.to_vec() />
                {(!narrowed.is_empty())
                    .then(|| view! { <Chips label=tr!(certificates.all_again) chips=narrowed /> })}
            </div>
            <form method="get" action="/certificates" role="search">
                {[("scope", &asked.scope), ("ends", &asked.ends), ("project", &asked.project)]
                    .into_iter()
                    .filter(|(_, value)| !value.is_empty())
                    .map(|(name, value)| {
                        view! { <input type="hidden" name=name value=value.clone() /> }
                    })
                    .collect_view()}
                <SearchBox text=asked.search.clone() label=tr!(certificates.search) />
            </form>
        </div>
    }
}

#[component]
fn Table(rows: Vec<CertificateRow>, now: Timestamp) -> impl IntoView {
    view! {
        <table class="certificates">
            <thead>
                <tr>
                    <th scope="col">{tr!(certificates.user)}</th>
                    <th scope="col">{tr!(certificates.project)}</th>
                    <th scope="col">{tr!(certificates.life)}</th>
                    <th scope="col">{tr!(certificates.holder)}</th>
                    <th scope="col">
                        <span class="unseen">{tr!(certificates.actions)}</span>
                    </th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(|row| table_row(row, now)).collect_view()}</tbody>
        </table>
    }
}

fn table_row(row: CertificateRow, now: Timestamp) -> impl IntoView {
    let yours = row.holder.as_ref().is_some_and(|holder| holder.is_you);
    let renewable = yours && row.life(now) != Life::Over;
    let renew = Link::to("/requests/new")
        .with("project", row.project.id.as_str())
        .with("username", row.username.as_str());
    view! {
        <tr>
            <td>
                <a class="name" href=format!("/certificates/{}", row.id)>
                    {row.username.to_string()}
                </a>
                <span class="sub mono">{row.serial.to_string()}</span>
            </td>
            <td data-label=tr!(certificates.project)>
                <a class="plain" href=format!("/projects/{}", row.project.id)>
                    {row.project.name.clone()}
                </a>
            </td>
            <td data-label=tr!(certificates.life)>
                <Lifeline row=row.clone() now />
            </td>
            <td data-label=tr!(certificates.holder)>
                {match (&row.holder, row.origin) {
                    (Some(holder), _) => person_name(holder).into_any(),
                    (None, Origin::Portal) => {
                        view! { <span class="faint">{tr!(certificates.nobody)}</span> }.into_any()
                    }
                    (None, origin) => origin_mark(origin).into_any(),
                }}
            </td>
            <td class="act">
                {renewable
                    .then(|| {
                        view! {
                            <a
                                class="btn small"
                                href=String::from(renew)
                                aria-label=format!("{}: {}", tr!(certificates.renew), row.username)
                            >
                                {tr!(certificates.renew)}
                            </a>
                        }
                    })}
            </td>
        </tr>
    }
}

/// Where a certificate comes from, with a colour where that needs a look.
pub(super) fn origin_mark(origin: Origin) -> impl IntoView {
    let tone = match origin {
        Origin::Portal => Tone::Ok,
        Origin::Preexisting => Tone::Plain,
        Origin::Unexplained => Tone::Danger,
        Origin::Lost => Tone::Warn,
    };
    let word = match origin {
        Origin::Portal => tr!(certificates.origin_portal),
        Origin::Preexisting => tr!(certificates.origin_preexisting),
        Origin::Unexplained => tr!(certificates.origin_unexplained),
        Origin::Lost => tr!(certificates.origin_lost),
    };
    view! { <State tone open=origin == Origin::Preexisting word /> }
}

fn scope_word(scope: CertificateScope) -> &'static str {
    match scope {
        CertificateScope::Mine => tr!(certificates.scope_mine),
        CertificateScope::Projects => tr!(certificates.scope_projects),
        CertificateScope::All => tr!(certificates.scope_all),
    }
}

fn ends_word(ends: EndsFilter) -> &'static str {
    match ends {
        EndsFilter::Live => tr!(certificates.ends_live),
        EndsFilter::Week => tr!(certificates.ends_week),
        EndsFilter::Month => tr!(certificates.ends_month),
        EndsFilter::Quarter => tr!(certificates.ends_quarter),
        EndsFilter::Ended => tr!(certificates.ends_ended),
    }
}
