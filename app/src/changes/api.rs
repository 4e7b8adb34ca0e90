//! Server functions of the changes.
//!
//! A change that switches customer-managed X.509 off is decided on its project's page; those forms
//! send the project along, and lead back there.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function; its fields are the arguments"
)]

use leptos::prelude::*;
use portal::model::{ChangePage, ChangeRow, ChangeStatus, Cursor, Timestamp};
use serde::{Deserialize, Serialize};
use server_fn::codec::GetUrl;

use crate::{error::PortalError, users::input::Lines};

/// A page of the list of changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeList {
    /// The rows, latest first.
    pub rows: Vec<ChangeRow>,
    /// Where the next page starts.
    pub more: Option<Cursor>,
    /// When the page was made.
    pub now: Timestamp,
}

/// Lists changes, latest first. Every argument is the text of the filter in the address; empty means
/// none. `open` is `open` or `over`.
///
/// # Errors
/// `SignInRequired`, `NotFound`, `Invalid`, `Unavailable`.
#[server(endpoint = "changes/list", input = GetUrl)]
pub async fn list(
    #[server(default)] scope: String,
    #[server(default)] project: String,
    #[server(default)] kind: String,
    #[server(default)] open: String,
    #[server(default)] after: String,
) -> Result<ChangeList, PortalError> {
    use portal::model::{ChangeFilter, Field};

    let (portal, caller) = crate::ssr::caller().await?;
    let filter = ChangeFilter {
        scope: crate::ssr::optional(Field::Search, &scope)?.unwrap_or_default(),
        project: crate::ssr::optional(Field::Project, &project)?,
        kind: crate::ssr::optional(Field::Search, &kind)?,
        open: match open.as_str() {
            "open" => Some(true),
            "over" => Some(false),
            _ => None,
        },
        after: (!after.is_empty()).then_some(Cursor(after)),
    };
    let page = portal::changes::list(&portal, &caller.actor, filter).await?;
    Ok(ChangeList {
        rows: page.rows,
        more: page.more,
        now: portal.clock.now(),
    })
}

/// One change with its story.
///
/// # Errors
/// `SignInRequired`, `NotFound`, `Unavailable`.
#[server(endpoint = "changes/get", input = GetUrl)]
pub async fn get(id: String) -> Result<ChangePage, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    let id = id.parse().map_err(|_| portal::Error::NotFound)?;
    Ok(portal::changes::get(&portal, &caller.actor, id).await?)
}

/// How a change stands: what a waiting page asks for again and again.
///
/// # Errors
/// `SignInRequired`, `NotFound`, `Unavailable`.
#[server(endpoint = "changes/status", input = GetUrl)]
pub async fn status(id: String) -> Result<ChangeStatus, PortalError> {
    let (portal, caller) = crate::ssr::caller().await?;
    let id = id.parse().map_err(|_| portal::Error::NotFound)?;
    Ok(portal::changes::status(&portal, &caller.actor, id).await?)
}

/// Says yes to what the second person saw; the portal carries it out at once. `typed` is the name of
/// what cannot be undone, and `override` the clusters that are busy and that it should be done in
/// spite of, one per line: those the page named, and no others.
///
/// # Errors
/// `SignInRequired`, `StepUpRequired`, `NotAllowed`, `Invalid`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "changes/approve")]
pub async fn approve(
    id: String,
    #[server(default)] project: String,
    #[server(default)] digest: String,
    #[server(default)] typed: String,
    #[server(default)] r#override: Lines,
    csrf: String,
) -> Result<(), PortalError> {
    let place = crate::ssr::change_address(&id, &project);
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let change = id.parse().map_err(|_| portal::Error::NotFound)?;
        let busy: Vec<String> = r#override.iter().map(str::to_owned).collect();
        portal::changes::approve(&portal, &caller.actor, change, &digest, &typed, &busy).await?;
        Ok((place.clone(), None))
    };
    // Not the tick: other clusters may be busy by then.
    let kept = [("typed", typed.as_str())];
    crate::ssr::answer_form(outcome.await, &place, &kept)
}

/// Says no.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `Invalid`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "changes/deny")]
pub async fn deny(
    id: String,
    #[server(default)] project: String,
    #[server(default)] reason: String,
    csrf: String,
) -> Result<(), PortalError> {
    use portal::model::{Field, Reason};

    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let change = id.parse().map_err(|_| portal::Error::NotFound)?;
        let why: Reason = crate::ssr::parse(Field::Reason, &reason)?;
        portal::changes::deny(&portal, &caller.actor, change, why).await?;
        Ok((
            format!("/changes/{change}"),
            Some(crate::here::Done::ChangeDenied),
        ))
    };
    let typed = [("reason", reason.as_str())];
    let back = crate::ssr::change_address(&id, &project);
    crate::ssr::answer_form(outcome.await, &back, &typed)
}

/// Takes it back.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "changes/withdraw")]
pub async fn withdraw(
    id: String,
    #[server(default)] project: String,
    csrf: String,
) -> Result<(), PortalError> {
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let change = id.parse().map_err(|_| portal::Error::NotFound)?;
        portal::changes::withdraw(&portal, &caller.actor, change).await?;
        Ok((
            format!("/changes/{change}"),
            Some(crate::here::Done::ChangeWithdrawn),
        ))
    };
    let back = crate::ssr::change_address(&id, &project);
    crate::ssr::answer_form(outcome.await, &back, &[])
}

/// Tries once more what could not be sent.
///
/// # Errors
/// `SignInRequired`, `StepUpRequired`, `NotAllowed`, `NotFound`, `Conflict`, `Unavailable`.
#[server(endpoint = "changes/carry_out")]
pub async fn carry_out(
    id: String,
    #[server(default)] project: String,
    csrf: String,
) -> Result<(), PortalError> {
    let place = crate::ssr::change_address(&id, &project);
    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let change = id.parse().map_err(|_| portal::Error::NotFound)?;
        portal::changes::carry_out(&portal, &caller.actor, change).await?;
        Ok((place.clone(), None))
    };
    crate::ssr::answer_form(outcome.await, &place, &[])
}

#[cfg(test)]
mod tests {
    use portal::model::Field;

    use super::Approve;

    #[test]
    fn the_box_is_sent_under_its_fields_name() {
        let name: &'static str = Field::Override.into();
        let form = serde_json::json!({ "id": "1", "csrf": "token", name: "payments\r\nreports" });
        let sent: Approve = serde_json::from_value(form).expect("all that must be there");
        let clusters: Vec<&str> = sent.r#override.iter().collect();
        assert_eq!(clusters, ["payments", "reports"]);
        assert!(sent.typed.is_empty());
    }
}
