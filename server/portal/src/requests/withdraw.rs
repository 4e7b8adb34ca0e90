//! Taking a request back.

use super::stored::Stored;
use crate::{
    Actor, Portal, Result,
    audit::{self, Entry, Event},
    failpoint::failpoint,
    model::{RequestId, RequestState},
    policy::Action,
};

/// Takes a request back, decided or not, as long as nothing was issued.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Conflict`, `Unavailable`.
pub async fn withdraw(portal: &Portal, actor: &Actor, id: RequestId) -> Result<()> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let mut request = Stored::lock(&mut tx, id).await?;
    let mut tx = request
        .authorize(portal, actor, Action::WithdrawRequest, tx)
        .await?;
    request.expect(&[RequestState::Submitted, RequestState::Approved])?;
    request
        .become_state(&mut tx, RequestState::Withdrawn, None, now)
        .await?;
    let entry = Entry::new(Event::RequestWithdrawn {})
        .project(&request.project)
        .request(id);
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("withdraw.audited");
    tx.commit().await?;
    failpoint!("withdraw.committed");
    tracing::info!(request.id = %id, "Withdrew request {id}");
    Ok(())
}
