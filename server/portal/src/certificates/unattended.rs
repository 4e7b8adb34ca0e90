//! Attempts whose process died.

use time::Duration;
use uuid::Uuid;

use super::{attempt::Attempt, fence, outcome::close};
use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Entry, Event},
    model::{AttemptId, Months, PersonId, RequestId, RequestState},
    requests::Stored,
};

/// A new attempt raises its fence within this time, or its process is in trouble.
const GRACE: Duration = Duration::seconds(15);

/// Concludes what a process that died left open: an attempt that was only prepared was never sent; of
/// one that was being called nobody knows. A process that merely sleeps still holds its fence, and
/// is left alone.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn settle_unattended(portal: &Portal) -> Result<()> {
    let before = portal.clock.now() - GRACE;
    let open = sqlx::query_scalar!(
        "select id from issue_attempt where state in ('prepared', 'calling') and began_at < $1
         order by began_at limit 100",
        before
    )
    .fetch_all(&portal.pool)
    .await?;
    let mut outcome = Ok(());
    for id in open {
        outcome = outcome.and(settle_one(portal, id).await);
    }
    outcome
}

async fn settle_one(portal: &Portal, id: Uuid) -> Result<()> {
    let actor = Actor::System("attempts.settle");
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    if !fence::is_down(&mut tx, AttemptId(id)).await? {
        return Ok(());
    }
    let request = sqlx::query_scalar!("select request_id from issue_attempt where id = $1", id)
        .fetch_one(&mut *tx)
        .await?;
    let mut request = Stored::lock(&mut tx, RequestId(request)).await?;
    let row = sqlx::query!(
        "select months, state from issue_attempt where id = $1 for update",
        id
    )
    .fetch_one(&mut *tx)
    .await?;
    let attempt = Attempt {
        id: AttemptId(id),
        request: request.id,
        project: request.project.clone(),
        username: request.username.clone(),
        months: Months::try_from(u8::try_from(row.months).unwrap_or_default())
            .map_err(|error| Error::internal("an attempt's months are out of range", error))?,
        requester: PersonId(request.requester.0),
    };
    let until = request.until;
    let event = match row.state.as_str() {
        "prepared" => {
            request.attempts -= 1;
            close(&mut tx, &attempt, "not_sent", None, now).await?;
            request
                .become_state(&mut tx, RequestState::Approved, until, now)
                .await?;
            Event::IssueNotSent {
                why: "process_died".to_owned(),
            }
        }
        "calling" => {
            close(&mut tx, &attempt, "unknown", None, now).await?;
            request
                .become_state(&mut tx, RequestState::Unknown, until, now)
                .await?;
            Event::IssueUnknown {
                class: "process_died".to_owned(),
            }
        }
        _ => return Ok(()), // Settled between the list and the lock.
    };
    let entry = Entry::new(event)
        .project(&attempt.project)
        .request(attempt.request)
        .attempt(attempt.id);
    audit::append(&mut tx, &portal.random, &actor, entry).await?;
    tx.commit().await?;
    tracing::warn!(attempt.id = %id, "Settled an attempt whose process died: it was {}", row.state);
    Ok(())
}
