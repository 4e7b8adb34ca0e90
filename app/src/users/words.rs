//! Words and addresses that the pages of the database users share.

use leptos::{children::ChildrenFn, prelude::*};
use percent_encoding::percent_decode_str;
use portal::model::{DatabaseRole, GroupId};

use crate::{
    components::{Link, plain},
    requests::words::place,
    tr_view,
};

/// The name under which the form for a new user stands among the users of a project.
const NEW: &str = "new";

/// The page of a database user, given project and name as they were sent; the list of projects where
/// there is no such project.
pub fn user_address(project: &str, username: &str) -> String {
    match project.parse::<GroupId>() {
        Ok(project) if username.is_empty() => format!("/projects/{project}"),
        // A user called "new" has a page too: written another way it is not the form's address.
        Ok(project) if username == NEW => format!("/projects/{project}/users/%6Eew"),
        Ok(project) => Link::to(format!("/projects/{project}/users"))
            .down(username)
            .into(),
        Err(_) => "/projects".to_owned(),
    }
}

/// The name in the address of a user's page.
///
/// Out of the path itself: the router decodes what it finds there more than once, and a name may hold
/// a per cent sign of its own.
pub fn username_in(path: &str) -> String {
    let step = path.rsplit('/').next().unwrap_or_default();
    percent_decode_str(step).decode_utf8_lossy().into_owned()
}

/// The form for a new user, with a name to look at.
pub fn new_user_address(project: &str, name: &str) -> String {
    match project.parse::<GroupId>() {
        Ok(project) => Link::to(format!("/projects/{project}/users/{NEW}"))
            .with("name", name)
            .into(),
        Err(_) => "/projects".to_owned(),
    }
}

/// "readWrite on orders", the database as it is written.
pub fn role_label(role: DatabaseRole) -> impl IntoView {
    let (database, role) = (place(&role), role.role);
    tr_view!(requests.role_on, <m> = mono, <i> = plain, role = role, database = database)
}

/// `<m>` of a text with markup: names as they are written.
pub fn mono(children: ChildrenFn) -> impl IntoView {
    view! { <span class="mono">{children()}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = "000000000000000000000001";

    #[test]
    fn a_name_is_one_step_of_an_address() {
        let of = |name| user_address(PROJECT, name);
        let users = format!("/projects/{PROJECT}/users");
        assert_eq!(of("orders-api"), format!("{users}/orders-api"));
        assert_eq!(
            of("a/b?c#d%2F é"),
            format!("{users}/a%2Fb%3Fc%23d%252F%20%C3%A9")
        );
        assert_eq!(of("new"), format!("{users}/%6Eew"));
        assert_eq!(of(""), format!("/projects/{PROJECT}"));
        assert_eq!(user_address("elsewhere", "x"), "/projects");
        for name in ["orders-api", "a/b", "new", "100%2F", " x ", "日本 語?#"] {
            assert_eq!(username_in(&of(name)), name);
        }
    }

    #[test]
    fn the_form_is_reached_with_a_name_and_without() {
        let new = format!("/projects/{PROJECT}/users/new");
        assert_eq!(new_user_address(PROJECT, ""), new);
        assert_eq!(
            new_user_address(PROJECT, "j doe"),
            format!("{new}?name=j%20doe")
        );
        assert_eq!(new_user_address("//evil", "x"), "/projects");
    }
}
