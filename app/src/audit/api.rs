//! Server functions of the audit log.

#![expect(
    clippy::too_many_arguments,
    reason = "one for each filter in the address"
)]
#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function; its fields are the arguments"
)]

use leptos::prelude::*;
use portal::model::{AuditEntryPage, AuditList, LogHead};
use server_fn::codec::GetUrl;

use crate::error::PortalError;

/// Lists entries, newest first. Every argument is the text of the filter in the address; empty means
/// none. Days are `2026-11-21`, in UTC: `since` from its first moment, `until` to its last.
///
/// # Errors
/// `SignInRequired`, `Invalid`, `Unavailable`.
#[server(endpoint = "audit/list", input = GetUrl)]
pub async fn list(
    #[server(default)] kind: String,
    #[server(default)] person: String,
    #[server(default)] project: String,
    #[server(default)] request: String,
    #[server(default)] change: String,
    #[server(default)] since: String,
    #[server(default)] until: String,
    #[server(default)] after: String,
) -> Result<AuditList, PortalError> {
    use portal::model::{AuditFilter, Cursor, Field};

    let (portal, caller) = crate::ssr::caller().await?;
    let filter = AuditFilter {
        kind: crate::ssr::optional(Field::Search, &kind)?,
        person: crate::ssr::optional(Field::Search, &person)?,
        project: crate::ssr::optional(Field::Project, &project)?,
        request: crate::ssr::optional(Field::Search, &request)?,
        change: crate::ssr::optional(Field::Search, &change)?,
        since: crate::ssr::day_start(&since)?,
        until: crate::ssr::day_end(&until)?,
        after: (!after.is_empty()).then_some(Cursor(after)),
    };
    Ok(portal::audit::list(&portal, &caller.actor, filter).await?)
}

/// One entry, whole.
///
/// # Errors
/// `SignInRequired`, `NotFound`, `Unavailable`.
#[server(endpoint = "audit/get", input = GetUrl)]
pub async fn get(seq: String) -> Result<AuditEntryPage, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    let seq = seq.parse().map_err(|_| portal::Error::NotFound)?;
    Ok(portal::audit::get(&portal, &caller.actor, seq).await?)
}

/// How far the log has come.
///
/// # Errors
/// `SignInRequired`, `Unavailable`.
#[server(endpoint = "audit/head", input = GetUrl)]
pub async fn head() -> Result<LogHead, PortalError> {
    let (portal, _) = crate::ssr::caller().await?;
    Ok(portal::audit::head(&portal).await?)
}
