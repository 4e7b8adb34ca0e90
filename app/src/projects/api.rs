//! Server functions of the projects.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function; its fields are the arguments"
)]

use leptos::prelude::*;
use portal::model::{ProjectPage, ProjectRow};
use server_fn::codec::GetUrl;

use crate::error::PortalError;

/// Projects the person may see, by name.
///
/// # Errors
/// `SignInRequired`, `Unavailable`.
#[server(endpoint = "projects/list", input = GetUrl)]
pub async fn list() -> Result<Vec<ProjectRow>, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    Ok(portal::projects::list(&portal, &caller.actor).await?)
}

/// One project with its database users.
///
/// # Errors
/// `SignInRequired`, `NotFound`, `Unavailable`.
#[server(endpoint = "projects/get", input = GetUrl)]
pub async fn get(id: String) -> Result<ProjectPage, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    let id = id.parse().map_err(|_| portal::Error::NotFound)?;
    Ok(portal::projects::get(&portal, &caller.actor, &id).await?)
}
