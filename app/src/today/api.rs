//! Server functions of the first page.

use leptos::prelude::*;
use portal::model::Today;
use server_fn::codec::GetUrl;

use crate::error::PortalError;

/// What needs the person now.
///
/// # Errors
/// `SignInRequired`, `Unavailable`.
#[server(endpoint = "today/page", input = GetUrl)]
pub async fn page() -> Result<Today, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    Ok(portal::today::get(&portal, &caller.actor).await?)
}
