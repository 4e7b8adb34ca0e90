//! Proving again who one is.

use crate::{Actor, Error, Portal, Result, SignedIn};

/// The signed-in person, if their sign-in is fresh enough for what has consequences: to approve, to
/// issue, to have a change carried out.
pub(crate) fn require_fresh<'a>(portal: &Portal, actor: &'a Actor) -> Result<&'a SignedIn> {
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let Some(limit) = portal.step_up_s else {
        return Ok(person);
    };
    match person.auth_time {
        Some(at) if portal.clock.now() - at <= time::Duration::seconds(limit) => Ok(person),
        _ => Err(Error::StepUpRequired),
    }
}
