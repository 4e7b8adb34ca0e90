//! Ending requests that have waited too long.

use time::OffsetDateTime;

use super::stored::Stored;
use crate::{
    Actor, Portal, Result,
    audit::{self, Entry, Event},
    failpoint::failpoint,
    model::{RequestId, RequestState},
};

/// Requests ended in one run; the next run takes the rest.
const BATCH: i64 = 200;

/// Ends requests nobody decided, and approvals nobody used, in time. Each in its own transaction, so
/// that replicas share the work and one failure does not undo the others.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn expire_due(portal: &Portal) -> Result<()> {
    let now = portal.clock.now();
    let due = sqlx::query_scalar!(
        "select id from request where until <= $1 and state in ('submitted', 'approved') order by until limit $2",
        now,
        BATCH
    )
    .fetch_all(&portal.pool)
    .await?;
    let mut outcome = Ok(());
    for id in due.into_iter().map(RequestId) {
        outcome = outcome.and(expire_one(portal, id, now).await);
    }
    outcome
}

async fn expire_one(portal: &Portal, id: RequestId, now: OffsetDateTime) -> Result<()> {
    let actor = Actor::System("requests.expire");
    let mut tx = portal.pool.begin().await?;
    let mut request = Stored::lock(&mut tx, id).await?;
    let waits = matches!(
        request.state,
        RequestState::Submitted | RequestState::Approved
    );
    if !waits || request.until.is_none_or(|until| until > now) {
        return Ok(()); // Somebody was faster.
    }
    let was = request.state.to_string();
    request
        .become_state(&mut tx, RequestState::Expired, None, now)
        .await?;
    failpoint!("expire.moved");
    let entry = Entry::new(Event::RequestExpired { was })
        .project(&request.project)
        .request(id);
    audit::append(&mut tx, &portal.random, &actor, entry).await?;
    failpoint!("expire.audited");
    tx.commit().await?;
    failpoint!("expire.committed");
    tracing::info!(request.id = %id, "Expired request {id}");
    Ok(())
}
