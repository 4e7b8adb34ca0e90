//! Server functions of the requests.
//!
//! Each change is a plain form: it leads to the request's page when it is taken, and back to where it
//! stood, with what was typed, when it is not.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function; its fields are the arguments"
)]

use leptos::prelude::*;
use portal::model::{
    ChangeRow, Cursor, RequestForm, RequestPage, RequestRow, RequestStatus, Timestamp,
};
use serde::{Deserialize, Serialize};
use server_fn::codec::GetUrl;

use crate::error::PortalError;

/// A page of the list of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestList {
    /// The rows, latest first.
    pub rows: Vec<RequestRow>,
    /// Where the next page starts.
    pub more: Option<Cursor>,
    /// When the page was made.
    pub now: Timestamp,
}

/// Requests and changes the viewer can decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxPage {
    /// The rows, the longest waiting first.
    pub rows: Vec<RequestRow>,
    /// Changes of projects, the longest waiting first.
    pub changes: Vec<ChangeRow>,
    /// When the page was made.
    pub now: Timestamp,
}

/// Lists requests, latest first. Every argument is the text of the filter in the address; empty
/// means none. `open` is `open` or `over`.
///
/// # Errors
/// `SignInRequired`, `Invalid`, `Unavailable`.
#[server(endpoint = "requests/list", input = GetUrl)]
pub async fn list(
    #[server(default)] scope: String,
    #[server(default)] open: String,
    #[server(default)] project: String,
    #[server(default)] after: String,
) -> Result<RequestList, PortalError> {
    use portal::model::{Field, RequestFilter};

    let (portal, caller) = crate::ssr::caller().await?;
    let filter = RequestFilter {
        scope: crate::ssr::optional(Field::Search, &scope)?.unwrap_or_default(),
        open: match open.as_str() {
            "open" => Some(true),
            "over" => Some(false),
            _ => None,
        },
        project: crate::ssr::optional(Field::Project, &project)?,
        after: (!after.is_empty()).then_some(Cursor(after)),
    };
    let page = portal::requests::list(&portal, &caller.actor, filter).await?;
    Ok(RequestList {
        rows: page.rows,
        more: page.more,
        now: portal.clock.now(),
    })
}

/// Requests and changes the person can decide, the longest waiting first.
///
/// # Errors
/// `SignInRequired`, `Unavailable`.
#[server(endpoint = "requests/inbox", input = GetUrl)]
pub async fn inbox() -> Result<InboxPage, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    Ok(InboxPage {
        rows: portal::requests::inbox(&portal, &caller.actor).await?,
        changes: portal::changes::inbox(&portal, &caller.actor).await?,
        now: portal.clock.now(),
    })
}

/// What the form offers, for the project and user chosen so far.
///
/// # Errors
/// `SignInRequired`, `Invalid`, `NotFound`, `Unavailable`.
#[server(endpoint = "requests/form", input = GetUrl)]
pub async fn form(
    #[server(default)] project: String,
    #[server(default)] username: String,
) -> Result<RequestForm, PortalError> {
    use portal::model::{Field, GroupId, Username};

    let (portal, caller) = crate::ssr::caller().await?;
    let project: Option<GroupId> = crate::ssr::optional(Field::Project, &project)?;
    let username: Option<Username> = crate::ssr::optional(Field::Username, &username)?;
    let (project, username) = (project.as_ref(), username.as_ref());
    Ok(portal::requests::form(&portal, &caller.actor, project, username).await?)
}

/// One request with its story.
///
/// # Errors
/// `SignInRequired`, `NotFound`, `Unavailable`.
#[server(endpoint = "requests/get", input = GetUrl)]
pub async fn get(id: String) -> Result<RequestPage, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    let id = id.parse().map_err(|_| portal::Error::NotFound)?;
    let secret = crate::ssr::pickup_secret(id);
    Ok(portal::requests::get(&portal, &caller.actor, id, secret.as_deref()).await?)
}

/// How a request stands: what a waiting page asks for again and again.
///
/// # Errors
/// `SignInRequired`, `NotFound`, `Unavailable`.
#[server(endpoint = "requests/status", input = GetUrl)]
pub async fn status(id: String) -> Result<RequestStatus, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    let id = id.parse().map_err(|_| portal::Error::NotFound)?;
    Ok(portal::requests::status(&portal, &caller.actor, id).await?)
}

/// Asks for a certificate.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `Invalid`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "requests/submit")]
pub async fn submit(
    #[server(default)] project: String,
    #[server(default)] username: String,
    #[server(default)] months: String,
    #[server(default)] reason: String,
    csrf: String,
) -> Result<(), PortalError> {
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let new = crate::ssr::new_request(&project, &username, &months, &reason)?;
        let id = portal::requests::submit(&portal, &caller.actor, new).await?;
        Ok((
            format!("/requests/{id}"),
            Some(crate::here::Done::RequestSubmitted),
        ))
    };
    let back = crate::components::Link::to("/requests/new")
        .with("project", &project)
        .with("username", &username);
    let typed = [("months", months.as_str()), ("reason", reason.as_str())];
    crate::ssr::answer_form(outcome.await, &String::from(back), &typed)
}

