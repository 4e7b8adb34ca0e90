//! Server functions of customer-managed X.509.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function; its fields are the arguments"
)]

use leptos::prelude::*;
use portal::model::X509Page;
use server_fn::codec::GetUrl;

use crate::error::PortalError;

/// How a project stands, and what switching off would do.
///
/// # Errors
/// `SignInRequired`, `NotFound`, `Unavailable`.
#[server(endpoint = "x509/get", input = GetUrl)]
pub async fn get(project: String) -> Result<X509Page, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    let project = project.parse().map_err(|_| portal::Error::NotFound)?;
    Ok(portal::x509::get(&portal, &caller.actor, &project).await?)
}

/// Asks to switch it off. A second person decides.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `Invalid`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "x509/ask")]
pub async fn ask(
    project: String,
    #[server(default)] typed: String,
    #[server(default)] reason: String,
    csrf: String,
) -> Result<(), PortalError> {
    use portal::model::{Field, GroupId, Reason};

    let place = crate::ssr::x509_address(&project);
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let id: GroupId = project.parse().map_err(|_| portal::Error::NotFound)?;
        let why: Reason = crate::ssr::parse(Field::Reason, &reason)?;
        portal::x509::ask(&portal, &caller.actor, &id, &typed, why).await?;
        Ok((place.clone(), Some(crate::here::Done::ChangeAsked)))
    };
    let kept = [("typed", typed.as_str()), ("reason", reason.as_str())];
    crate::ssr::answer_form(outcome.await, &place, &kept)
}
