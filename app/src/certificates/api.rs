//! Server functions of the certificates.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function; its fields are the arguments"
)]

use leptos::prelude::*;
use portal::model::{CertificateList, CertificatePage};
use server_fn::codec::GetUrl;

use crate::error::PortalError;

/// Lists certificates. Every argument is the text of the filter in the address; empty means none.
///
/// # Errors
/// `SignInRequired`, `Invalid`, `Unavailable`.
#[server(endpoint = "certificates/list", input = GetUrl)]
pub async fn list(
    #[server(default)] scope: String,
    #[server(default)] ends: String,
    #[server(default)] project: String,
    #[server(default)] search: String,
    #[server(default)] after: String,
) -> Result<CertificateList, PortalError> {
    use portal::model::{CertificateFilter, Cursor, Field};

    let (portal, caller) = crate::ssr::caller().await?;
    let filter = CertificateFilter {
        scope: crate::ssr::optional(Field::Search, &scope)?,
        ends: crate::ssr::optional(Field::Search, &ends)?.unwrap_or_default(),
        project: crate::ssr::optional(Field::Project, &project)?,
        search: crate::ssr::search_text(&search)?,
        after: (!after.is_empty()).then_some(Cursor(after)),
    };
    Ok(portal::certificates::list(&portal, &caller.actor, filter).await?)
}

/// One certificate.
///
/// # Errors
/// `SignInRequired`, `NotFound`, `Unavailable`.
#[server(endpoint = "certificates/get", input = GetUrl)]
pub async fn get(id: String) -> Result<CertificatePage, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    let id = id.parse().map_err(|_| portal::Error::NotFound)?;
    Ok(portal::certificates::get(&portal, &caller.actor, id).await?)
}