/// Says yes, for `months`, to what the approver saw.
///
/// # Errors
/// `SignInRequired`, `StepUpRequired`, `NotAllowed`, `Invalid`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "requests/approve")]
pub async fn approve(
    id: String,
    #[server(default)] months: String,
    #[server(default)] digest: String,
    csrf: String,
) -> Result<(), PortalError> {
    use portal::model::{Field, Months};

    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let request = id.parse().map_err(|_| portal::Error::NotFound)?;
        let months: Months = crate::ssr::parse(Field::Months, &months)?;
        portal::requests::approve(&portal, &caller.actor, request, months, &digest).await?;
        Ok((
            format!("/requests/{request}"),
            Some(crate::here::Done::RequestApproved),
        ))
    };
    let typed = [("months", months.as_str())];
    crate::ssr::answer_form(outcome.await, &crate::ssr::request_address(&id), &typed)
}

/// Says no.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `Invalid`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "requests/deny")]
pub async fn deny(
    id: String,
    #[server(default)] reason: String,
    csrf: String,
) -> Result<(), PortalError> {
    use portal::model::{Field, Reason};

    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let request = id.parse().map_err(|_| portal::Error::NotFound)?;
        let why: Reason = crate::ssr::parse(Field::Reason, &reason)?;
        portal::requests::deny(&portal, &caller.actor, request, why).await?;
        Ok((
            format!("/requests/{request}"),
            Some(crate::here::Done::RequestDenied),
        ))
    };
    let typed = [("reason", reason.as_str())];
    crate::ssr::answer_form(outcome.await, &crate::ssr::request_address(&id), &typed)
}

/// Takes it back.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "requests/withdraw")]
pub async fn withdraw(id: String, csrf: String) -> Result<(), PortalError> {
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let request = id.parse().map_err(|_| portal::Error::NotFound)?;
        portal::requests::withdraw(&portal, &caller.actor, request).await?;
        Ok((
            format!("/requests/{request}"),
            Some(crate::here::Done::RequestWithdrawn),
        ))
    };
    crate::ssr::answer_form(outcome.await, &crate::ssr::request_address(&id), &[])
}

/// Has the certificate of an approved request made. This browser is handed the cookie without which
/// nobody can open the key.
///
/// # Errors
/// `SignInRequired`, `StepUpRequired`, `NotAllowed`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "requests/issue")]
pub async fn issue(id: String, csrf: String) -> Result<(), PortalError> {
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let request = id.parse().map_err(|_| portal::Error::NotFound)?;
        if let Some(begun) = portal::certificates::issue(&portal, &caller.actor, request).await? {
            crate::ssr::keep_pickup_cookie(&begun);
        }
        Ok((format!("/requests/{request}"), None))
    };
    crate::ssr::answer_form(outcome.await, &crate::ssr::request_address(&id), &[])
}

/// Says that the key is saved: it is destroyed here.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "requests/acknowledge")]
pub async fn acknowledge(id: String, csrf: String) -> Result<(), PortalError> {
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let request = id.parse().map_err(|_| portal::Error::NotFound)?;
        portal::certificates::acknowledge(&portal, &caller.actor, request).await?;
        Ok((
            format!("/requests/{request}"),
            Some(crate::here::Done::KeyDestroyed),
        ))
    };
    crate::ssr::answer_form(outcome.await, &crate::ssr::request_address(&id), &[])
}

/// Says what an attempt has made, where Atlas's list does not tell. `verdict` is a serial number, or
/// `nothing_made`.
///
/// # Errors
/// `SignInRequired`, `StepUpRequired`, `NotAllowed`, `Invalid`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "requests/resolve")]
pub async fn resolve(
    id: String,
    #[server(default)] verdict: String,
    #[server(default)] reason: String,
    csrf: String,
) -> Result<(), PortalError> {
    use portal::model::{Field, Reason, Verdict};

    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let request = id.parse().map_err(|_| portal::Error::NotFound)?;
        let said: Verdict = crate::ssr::parse(Field::Verdict, &verdict)?;
        let why: Reason = crate::ssr::parse(Field::Reason, &reason)?;
        portal::certificates::resolve(&portal, &caller.actor, request, said, &why).await?;
        Ok((
            format!("/requests/{request}"),
            Some(crate::here::Done::RequestResolved),
        ))
    };
    let typed = [("verdict", verdict.as_str()), ("reason", reason.as_str())];
    crate::ssr::answer_form(outcome.await, &crate::ssr::request_address(&id), &typed)
}
