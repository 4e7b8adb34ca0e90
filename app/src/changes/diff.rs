//! What exactly is changed: what is there before, and what will be there after. Additions and removals
//! carry a sign and a word each; their colour only repeats it.

use leptos::prelude::*;
use portal::model::{Authority, ChangePlan, DatabaseRole, Timestamp, Username};

use crate::{
    components::{Lifespan, Mono, plain},
    requests::words::place,
    tr, tr_view,
};

/// What becomes of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Goes,
    Stays,
    Comes,
}

impl Fate {
    fn class(self) -> &'static str {
        match self {
            Self::Goes => "goes",
            Self::Stays => "stays",
            Self::Comes => "comes",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Goes => "−",
            Self::Stays => "",
            Self::Comes => "+",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Goes => tr!(changes.goes),
            Self::Stays => tr!(changes.stays),
            Self::Comes => tr!(changes.comes),
        }
    }
}

/// What is there before and after.
#[component]
pub fn Diff(
    /// What is changed.
    plan: ChangePlan,
    /// Whom it concerns; none where the whole project is changed.
    username: Option<Username>,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    match plan {
        ChangePlan::DisableX509 { authorities } => {
            view! { <Authorities authorities now /> }.into_any()
        }
        ChangePlan::CreateUser { roles, clusters } => {
            let user = username.map(|name| user_line(Fate::Comes, &name));
            view! {
                <div class="diffs">
                    {part(tr!(changes.d_user), user)}
                    {part(tr!(changes.d_may), roles_of(&[], &roles))}
                    {reach(&clusters)}
                </div>
            }
            .into_any()
        }
        ChangePlan::UpdateUser {
            before,
            after,
            clusters,
        } => {
            let heading = tr!(
                changes.d_may_counts,
                before = before.len(),
                after = after.len()
            );
            view! {
                <div class="diffs">
                    {part(&heading, roles_of(&before, &after))} {reach(&clusters)}
                </div>
            }
            .into_any()
        }
        ChangePlan::DeleteUser { roles, clusters } => {
            let user = username.map(|name| user_line(Fate::Goes, &name));
            view! {
                <div class="diffs">
                    {part(tr!(changes.d_user), user)}
                    {part(tr!(changes.d_may), roles_of(&roles, &[]))}
                    {reach(&clusters)}
                </div>
            }
            .into_any()
        }
    }
}

fn part<V: IntoView>(heading: &str, lines: V) -> impl IntoView + use<V> {
    let heading = heading.to_owned();
    view! {
        <div>
            <h3>{heading}</h3>
            <ul class="diff">{lines}</ul>
        </div>
    }
}

/// Where the user counts.
fn reach(clusters: &[String]) -> impl IntoView + use<> {
    let text = if clusters.is_empty() {
        tr!(changes.everywhere).to_owned()
    } else {
        tr!(
            changes.only_on,
            clusters = clusters.join(tr!(common.list_comma))
        )
    };
    view! {
        <div>
            <h3>{tr!(changes.d_where)}</h3>
            <p>{text}</p>
        </div>
    }
}

fn line(fate: Fate, content: impl IntoView) -> impl IntoView {
    view! {
        <li class=fate.class()>
            <span class="sign" aria-hidden="true">
                {fate.sign()}
            </span>
            <span class="content">{content}</span>
            <span class="fate">{fate.word()}</span>
        </li>
    }
}

fn user_line(fate: Fate, name: &Username) -> impl IntoView + use<> {
    let (name, subject) = (name.to_string(), format!("CN={name}"));
    let content = view! {
        <b class="mono">{name}</b>
        <span class="sub faint">{tr!(changes.d_managed, subject = subject)}</span>
    };
    line(fate, content)
}

fn roles_of(before: &[DatabaseRole], after: &[DatabaseRole]) -> impl IntoView + use<> {
    let lines = compared(before, after);
    if lines.is_empty() {
        return view! { <li class="stays quiet">{tr!(changes.no_roles)}</li> }.into_any();
    }
    lines
        .into_iter()
        .map(|(fate, role)| line(fate, role_view(&role)))
        .collect_view()
        .into_any()
}

fn role_view(role: &DatabaseRole) -> impl IntoView + use<> {
    let wide =
        is_wide(role).then(|| view! { " " <span class="tag wide">{tr!(changes.wide)}</span> });
    let (database, role) = (place(role), role.role.clone());
    view! {
        {tr_view!(requests.role_on, <m> = mono, <i> = plain, role = role, database = database)}
        {wide}
    }
}

