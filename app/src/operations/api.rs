//! Server functions of the operators.

use leptos::prelude::*;
use portal::model::OperationsPage;
use server_fn::codec::GetUrl;

use crate::error::PortalError;

/// How the installation is doing.
///
/// # Errors
/// `SignInRequired`, `NotFound` for all but operators and security, `Unavailable`.
#[server(endpoint = "operations/page", input = GetUrl)]
pub async fn page() -> Result<OperationsPage, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    Ok(portal::jobs::operations(&portal, &caller.actor).await?)
}
