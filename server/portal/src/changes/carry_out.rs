//! Trying again what could not be sent.

use super::{kind, run, stored::Stored};
use crate::{
    Actor, Portal, Result,
    model::{ChangeId, ChangeState, Conflict},
    policy::Action,
    projects,
    step_up::require_fresh,
};

/// Tries once more to carry out an approved change of which nothing was sent. While it is being tried,
/// a second click does nothing; the page tells. Not before Atlas takes calls again, where it said when.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `StepUpRequired`, `Conflict`, `Unavailable`.
pub async fn carry_out(portal: &Portal, actor: &Actor, id: ChangeId) -> Result<()> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let change = Stored::lock(portal, &mut tx, id).await?;
    let mut tx = change
        .authorize(portal, actor, Action::CarryOutChange, tx)
        .await?;
    require_fresh(portal, actor)?;
    let under_way = [
        ChangeState::Calling,
        ChangeState::Unknown,
        ChangeState::Applying,
    ];
    if under_way.contains(&change.state) {
        return Ok(());
    }
    change.expect(&[ChangeState::Approved], now)?;
    let again = change.refusal.as_ref().and_then(|refusal| refusal.retry_at);
    if let Some(after) = again.filter(|at| *at > now) {
        return Err(Conflict::TooMany { after }.into());
    }
    let standing = projects::standing(&mut tx, &change.project.id).await?;
    let mut busy = kind::check(portal, &mut tx, &standing, &change).await?;
    busy.retain(|cluster| !change.overridden.contains(cluster));
    if !busy.is_empty() {
        return Err(Conflict::ClustersBusy { clusters: busy }.into());
    }
    tx.rollback().await?;
    run::spawn(portal, actor, id);
    Ok(())
}
