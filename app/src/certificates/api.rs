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

/// Says what a certificate is that nothing in the log explains.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `Invalid`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "certificates/explain")]
pub async fn explain(
    id: String,
    #[server(default)] reason: String,
    csrf: String,
) -> Result<(), PortalError> {
    use portal::model::{CertificateId, Field, Reason};

    let certificate = id.parse::<CertificateId>();
    let back = match &certificate {
        Ok(id) => format!("/certificates/{id}"),
        Err(_) => "/certificates".to_owned(),
    };
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let id = certificate.map_err(|_| portal::Error::NotFound)?;
        let why: Reason = crate::ssr::parse(Field::Reason, &reason)?;
        portal::certificates::explain(&portal, &caller.actor, id, &why).await?;
        Ok((
            format!("/certificates/{id}"),
            Some(crate::here::Done::CertificateExplained),
        ))
    };
    let typed = [("reason", reason.as_str())];
    crate::ssr::answer_form(outcome.await, &back, &typed)
}

/// Has Atlas's lists of a project's users read now.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `NotFound`, `Conflict`, `Refused`, `Unavailable`.
#[server(endpoint = "certificates/sweep")]
pub async fn sweep(project: String, csrf: String) -> Result<(), PortalError> {
    use portal::model::GroupId;

    let id = project.parse::<GroupId>();
    let back = match &id {
        Ok(id) => format!("/projects/{id}"),
        Err(_) => "/projects".to_owned(),
    };
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let id = id.map_err(|_| portal::Error::NotFound)?;
        let report = portal::certificates::sweep_now(&portal, &caller.actor, &id).await?;
        Ok((
            format!("/projects/{id}"),
            Some(crate::here::Done::ListsRead {
                users: report.users,
                unexplained: report.unexplained,
            }),
        ))
    };
    crate::ssr::answer_form(outcome.await, &back, &[])
}
