//! Calls whose answer was lost, and calls whose process died: what holds is read at Atlas.

use time::Duration;

use super::{
    kind::{self, SettledBy},
    look, outcome,
    stored::Stored,
};
use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Entry, Event},
    calls,
    failpoint::failpoint,
    model::{ChangeId, ChangeState},
};

/// The job that acts in the audit log.
const ACTOR: Actor = Actor::System("changes.settle");

/// After a call's deadline, how long Atlas may take to show what it has done. Until then nobody says that
/// nothing was done.
const SHOWN_WITHIN: Duration = Duration::minutes(10);

/// Changes settled in one run; the next run takes the rest.
const BATCH: i64 = 100;

/// Finds out what became of calls nobody knows the outcome of. A process that merely sleeps still holds
/// its fence, and is left alone. So is one whose fence fell with its connection, until the call's deadline:
/// it may be about to record what it was answered. Only reads at Atlas: nothing is ever sent a second time.
///
/// # Errors
/// `Unavailable` while the database or Atlas is away: then nothing is concluded.
pub async fn settle(portal: &Portal) -> Result<()> {
    let open = sqlx::query_scalar!(
        "select c.id from change c left join change_look l on l.change_id = c.id
         where c.state = 'unknown' or (c.state = 'calling' and c.deadline < $1)
         order by l.looked_at nulls first, c.call_started_at limit $2",
        portal.clock.now(),
        BATCH
    )
    .fetch_all(&portal.pool)
    .await?;
    let mut outcome = Ok(());
    for id in open.into_iter().map(ChangeId) {
        outcome = outcome.and(settle_one(portal, id).await);
    }
    outcome
}

async fn settle_one(portal: &Portal, id: ChangeId) -> Result<()> {
    let now = portal.clock.now();
    look::note(&mut *portal.pool.acquire().await?, id, now).await?;
    end_call(portal, id).await?;
    read(portal, id).await
}

/// A call whose process died: nobody knows what came of it.
async fn end_call(portal: &Portal, id: ChangeId) -> Result<()> {
    let mut tx = portal.pool.begin().await?;
    if !calls::is_down(&mut tx, id.0).await? {
        return tx.rollback().await.map_err(Error::from);
    }
    let mut change = Stored::lock(portal, &mut tx, id).await?;
    let now = portal.clock.now();
    let overdue = change.call.is_some_and(|call| call.deadline < now);
    if change.state != ChangeState::Calling || !overdue {
        // Awaited, for what a transaction has locked stays locked until it has ended.
        return tx.rollback().await.map_err(Error::from);
    }
    change.until = None;
    change
        .become_state(&mut tx, ChangeState::Unknown, now)
        .await?;
    let class = "process_died".to_owned();
    let entry = Entry::new(Event::ChangeUnknown { class })
        .project(&change.project.id)
        .change(id);
    audit::append(&mut tx, &portal.random, &ACTOR, entry).await?;
    failpoint!("change_settle.audited");
    tx.commit().await?;
    failpoint!("change_settle.committed");
    tracing::warn!(change.id = %id, "The process that called died");
    metrics::counter!("certdesk_change_outcomes_total", "outcome" => "unknown").increment(1);
    Ok(())
}

/// Reads what holds. That it was done may be concluded at any time; that it was not, only after the
/// deadline, and once nobody can still be sending it.
async fn read(portal: &Portal, id: ChangeId) -> Result<()> {
    let change = Stored::load(portal, &mut *portal.pool.acquire().await?, id).await?;
    if change.state != ChangeState::Unknown {
        return Ok(());
    }
    let asked_at = portal.clock.now();
    let holds = kind::holds(portal, &change).await?;
    failpoint!("change_settle.read");

    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let down = calls::is_down(&mut tx, id.0).await?;
    let mut change = Stored::lock(portal, &mut tx, id).await?;
    if change.state != ChangeState::Unknown {
        return Ok(()); // Somebody was faster.
    }
    if holds {
        return outcome::applied(portal, tx, change, (&ACTOR, SettledBy::Reading), now).await;
    }
    let overdue = change
        .call
        .is_some_and(|call| asked_at > call.deadline + portal.pace.span(SHOWN_WITHIN));
    if !down || !overdue {
        return Ok(());
    }
    change
        .become_state(&mut tx, ChangeState::NotApplied, now)
        .await?;
    let entry = Entry::new(Event::ChangeNotApplied {})
        .project(&change.project.id)
        .change(id);
    audit::append(&mut tx, &portal.random, &ACTOR, entry).await?;
    failpoint!("change_not_applied.audited");
    tx.commit().await?;
    failpoint!("change_not_applied.committed");
    tracing::warn!(change.id = %id, "Atlas has not done change {id}");
    metrics::counter!("certdesk_change_outcomes_total", "outcome" => "not_applied").increment(1);
    Ok(())
}
