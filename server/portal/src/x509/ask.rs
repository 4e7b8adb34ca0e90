//! Asking to switch customer-managed X.509 off.

use super::state::State;
use crate::{
    Actor, Portal, Result,
    changes::{self, Proposal},
    model::{ChangeId, ChangePlan, Conflict, GroupId, Reason},
};

/// Asks to switch customer-managed X.509 off for a whole project. `typed`: the project's name, so that it
/// is not the wrong one by a slip.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Invalid` (typed), `Conflict` (under way, blocked), `Unavailable`.
pub async fn ask(
    portal: &Portal,
    actor: &Actor,
    project: &GroupId,
    typed: &str,
    reason: Reason,
) -> Result<ChangeId> {
    let (mut tx, standing) = changes::begin(portal, actor, project).await?;
    changes::require_typed(&standing.project.name, typed)?;
    if let Some(change) = changes::open_change(&mut tx, project, None).await? {
        return Err(Conflict::ChangeUnderWay { change }.into());
    }
    let state = State::load(&mut tx, project).await?;
    if let Some(block) = state.block(portal.clock.now()) {
        return Err(Conflict::NotDisablable(block).into());
    }
    let proposal = Proposal {
        username: None,
        plan: ChangePlan::DisableX509 {
            authorities: state.authorities.list,
        },
        authorities: state.pem,
        reason,
    };
    changes::submit(portal, actor, tx, &standing, proposal).await
}
