//! The log, newest first.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use portal::model::{AuditList, AuditRow, EventKind, PersonRef, ProjectRef, Timestamp};
use strum::IntoEnumIterator as _;

use super::{
    api,
    sentence::{Setting, told, tone_of},
    words::{KindGroup, kind_word},
};
use crate::{
    components::{Empty, Link, SelectOption, Sheet, Tone, person_name, thousands},
    layout::{PageTitle, load},
    texts::locale,
    time, tr,
};

/// `/audit`
#[component]
pub fn AuditRoute() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let of = |name: &str| query.get(name).unwrap_or_default();
    let asked = Asked {
        kind: of("kind"),
        person: of("person"),
        project: of("project"),
        request: of("request"),
        change: of("change"),
        since: of("since"),
        until: of("until"),
    };
    let Asked {
        kind,
        person,
        project,
        request,
        change,
        since,
        until,
    } = asked.clone();
    let list = api::list(
        kind,
        person,
        project,
        request,
        change,
        since,
        until,
        of("after"),
    );
    load(list, |list| view! { <AuditView list asked /> })
}

/// The filters as they stand in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Only of this kind.
    pub kind: String,
    /// Only by this person.
    pub person: String,
    /// Only in this project.
    pub project: String,
    /// Only about this request.
    pub request: String,
    /// Only about this change of a project.
    pub change: String,
    /// From this day.
    pub since: String,
    /// To this day.
    pub until: String,
}

impl Asked {
    fn link(&self) -> Link {
        Link::to("/audit")
            .with("kind", &self.kind)
            .with("person", &self.person)
            .with("project", &self.project)
            .with("request", &self.request)
            .with("change", &self.change)
            .with("since", &self.since)
            .with("until", &self.until)
    }
}

/// The log, newest first, day by day.
#[component]
pub fn AuditView(
    /// What to show.
    list: AuditList,
    /// The filters asked for.
    asked: Asked,
) -> impl IntoView {
    let filtered = asked != Asked::default();
    let more = list
        .more
        .as_ref()
        .map(|more| asked.link().with("after", &more.0));
    let head = view! { <Filters asked people=list.people projects=list.projects /> };
    view! {
        <PageTitle title=tr!(audit.title)>{tr!(audit.lead)}</PageTitle>
        <Sheet label=tr!(audit.title) head=head.into_any()>
            {if list.rows.is_empty() {
                if filtered {
                    let way = (tr!(audit.clear).to_owned(), "/audit".to_owned());
                    view! { <Empty text=tr!(audit.empty_filtered) way /> }.into_any()
                } else {
                    view! { <Empty text=tr!(audit.empty) /> }.into_any()
                }
            } else {
                by_day(list.rows)
                    .into_iter()
                    .map(|(day, rows)| view! { <Day day rows /> })
                    .collect_view()
                    .into_any()
            }}
            {more
                .map(|link| {
                    view! {
                        <p class="more">
                            <a class="btn small" rel="next" href=String::from(link)>
                                {tr!(audit.older)}
                            </a>
                        </p>
                    }
                })}
        </Sheet>
    }
}

/// What can be filtered by. One form, so that every view is an address.
#[component]
fn Filters(asked: Asked, people: Vec<PersonRef>, projects: Vec<ProjectRef>) -> impl IntoView {
    let filtered = asked != Asked::default();
    let one_request = !asked.request.is_empty();
    let one_change = !asked.change.is_empty();
    let kinds = KindGroup::ALL.map(|group| {
        let kinds = EventKind::iter()
            .filter(|kind| KindGroup::of(*kind) == group)
            .map(|kind| {
                let value = kind.to_string();
                let chosen = value == asked.kind;
                view! { <SelectOption value text=kind_word(kind) chosen /> }
            })
            .collect_view();
        view! { <optgroup label=group.word()>{kinds}</optgroup> }
    });
    let people = people
        .into_iter()
        .map(|person| {
            let value = person.id.to_string();
            let chosen = value == asked.person;
            view! { <SelectOption value text=person_name(&person) chosen /> }
        })
        .collect_view();
    let projects = projects
        .into_iter()
        .map(|project| {
            let value = project.id.to_string();
            let chosen = value == asked.project;
            view! { <SelectOption value text=project.name chosen /> }
        })
        .collect_view();
    view! {
        <form class="log-filters" method="get" action="/audit">
            <label>
                <span>{tr!(audit.f_kind)}</span>
                <select name="kind">
                    <SelectOption value="" text=tr!(audit.any_kind) />
                    {kinds}
                </select>
            </label>
            <label>
                <span>{tr!(audit.f_person)}</span>
                <select name="person">
                    <SelectOption value="" text=tr!(audit.anybody) />
                    {people}
                </select>
            </label>
            <label>
                <span>{tr!(audit.f_project)}</span>
                <select name="project">
                    <SelectOption value="" text=tr!(audit.any_project) />
                    {projects}
                </select>
            </label>
            <label>
                <span>{tr!(audit.f_since)}</span>
                <input type="date" name="since" value=asked.since />
            </label>
            <label>
                <span>{tr!(audit.f_until)}</span>
                <input type="date" name="until" value=asked.until />
            </label>
            {one_request
                .then(|| view! { <input type="hidden" name="request" value=asked.request /> })}
            {one_change
                .then(|| view! { <input type="hidden" name="change" value=asked.change /> })}
            <button type="submit" class="btn small">
                {tr!(audit.filter)}
            </button>
            {filtered
                .then(|| {
                    view! {
                        <p class="row">
                            {one_request.then(|| view! { <span>{tr!(audit.one_request)}</span> })}
                            {one_change.then(|| view! { <span>{tr!(audit.one_change)}</span> })}
                            <a href="/audit">{tr!(audit.clear)}</a>
                        </p>
                    }
                })}
        </form>
    }
}

