//! Server functions of the operators.

#![expect(
    missing_docs,
    reason = "the macro makes a struct of each function; its fields are the arguments"
)]

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

/// Has the credentials at Atlas tried now.
///
/// # Errors
/// `SignInRequired`, `NotAllowed`, `NotFound` for all but operators, `Conflict`, `Unavailable`.
#[server(endpoint = "operations/probe")]
pub async fn probe(csrf: String) -> Result<(), PortalError> {
    use portal::credentials::Nudged;

    use crate::here::Done;

    let outcome = async {
        let (portal, caller) = crate::ssr::form_caller(&csrf).await?;
        let done = match portal::credentials::probe_now(&portal, &caller.actor).await? {
            Nudged::Ended => Done::CredentialsTried,
            Nudged::GoesOn => Done::CredentialsBeingTried,
        };
        Ok(("/operations".to_owned(), Some(done)))
    };
    crate::ssr::answer_form(outcome.await, "/operations", &[])
}
