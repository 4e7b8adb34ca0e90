//! The forms about database users, parsed into the model's types. Each names every field that is
//! wrong, not the first alone.

use std::str::FromStr;

use portal::model::{
    DatabaseRole, Field, FieldError, NewRoles, NewUser, Problem, ROLES_MAX, UserDeletion,
};

use super::parse::take;
use crate::users::input::{AddedRole, Lines};

/// Roles as a form sends them: those ticked, and those put together in rows.
#[derive(Clone, Copy, Debug)]
pub struct GivenRoles<'a>(pub &'a Lines, pub &'a [AddedRole]);

impl GivenRoles<'_> {
    /// At least one, none twice, in the order they were given.
    fn take(self, errors: &mut Vec<FieldError>) -> Option<Vec<DatabaseRole>> {
        self.parse()
            .map_err(|problem| {
                errors.push(FieldError {
                    field: Field::Roles,
                    problem,
                });
            })
            .ok()
    }

    fn parse(self) -> Result<Vec<DatabaseRole>, Problem> {
        let Self(ticked, added) = self;
        let added = added.iter().filter(|row| !row.is_empty());
        let texts = ticked
            .iter()
            .map(str::to_owned)
            .chain(added.map(AddedRole::as_role));
        let mut roles = Vec::new();
        for text in texts {
            let role = DatabaseRole::from_str(&text)?;
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        match u32::try_from(roles.len()) {
            Ok(0) => Err(Problem::Missing),
            Ok(1..=ROLES_MAX) => Ok(roles),
            _ => Err(Problem::OutOfRange {
                least: 1,
                most: ROLES_MAX,
            }),
        }
    }
}

/// A new database user. `reach` is `whole`, `chosen` or nothing, and the clusters ticked.
///
/// # Errors
/// `Invalid`.
pub fn new_user(
    project: &str,
    username: &str,
    roles: GivenRoles<'_>,
    reach: (&str, &Lines),
    reason: &str,
) -> Result<NewUser, portal::Error> {
    let mut errors = Vec::new();
    let project = take(&mut errors, Field::Project, project);
    let username = take(&mut errors, Field::Username, username);
    let roles = roles.take(&mut errors);
    let clusters = clusters(&mut errors, reach);
    let reason = take(&mut errors, Field::Reason, reason);
    match (project, username, roles, clusters, reason) {
        (Some(project), Some(username), Some(roles), Some(clusters), Some(reason)) => Ok(NewUser {
            project,
            username,
            roles,
            clusters,
            reason,
        }),
        _ => Err(portal::Error::Invalid(errors)),
    }
}

/// Empty for the whole project. To choose and to tick nothing is a slip, and must not mean everything.
fn clusters(errors: &mut Vec<FieldError>, reach: (&str, &Lines)) -> Option<Vec<String>> {
    let (scope, ticked) = reach;
    let mut clusters: Vec<String> = Vec::new();
    for name in ticked.iter() {
        if !clusters.iter().any(|known| known == name) {
            clusters.push(name.to_owned());
        }
    }
    match scope {
        "whole" => Some(Vec::new()),
        "chosen" if clusters.is_empty() => {
            errors.push(FieldError {
                field: Field::Clusters,
                problem: Problem::Missing,
            });
            None
        }
        _ => Some(clusters),
    }
}

/// Other roles for a database user.
///
/// # Errors
/// `Invalid`.
pub fn new_roles(
    project: &str,
    username: &str,
    roles: GivenRoles<'_>,
    reason: &str,
) -> Result<NewRoles, portal::Error> {
    let mut errors = Vec::new();
    let project = take(&mut errors, Field::Project, project);
    let username = take(&mut errors, Field::Username, username);
    let roles = roles.take(&mut errors);
    let reason = take(&mut errors, Field::Reason, reason);
    match (project, username, roles, reason) {
        (Some(project), Some(username), Some(roles), Some(reason)) => Ok(NewRoles {
            project,
            username,
            roles,
            reason,
        }),
        _ => Err(portal::Error::Invalid(errors)),
    }
}

