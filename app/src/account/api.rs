//! Server functions of the account.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function; its fields are the arguments"
)]

use leptos::prelude::*;
use portal::model::AccountPage;
use server_fn::codec::GetUrl;

use crate::error::PortalError;

/// Who is looking, and what every page's frame needs.
///
/// # Errors
/// `SignInRequired`, `Unavailable`.
#[server(endpoint = "account/viewer", input = GetUrl)]
pub async fn viewer() -> Result<portal::model::Viewer, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    let person = caller.actor.person().ok_or(portal::Error::SignInRequired)?;
    let counts = portal::today::counts(&portal, &caller.actor).await?;
    Ok(portal::model::Viewer {
        person: caller.actor.sees(person.id, person.name.clone()),
        roles: portal.role_groups.roles_of(person),
        language: caller.language,
        theme: caller.theme,
        counts,
        csrf: caller.csrf.clone(),
    })
}

/// The account page.
///
/// # Errors
/// `SignInRequired`, `Unavailable`.
#[server(endpoint = "account/page", input = GetUrl)]
pub async fn page() -> Result<AccountPage, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    Ok(portal::identity::account(&portal, &caller.actor).await?)
}

/// Keeps language and theme; an empty language means the browser's.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `Invalid`, `Unavailable`.
#[server(endpoint = "account/set-preferences")]
pub async fn set_preferences(
    #[server(default)] language: String,
    theme: String,
    csrf: String,
) -> Result<(), PortalError> {
    use portal::model::Field;

    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let language = crate::ssr::optional(Field::Language, &language)?;
        let theme = crate::ssr::parse(Field::Theme, &theme)?;
        portal::identity::set_preferences(&portal, &caller.actor, language, theme).await?;
        crate::ssr::keep_preferences(language, theme);
        Ok((
            "/account".to_owned(),
            Some(crate::here::Done::PreferencesSaved),
        ))
    };
    crate::ssr::answer_form(outcome.await, "/account", &[])
}

/// Ends one of the person's sessions.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `NotFound`, `Unavailable`.
#[server(endpoint = "account/end-session")]
pub async fn end_session(handle: String, csrf: String) -> Result<(), PortalError> {
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        // A handle that is none belongs to no session.
        let handle = handle.parse().map_err(|_| portal::Error::NotFound)?;
        portal::identity::end_session(&portal, &caller.actor, handle).await?;
        Ok(("/account".to_owned(), Some(crate::here::Done::SessionEnded)))
    };
    crate::ssr::answer_form(outcome.await, "/account", &[])
}