/// Whether a role holds in every database, whatever database it is given on: MongoDB's own names.
fn is_wide(role: &DatabaseRole) -> bool {
    role.role.ends_with("AnyDatabase") || role.role == "atlasAdmin"
}

/// Every role with what becomes of it: by place, and in a place what goes before what comes.
fn compared(before: &[DatabaseRole], after: &[DatabaseRole]) -> Vec<(Fate, DatabaseRole)> {
    let had = before.iter().map(|role| {
        let fate = if after.contains(role) {
            Fate::Stays
        } else {
            Fate::Goes
        };
        (fate, role.clone())
    });
    let new = after
        .iter()
        .filter(|role| !before.contains(role))
        .map(|role| (Fate::Comes, role.clone()));
    let mut lines: Vec<_> = had.chain(new).collect();
    lines.sort_by_key(|(fate, role)| (place(role), *fate, role.role.clone()));
    lines
}

/// Authorities that Atlas forgets.
#[component]
fn Authorities(authorities: Vec<Authority>, now: Timestamp) -> impl IntoView {
    let lines = authorities
        .into_iter()
        .map(|authority| line(Fate::Goes, authority_view(authority, now)))
        .collect_view();
    view! {
        <div class="diffs">
            <div>
                <h3>{tr!(changes.d_authorities)}</h3>
                <ul class="diff">{lines}</ul>
            </div>
        </div>
    }
}

fn authority_view(authority: Authority, now: Timestamp) -> impl IntoView {
    view! {
        <span class="authority">
            <Subject subject=authority.subject />
            <Mono text=authority.sha256 />
            <Lifespan begin=authority.not_before end=authority.not_after now />
        </span>
    }
}

/// An authority's subject: its name first, where it belongs below.
#[component]
pub fn Subject(
    /// The subject, RFC 2253.
    subject: String,
) -> impl IntoView {
    let (name, rest) = name_and_rest(&subject);
    view! {
        <span class="subject">
            <b>{name.to_owned()}</b>
            {(!rest.is_empty()).then(|| view! { <span class="sub faint">{rest.to_owned()}</span> })}
        </span>
    }
}

/// The first part of a subject, and the others. A comma inside of a value has a backslash before it.
fn name_and_rest(subject: &str) -> (&str, &str) {
    let mut escaped = false;
    for (place, c) in subject.char_indices() {
        match c {
            ',' if !escaped => return (&subject[..place], &subject[place + 1..]),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    (subject, "")
}

fn mono(children: leptos::children::ChildrenFn) -> impl IntoView {
    view! { <span class="mono">{children()}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(text: &str) -> DatabaseRole {
        text.parse().expect("a role")
    }

    fn told(before: &[&str], after: &[&str]) -> Vec<String> {
        let roles = |texts: &[&str]| texts.iter().map(|text| role(text)).collect::<Vec<_>>();
        compared(&roles(before), &roles(after))
            .into_iter()
            .map(|(fate, role)| format!("{}{role}", fate.sign()))
            .collect()
    }

    #[test]
    fn what_goes_stands_beside_what_comes_in_its_place() {
        assert_eq!(
            told(
                &["readWrite@orders", "read@billing"],
                &["read@billing", "read@audit", "read@orders"]
            ),
            [
                "+read@audit",
                "read@billing",
                "−readWrite@orders",
                "+read@orders"
            ]
        );
    }

    #[test]
    fn a_new_user_has_additions_and_a_deleted_one_removals_only() {
        assert_eq!(told(&[], &["read@a"]), ["+read@a"]);
        assert_eq!(told(&["read@a"], &[]), ["−read@a"]);
    }

    #[test]
    fn a_subject_is_cut_after_its_name() {
        assert_eq!(
            name_and_rest("CN=Client CA,OU=Security,O=Example"),
            ("CN=Client CA", "OU=Security,O=Example")
        );
        assert_eq!(
            name_and_rest(r"CN=Example\, Inc.,C=DE"),
            (r"CN=Example\, Inc.", "C=DE")
        );
        assert_eq!(name_and_rest("CN=alone"), ("CN=alone", ""));
        assert_eq!(name_and_rest(""), ("", ""));
    }

    #[test]
    fn roles_that_hold_everywhere_are_named() {
        assert!(is_wide(&role("readWriteAnyDatabase@admin")));
        assert!(is_wide(&role("atlasAdmin@admin")));
        assert!(!is_wide(&role("readWrite@orders")));
    }
}