/// The end of a database user.
///
/// # Errors
/// `Invalid`.
pub fn user_deletion(
    project: &str,
    username: &str,
    typed: &str,
    reason: &str,
) -> Result<UserDeletion, portal::Error> {
    let mut errors = Vec::new();
    let project = take(&mut errors, Field::Project, project);
    let username = take(&mut errors, Field::Username, username);
    // Whether it is the right one is the domain's to say.
    if typed.is_empty() {
        errors.push(FieldError {
            field: Field::Typed,
            problem: Problem::Missing,
        });
    }
    let reason = take(&mut errors, Field::Reason, reason);
    match (project, username, reason) {
        (Some(project), Some(username), Some(reason)) if errors.is_empty() => Ok(UserDeletion {
            project,
            username,
            typed: typed.to_owned(),
            reason,
        }),
        _ => Err(portal::Error::Invalid(errors)),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::{Request, header};
    use server_fn::codec::{FromReq, PostUrl};

    use super::*;
    use crate::{PortalError, users::api};

    const PROJECT: &str = "000000000000000000000001";
    const REASON: &str = "Rotation before the freeze.";

    /// A form as the server function gets it.
    async fn sent(fields: &str) -> api::Create {
        let form = Request::post("/api/users/create")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("project={PROJECT}&csrf=token&{fields}")))
            .expect("a request");
        let read: Result<_, PortalError> =
            <api::Create as FromReq<PostUrl, _, _>>::from_req(form).await;
        read.expect("a form")
    }

    async fn roles(fields: &str) -> Result<Vec<String>, Problem> {
        let sent = sent(fields).await;
        let roles = GivenRoles(&sent.roles, &sent.added).parse()?;
        Ok(roles.iter().map(ToString::to_string).collect())
    }

    fn several(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[tokio::test]
    async fn roles_come_ticked_in_lines_and_in_rows() {
        let all = "roles%5B%5D=readWrite%40orders&roles%5B%5D=read%40catalog.prices\
            &added%5B0%5D%5Brole%5D=read&added%5B0%5D%5Bdatabase%5D=audit&added%5B0%5D%5Bcollection%5D=\
            &added%5B1%5D%5Brole%5D=&added%5B1%5D%5Bdatabase%5D=&added%5B1%5D%5Bcollection%5D=";
        let expected = several(&["readWrite@orders", "read@catalog.prices", "read@audit"]);
        assert_eq!(roles(all).await, Ok(expected));
        let lines = "roles=readWrite%40orders%0D%0Aread%40audit";
        assert_eq!(
            roles(lines).await,
            Ok(several(&["readWrite@orders", "read@audit"]))
        );
        let twice = "roles=read%40orders&added[0][role]=read&added[0][database]=orders";
        assert_eq!(roles(twice).await, Ok(several(&["read@orders"])));
    }

    #[tokio::test]
    async fn half_a_row_is_a_slip_and_no_role_is_too() {
        for half in ["added[0][role]=read", "added[0][database]=orders"] {
            assert_eq!(roles(half).await, Err(Problem::Malformed), "{half}");
        }
        assert_eq!(roles("roles=").await, Err(Problem::Missing));
        assert_eq!(roles("").await, Err(Problem::Missing));
        let many: Vec<String> = (0..=ROLES_MAX)
            .map(|n| format!("roles[]=read@db{n}"))
            .collect();
        let too_many = Problem::OutOfRange { least: 1, most: 20 };
        assert_eq!(roles(&many.join("&")).await, Err(too_many));
    }

    #[tokio::test]
    async fn nothing_ticked_never_means_everything() {
        for (fields, names) in [
            ("scope=whole&clusters[]=a", &[][..]),
            ("scope=chosen&clusters[]=a&clusters[]=a", &["a"][..]),
            ("clusters=a%0Ab", &["a", "b"][..]),
            ("", &[][..]),
        ] {
            let sent = sent(fields).await;
            let mut errors = Vec::new();
            let clusters = clusters(&mut errors, (&sent.scope, &sent.clusters));
            assert_eq!(clusters, Some(several(names)), "{fields}");
        }
        let sent = sent("scope=chosen").await;
        let mut errors = Vec::new();
        assert_eq!(clusters(&mut errors, (&sent.scope, &sent.clusters)), None);
        assert_eq!(errors[0].field, Field::Clusters);
    }

    #[test]
    fn every_wrong_field_is_named() {
        let nothing = Lines::default();
        let given = GivenRoles(&nothing, &[]);
        let Err(portal::Error::Invalid(errors)) =
            new_user(PROJECT, "-x", given, ("chosen", &nothing), "")
        else {
            panic!("nothing of it can be taken");
        };
        let fields: Vec<Field> = errors.iter().map(|error| error.field).collect();
        assert_eq!(
            fields,
            [
                Field::Username,
                Field::Roles,
                Field::Clusters,
                Field::Reason
            ]
        );
        let Err(portal::Error::Invalid(errors)) = user_deletion(PROJECT, "a/b", "", REASON) else {
            panic!("nothing was typed");
        };
        assert_eq!(errors[0].field, Field::Typed);
    }

    #[test]
    fn names_stay_as_they_are() {
        let deletion = user_deletion(PROJECT, " a/b ", " a/b ", REASON).expect("a form");
        assert_eq!(deletion.username.as_str(), " a/b ");
        assert_eq!(deletion.typed, " a/b ");
    }
}
