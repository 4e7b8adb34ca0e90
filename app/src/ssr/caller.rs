//! Who is calling.

use leptos::prelude::use_context;
use portal::{
    Actor, Portal,
    model::{Denial, Language, Theme},
};
use subtle::ConstantTimeEq;

use super::request::with_parts;
use crate::error::PortalError;

/// A signed-in person's request. The session layer puts it into the request's extensions.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who acts.
    pub actor: Actor,
    /// The token every form of this session carries.
    pub csrf: String,
    /// The language they chose, if they did.
    pub language: Option<Language>,
    /// The theme they chose.
    pub theme: Theme,
}

/// The caller, if somebody is signed in.
pub(super) fn signed_in() -> Option<Caller> {
    with_parts(|parts| parts.extensions.get::<Caller>().cloned()).flatten()
}

/// The product and who is calling. Holding the answer is the proof that somebody is signed in.
///
/// # Errors
/// `SignInRequired`.
///
/// # Panics
/// When the server did not provide the [`Portal`]: nothing can work then.
pub async fn caller() -> Result<(Portal, Caller), PortalError> {
    let caller = signed_in().ok_or(portal::Error::SignInRequired)?;
    let portal = use_context::<Portal>().expect("the server provides the portal");
    Ok((portal, caller))
}

/// The same for a form: its token must be the session's.
///
/// # Errors
/// `SignInRequired`, `NotAllowed(StaleForm)`.
pub async fn form_caller(csrf: &str) -> Result<(Portal, Caller), PortalError> {
    let held = signed_in().ok_or(portal::Error::SignInRequired)?.csrf;
    // An empty token of a session is a fault, and must not make an empty field good.
    let same = !held.is_empty() && bool::from(held.as_bytes().ct_eq(csrf.as_bytes()));
    if !same {
        return Err(portal::Error::NotAllowed(Denial::StaleForm).into());
    }
    caller().await
}
