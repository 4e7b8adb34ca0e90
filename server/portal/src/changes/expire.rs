//! Ending changes that have waited too long.

use time::OffsetDateTime;

use super::stored::Stored;
use crate::{
    Actor, Portal, Result,
    audit::{self, Entry, Event},
    failpoint::failpoint,
    model::{ChangeId, ChangeState},
};

/// Changes ended in one run; the next run takes the rest.
const BATCH: i64 = 200;

/// Ends changes nobody decided, and approved ones nothing could be sent of, in time. Each in its own
/// transaction, so that replicas share the work and one failure does not undo the others.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn expire_due(portal: &Portal) -> Result<()> {
    let now = portal.clock.now();
    let due = sqlx::query_scalar!(
        "select id from change where until <= $1 and state in ('submitted', 'approved') order by until limit $2",
        now,
        BATCH
    )
    .fetch_all(&portal.pool)
    .await?;
    let mut outcome = Ok(());
    for id in due.into_iter().map(ChangeId) {
        outcome = outcome.and(expire_one(portal, id, now).await);
    }
    outcome
}

async fn expire_one(portal: &Portal, id: ChangeId, now: OffsetDateTime) -> Result<()> {
    let actor = Actor::System("changes.expire");
    let mut tx = portal.pool.begin().await?;
    let mut change = Stored::lock(portal, &mut tx, id).await?;
    let waits = matches!(change.state, ChangeState::Submitted | ChangeState::Approved);
    if !waits || change.until.is_none_or(|until| until > now) {
        return Ok(()); // Somebody was faster.
    }
    let was = change.state.to_string();
    change.until = None;
    change
        .become_state(&mut tx, ChangeState::Expired, now)
        .await?;
    let entry = Entry::new(Event::ChangeExpired { was })
        .project(&change.project.id)
        .change(id);
    audit::append(&mut tx, &portal.random, &actor, entry).await?;
    failpoint!("change_expire.audited");
    tx.commit().await?;
    failpoint!("change_expire.committed");
    tracing::info!(change.id = %id, "Expired change {id}");
    Ok(())
}
