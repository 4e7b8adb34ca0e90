//! Server functions of the database users.
//!
//! Each form asks for a change; it leads to the change's page when it is taken, and back to where it
//! stood, with what was typed, when it is not.

#![expect(
    missing_docs,
    clippy::too_many_arguments,
    reason = "the macro makes a struct of each function; its fields are the arguments"
)]

use leptos::prelude::*;
use portal::model::DatabaseUserForm;
use server_fn::codec::GetUrl;

use super::input::{AddedRole, Lines};
use crate::error::PortalError;

/// What the form offers: for a new user, and what is known about its name; or for one to change.
///
/// # Errors
/// `SignInRequired`, `NotFound`, `Invalid`, `Unavailable`.
#[server(endpoint = "users/form", input = GetUrl)]
pub async fn form(
    project: String,
    #[server(default)] username: String,
    #[server(default)] new_name: String,
) -> Result<DatabaseUserForm, PortalError> {
    use portal::model::{Field, NewUsername, Username};

    let (portal, caller) = crate::ssr::caller().await?;
    let project = project.parse().map_err(|_| portal::Error::NotFound)?;
    // Not trimmed: a name is found as Atlas has it.
    let username: Option<Username> = (!username.is_empty())
        .then(|| username.parse().map_err(|_| portal::Error::NotFound))
        .transpose()?;
    let new_name: Option<NewUsername> = crate::ssr::optional(Field::Username, &new_name)?;
    let (username, new_name) = (username.as_ref(), new_name.as_ref());
    let actor = &caller.actor;
    Ok(portal::database_users::form(&portal, actor, &project, username, new_name).await?)
}

/// Asks for a new database user. `scope` is `whole` where the clusters ticked do not count.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `Invalid`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "users/create")]
pub async fn create(
    project: String,
    #[server(default)] username: String,
    #[server(default)] roles: Lines,
    #[server(default)] added: Vec<AddedRole>,
    #[server(default)] scope: String,
    #[server(default)] clusters: Lines,
    #[server(default)] reason: String,
    csrf: String,
) -> Result<(), PortalError> {
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let given = crate::ssr::GivenRoles(&roles, &added);
        let new = crate::ssr::new_user(&project, &username, given, (&scope, &clusters), &reason)?;
        let id = portal::database_users::create(&portal, &caller.actor, new).await?;
        Ok((
            format!("/changes/{id}"),
            Some(crate::here::Done::ChangeAsked),
        ))
    };
    let back = super::words::new_user_address(&project, &username);
    let (roles_kept, added_kept) = (roles.as_one(), AddedRole::keep(&added));
    let clusters_kept = clusters.as_one();
    let typed = [
        ("roles", roles_kept.as_str()),
        ("added", added_kept.as_str()),
        ("scope", scope.as_str()),
        ("clusters", clusters_kept.as_str()),
        ("reason", reason.as_str()),
    ];
    crate::ssr::answer_form(outcome.await, &back, &typed)
}

/// Asks for other roles for a database user.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `Invalid`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "users/update")]
pub async fn update(
    project: String,
    #[server(default)] username: String,
    #[server(default)] roles: Lines,
    #[server(default)] added: Vec<AddedRole>,
    #[server(default)] reason: String,
    csrf: String,
) -> Result<(), PortalError> {
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let given = crate::ssr::GivenRoles(&roles, &added);
        let new = crate::ssr::new_roles(&project, &username, given, &reason)?;
        let id = portal::database_users::update(&portal, &caller.actor, new).await?;
        Ok((
            format!("/changes/{id}"),
            Some(crate::here::Done::ChangeAsked),
        ))
    };
    let back = super::words::user_address(&project, &username);
    let (roles_kept, added_kept) = (roles.as_one(), AddedRole::keep(&added));
    let typed = [
        ("form", super::one::ROLES_FORM),
        ("roles", roles_kept.as_str()),
        ("added", added_kept.as_str()),
        ("reason", reason.as_str()),
    ];
    crate::ssr::answer_form(outcome.await, &back, &typed)
}

/// Asks for the end of a database user. `typed` is its name, typed again.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `Invalid`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "users/delete")]
pub async fn delete(
    project: String,
    #[server(default)] username: String,
    #[server(default)] typed: String,
    #[server(default)] reason: String,
    csrf: String,
) -> Result<(), PortalError> {
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let deletion = crate::ssr::user_deletion(&project, &username, &typed, &reason)?;
        let id = portal::database_users::delete(&portal, &caller.actor, deletion).await?;
        Ok((
            format!("/changes/{id}"),
            Some(crate::here::Done::ChangeAsked),
        ))
    };
    let back = super::words::user_address(&project, &username);
    let kept = [
        ("form", super::remove::FORM),
        ("typed", typed.as_str()),
        ("reason", reason.as_str()),
    ];
    crate::ssr::answer_form(outcome.await, &back, &kept)
}
