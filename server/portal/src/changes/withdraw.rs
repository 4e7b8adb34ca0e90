//! Taking a change back.

use super::stored::Stored;
use crate::{
    Actor, Portal, Result,
    audit::{self, Entry, Event},
    failpoint::failpoint,
    model::{ChangeId, ChangeState},
    policy::Action,
};

/// Takes a change back, as long as nothing was sent.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Conflict`, `Unavailable`.
pub async fn withdraw(portal: &Portal, actor: &Actor, id: ChangeId) -> Result<()> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let mut change = Stored::lock(portal, &mut tx, id).await?;
    let mut tx = change
        .authorize(portal, actor, Action::WithdrawChange, tx)
        .await?;
    change.expect(&[ChangeState::Submitted, ChangeState::Approved], now)?;
    change.until = None;
    change
        .become_state(&mut tx, ChangeState::Withdrawn, now)
        .await?;
    let entry = Entry::new(Event::ChangeWithdrawn {})
        .project(&change.project.id)
        .change(id);
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("change_withdraw.audited");
    tx.commit().await?;
    failpoint!("change_withdraw.committed");
    tracing::info!(change.id = %id, "Withdrew change {id}");
    Ok(())
}
