//! Attempts whose process died.

use time::Duration;
use uuid::Uuid;

use super::{
    attempt::Attempt,
    outcome::{close, lose_answer},
};
use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Entry, Event},
    calls,
    failpoint::failpoint,
    model::{AttemptId, Months, PersonId, RequestId, RequestState},
    requests::Stored,
};

/// A new attempt raises its fence within this time, or its process is in trouble.
const GRACE: Duration = Duration::seconds(15);

/// Concludes what a process that died left open: an attempt that was only prepared was never sent; of
/// one that was being called nobody knows. A process that merely sleeps still holds its fence, and
/// is left alone. So is one whose fence fell with its connection, until the call's deadline: it may be
/// about to record what it was answered.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn settle_unattended(portal: &Portal) -> Result<()> {
    let now = portal.clock.now();
    let open = sqlx::query_scalar!(
        "select id from issue_attempt
         where (state = 'prepared' and began_at < $1) or (state = 'calling' and deadline < $2)
         order by began_at limit 100",
        now - portal.pace.span(GRACE),
        now
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
    if !calls::is_down(&mut tx, id).await? {
        return Ok(());
    }
    failpoint!("settle.fence_down");
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
    failpoint!("settle.locked");
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
            failpoint!("settle.was_prepared");
            Event::IssueNotSent {
                why: "process_died".to_owned(),
            }
        }
        "calling" => {
            lose_answer(portal, &mut tx, attempt.id, now).await?;
            request
                .become_state(&mut tx, RequestState::Unknown, until, now)
                .await?;
            failpoint!("settle.was_calling");
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
    failpoint!("settle.audited");
    calls::commit(portal, tx).await?;
    failpoint!("settle.committed");
    tracing::warn!(attempt.id = %id, "Settled an attempt whose process died: it was {}", row.state);
    Ok(())
}
