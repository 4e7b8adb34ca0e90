//! What a user may do: boxes for the grants in use, rows to put other ones together.

use leptos::prelude::*;
use portal::model::{DatabaseRole, DatabaseUserForm, Field, Problem};

use super::{input::AddedRole, words::role_label};
use crate::{
    components::{FilterRows, SelectOption},
    here::here,
    layout::{field_name, problem_of},
    requests::words::place,
    texts::locale,
    tr,
};

/// Rows for roles that nobody has yet. The stylesheet shows one more than is filled in.
const ROWS: usize = 6;
/// A list longer than this can be narrowed as one types.
const LONG: usize = 10;

/// A grant that can be ticked.
struct Grant {
    role: DatabaseRole,
    ticked: bool,
    /// The user has it now.
    has: bool,
}

/// What the user may do. `form` says which form of the page it is, where there are several.
#[component]
pub fn RoleFields(
    /// What is offered.
    offer: DatabaseUserForm,
    /// The form it stands in.
    of: &'static str,
    /// What to do, in a line.
    #[prop(into)]
    hint: String,
) -> impl IntoView {
    let here = here();
    let problem = here.problem_in(of, Field::Roles);
    // A row that cannot be read is told of where the rows are.
    let (in_row, problem) = match problem {
        Some(Problem::Malformed) => (problem, None),
        problem => (None, problem),
    };
    let has = offer.user.map(|user| user.roles).unwrap_or_default();
    let typed = here.typed_in(of, "roles").map(|typed| {
        let roles = typed.lines().filter_map(|line| line.parse().ok());
        roles.collect::<Vec<DatabaseRole>>()
    });
    let grants = grants(&has, offer.in_use, typed.as_deref());
    let long = grants.len() > LONG;
    let changing = !has.is_empty();
    let wrong = problem.is_some();
    view! {
        <fieldset class="field roles" class:amiss=wrong aria-describedby="roles-hint roles-problem">
            <legend>{field_name(locale(), Field::Roles)}</legend>
            <p class="hint" id="roles-hint">
                {hint}
            </p>
            {problem.map(role_problem)}
            {long
                .then(|| {
                    view! {
                        <FilterRows
                            list="grants".to_owned()
                            label=tr!(users.roles_filter).to_owned()
                            nothing=tr!(users.roles_nothing).to_owned()
                        />
                    }
                })}
            {(!grants.is_empty())
                .then(|| {
                    view! {
                        <ul class="ticks" id="grants">
                            {grants.into_iter().map(|grant| tick(grant, changing)).collect_view()}
                        </ul>
                    }
                })} <AddedRows of names=offer.role_names databases=offer.databases problem=in_row />
        </fieldset>
    }
}

fn role_problem(problem: Problem) -> impl IntoView {
    view! {
        <p class="problem" id="roles-problem">
            {problem_of(locale(), Field::Roles, problem)}
        </p>
    }
}

