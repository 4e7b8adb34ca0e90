//! Saying yes or no.

use time::Duration;

use super::{kind, run, stored::Stored, submit::require_typed};
use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Entry, Event},
    failpoint::failpoint,
    model::{ChangeId, ChangeState, Conflict, Reason},
    policy::Action,
    projects,
    step_up::require_fresh,
};

/// How long a change that could not be sent may be tried again.
const CARRIED_OUT_WITHIN: Duration = Duration::hours(1);

/// Says yes to what the second person saw (`digest`), and leaves the change to a task that carries it
/// out at once. `typed`: the project's name to switch customer-managed X.509 off, the user's to delete
/// it; nothing for the others. `override_busy`: the clusters that it should be done in spite of, as the
/// page named them; one that has become busy since is not among them.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `StepUpRequired`, `Invalid` (typed), `Conflict`, `Unavailable`.
pub async fn approve(
    portal: &Portal,
    actor: &Actor,
    id: ChangeId,
    digest: &str,
    typed: &str,
    override_busy: &[String],
) -> Result<()> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let mut change = Stored::lock(portal, &mut tx, id).await?;
    let mut tx = change
        .authorize(portal, actor, Action::ApproveChange, tx)
        .await?;
    let second = require_fresh(portal, actor)?.id;
    change.expect(&[ChangeState::Submitted], now)?;
    let shown = kind::shown(&mut tx, &change).await?;
    if shown.digest != digest {
        return Err(Conflict::ChangeDiffers.into());
    }
    if let Some(name) = kind::name_to_type(&change) {
        require_typed(name, typed)?;
    }
    let standing = projects::standing(&mut tx, &change.project.id).await?;
    let busy = kind::check(portal, &mut tx, &standing, &change).await?;
    if !busy.iter().all(|cluster| override_busy.contains(cluster)) {
        return Err(Conflict::ClustersBusy { clusters: busy }.into());
    }

    // The constraint `four_eyes` refuses the requester once more, whatever the code above says.
    change.second = Some(second);
    change.overridden = busy;
    change.until = Some(now + CARRIED_OUT_WITHIN);
    change
        .become_state(&mut tx, ChangeState::Approved, now)
        .await?;
    let entry = Entry::new(kind::approved(&change, &shown))
        .project(&change.project.id)
        .change(id);
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("change_approve.audited");
    tx.commit().await?;
    failpoint!("change_approve.committed");
    tracing::info!(change.id = %id, "Approved change {id}");
    // From here on nothing awaits: the browser may hang up, the change goes on.
    run::spawn(portal, actor, id);
    failpoint!("change_approve.spawned");
    Ok(())
}

/// Says no.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Conflict`, `Unavailable`.
pub async fn deny(portal: &Portal, actor: &Actor, id: ChangeId, reason: Reason) -> Result<()> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let mut change = Stored::lock(portal, &mut tx, id).await?;
    let mut tx = change
        .authorize(portal, actor, Action::DenyChange, tx)
        .await?;
    change.expect(&[ChangeState::Submitted], now)?;
    change.second = Some(actor.person().ok_or(Error::SignInRequired)?.id);
    change.until = None;
    change
        .become_state(&mut tx, ChangeState::Denied, now)
        .await?;
    let entry = Entry::new(Event::ChangeDenied {})
        .project(&change.project.id)
        .change(id)
        .text("reason", reason.as_str());
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("change_deny.audited");
    tx.commit().await?;
    failpoint!("change_deny.committed");
    tracing::info!(change.id = %id, "Denied change {id}");
    Ok(())
}