/// The entries of one day.
#[component]
fn Day(day: Timestamp, rows: Vec<AuditRow>) -> impl IntoView {
    view! {
        <section class="day">
            <h3>{time::day(locale(), day)} " · UTC"</h3>
            <ol class="story log">{rows.into_iter().map(line).collect_view()}</ol>
        </section>
    }
}

/// One entry: the sentence, where to read on, and when.
fn line(row: AuditRow) -> impl IntoView {
    let class = match tone_of(&row.event) {
        Tone::Danger => "bad",
        Tone::Warn => "odd",
        _ => "done",
    };
    let (seq, at) = (row.seq, row.at);
    let number = tr!(audit.entry_title, number = thousands(seq));
    let places = [
        row.project
            .as_ref()
            .map(|project| (format!("/projects/{}", project.id), project.name.clone())),
        row.request
            .map(|id| (format!("/requests/{id}"), tr!(audit.to_request).to_owned())),
        row.change
            .map(|id| (format!("/changes/{id}"), tr!(audit.to_change).to_owned())),
        row.certificate.map(|id| {
            (
                format!("/certificates/{id}"),
                tr!(audit.to_certificate).to_owned(),
            )
        }),
    ];
    let places = places
        .into_iter()
        .flatten()
        .map(|(href, word)| view! { <a href=href>{word}</a> })
        .collect_view();
    view! {
        <li class=class>
            <div>{told(row, Setting::Log)} <p class="places">{places}</p></div>
            <a class="faint stamp" href=format!("/audit/{seq}") aria-label=number>
                <time datetime=time::machine(at) title=time::title(at)>
                    {time::clock(locale(), at, at)}
                </time>
                <span>{format!("#{}", thousands(seq))}</span>
            </a>
        </li>
    }
}

/// Entries by the day (in UTC) they were written, in the order given.
fn by_day(rows: Vec<AuditRow>) -> Vec<(Timestamp, Vec<AuditRow>)> {
    let mut days: Vec<(Timestamp, Vec<AuditRow>)> = Vec::new();
    for row in rows {
        match days.last_mut() {
            Some((day, of_day)) if day.to_utc().date() == row.at.to_utc().date() => {
                of_day.push(row);
            }
            _ => days.push((row.at, vec![row])),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use ::time::macros::datetime;
    use portal::model::{ActorName, Event};

    use super::*;

    fn row(seq: i64, at: Timestamp) -> AuditRow {
        AuditRow {
            seq,
            at,
            actor: ActorName::Nobody,
            event: Event::SessionStarted {},
            text: None,
            project: None,
            username: None,
            request: None,
            change: None,
            requester: None,
            certificate: None,
            may_open: true,
        }
    }

    #[test]
    fn days_are_days_in_utc() {
        let rows = vec![
            row(3, datetime!(2026-11-22 00:00:01 UTC)),
            row(2, datetime!(2026-11-21 23:59:59 UTC)),
            row(1, datetime!(2026-11-22 01:00:00 +9)),
        ];
        let seqs: Vec<Vec<i64>> = by_day(rows)
            .into_iter()
            .map(|(_, rows)| rows.iter().map(|row| row.seq).collect())
            .collect();
        assert_eq!(seqs, [vec![3], vec![2, 1]]);
    }

    #[test]
    fn the_plain_view_has_the_plain_address() {
        assert_eq!(String::from(Asked::default().link()), "/audit");
        let asked = Asked {
            kind: "request.approved".to_owned(),
            since: "2026-11-01".to_owned(),
            ..Asked::default()
        };
        assert_eq!(
            String::from(asked.link()),
            "/audit?kind=request.approved&since=2026-11-01"
        );
    }
}