/// Those the user has first, then those other users have; and whatever was ticked before and is in
/// neither.
fn grants(
    has: &[DatabaseRole],
    in_use: Vec<DatabaseRole>,
    typed: Option<&[DatabaseRole]>,
) -> Vec<Grant> {
    let mut roles: Vec<DatabaseRole> = has.to_vec();
    for role in in_use.into_iter().chain(typed.unwrap_or_default().to_vec()) {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    // What holds everywhere is not the first thing to reach for.
    roles[has.len()..].sort_by_key(|role| role.database == "admin");
    roles
        .into_iter()
        .map(|role| Grant {
            ticked: typed.unwrap_or(has).contains(&role),
            has: has.contains(&role),
            role,
        })
        .collect()
}

fn tick(grant: Grant, changing: bool) -> impl IntoView {
    let value = grant.role.to_string();
    let find = format!("{} {}", grant.role.role, place(&grant.role));
    view! {
        <li data-find=find>
            <label>
                <input type="checkbox" name="roles[]" value=value checked=grant.ticked />
                <span>{role_label(grant.role)}</span>
                {(changing && grant.has).then(|| view! { <span class="tag">{tr!(users.has_now)}</span> })}
            </label>
        </li>
    }
}

/// Rows in which a role is put together. An empty one counts for nothing.
#[component]
fn AddedRows(
    of: &'static str,
    names: Vec<String>,
    databases: Vec<String>,
    problem: Option<Problem>,
) -> impl IntoView {
    let typed = here()
        .typed_in(of, "added")
        .map(AddedRole::kept)
        .unwrap_or_default();
    let rows = typed
        .into_iter()
        .chain(std::iter::repeat_with(AddedRole::default))
        .take(ROWS)
        .enumerate()
        .map(|(number, row)| added_row(number, row, &names))
        .collect_view();
    view! {
        <div class="added">
            <h3 id="added">{tr!(users.add)}</h3>
            <p class="hint">{tr!(users.add_hint)}</p>
            {problem.map(role_problem)}
            <ul aria-labelledby="added">{rows}</ul>
            <datalist id="databases">
                {databases
                    .into_iter()
                    .map(|database| view! { <option value=database></option> })
                    .collect_view()}
            </datalist>
        </div>
    }
}

fn added_row(number: usize, row: AddedRole, names: &[String]) -> impl IntoView + use<> {
    let name = |field: &str| format!("added[{number}][{field}]");
    let wrong = !row.is_empty() && row.as_role().parse::<DatabaseRole>().is_err();
    let invalid = wrong.then_some("true");
    // A name that was typed by a program and is in no list is not lost.
    let other = (!row.role.is_empty() && !names.contains(&row.role)).then(|| row.role.clone());
    let options = names
        .iter()
        .cloned()
        .chain(other)
        .map(|name| {
            let chosen = name == row.role;
            view! { <SelectOption value=name.clone() text=name chosen /> }
        })
        .collect_view();
    view! {
        <li class:wrong=wrong>
            <label>
                <span>{tr!(users.add_role)}</span>
                <select name=name("role") aria-invalid=invalid>
                    <SelectOption value="" text=tr!(users.add_choose) />
                    {options}
                </select>
            </label>
            <label>
                <span>{tr!(users.add_database)}</span>
                <input
                    type="text"
                    name=name("database")
                    value=row.database
                    list="databases"
                    maxlength="63"
                    placeholder=tr!(users.add_database_like)
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-invalid=invalid
                />
            </label>
            <label>
                <span>{tr!(users.add_collection)}</span>
                <input
                    type="text"
                    name=name("collection")
                    value=row.collection
                    maxlength="255"
                    placeholder=tr!(users.add_collection_every)
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-invalid=invalid
                />
            </label>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(text: &str) -> DatabaseRole {
        text.parse().expect("a role")
    }

    fn shown(has: &[&str], in_use: &[&str], typed: Option<&[&str]>) -> Vec<(String, bool)> {
        let roles = |texts: &[&str]| texts.iter().map(|text| role(text)).collect::<Vec<_>>();
        let typed = typed.map(roles);
        grants(&roles(has), roles(in_use), typed.as_deref())
            .into_iter()
            .map(|grant| (grant.role.to_string(), grant.ticked))
            .collect()
    }

    #[test]
    fn what_a_user_has_comes_first_and_is_ticked() {
        let shown = shown(&["read@b"], &["read@a", "read@b"], None);
        assert_eq!(
            shown,
            [("read@b".to_owned(), true), ("read@a".to_owned(), false)]
        );
    }

    #[test]
    fn what_holds_everywhere_comes_last() {
        let shown = shown(&[], &["atlasAdmin@admin", "read@a"], None);
        assert_eq!(shown[0].0, "read@a");
    }

    #[test]
    fn what_was_ticked_before_stays_as_it_was() {
        let shown = shown(&["read@b"], &["read@a"], Some(&["read@a", "read@c"]));
        assert_eq!(
            shown,
            [
                ("read@b".to_owned(), false),
                ("read@a".to_owned(), true),
                ("read@c".to_owned(), true)
            ]
        );
    }
}
