//! The one call to Atlas, and what is recorded before and after it.
//!
//! Runs as a task of its own: the browser's connection may go, the change goes on. Only the process that
//! began a call ever makes it; everybody else only finds out what became of it.

use tokio::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    kind::{self, Preflight},
    outcome::{self, Outcome},
    stored::{Call, Stored},
};
use crate::{
    Actor, Error, Portal, Result,
    atlas::WriteError,
    audit::{self, Entry, Event},
    calls::{self, Beginning, Fence},
    error::chain,
    failpoint::failpoint,
    model::{ChangeId, ChangeState, Conflict, RefusalReason, Upstream},
};

/// One try to carry a change out.
pub(super) struct Try {
    pub(super) id: Uuid,
    pub(super) change: ChangeId,
    /// Whose word it is that it be done now.
    pub(super) actor: Actor,
}

/// Leaves a change that is approved to a task.
pub(super) fn spawn(portal: &Portal, actor: &Actor, id: ChangeId) {
    let span = tracing::info_span!(parent: None, "change", change.id = %id);
    let attempt = Try {
        id: portal.new_id(),
        change: id,
        actor: actor.clone(),
    };
    portal
        .tasks
        .spawn(run(portal.clone(), attempt).instrument(span));
}

/// Makes the call of a change that is `approved`, and records what came of it.
async fn run(portal: Portal, attempt: Try) {
    let mut fence = match Fence::raise(&portal, attempt.change.0).await {
        Ok(Some(fence)) => fence,
        Ok(None) => return tracing::info!("Somebody is at the change already"),
        Err(error) => {
            tracing::warn!(error = %chain(&error), "The change's fence could not be raised");
            let outcome = Outcome::not_sent("database_away");
            return outcome::record(&portal, &attempt, &outcome).await;
        }
    };
    failpoint!("change.fenced");
    if let Some(outcome) = make(&portal, &attempt, &mut fence).await {
        outcome::record(&portal, &attempt, &outcome).await;
        failpoint!("change.recorded");
    }
    fence.lower().await;
}

/// `None`: it is not approved any more, and nothing is to be recorded.
async fn make(portal: &Portal, attempt: &Try, fence: &mut Fence) -> Option<Outcome> {
    // Everything that can fail without harm comes before the call counts as started.
    let change = match approved(portal, attempt.change).await {
        Ok(change) => change?,
        Err(error) => return Some(not_begun(&error)),
    };
    let authorities = match look(portal, &change).await {
        Ok(Preflight::AsPlanned { authorities }) => authorities,
        Ok(Preflight::Differs { why }) => return Some(Outcome::not_sent(why)),
        Err(error) => return Some(not_begun(&error)),
    };
    failpoint!("change.looked");
    let beginning = Beginning::now(portal);
    match start_call(portal, attempt, authorities, beginning).await {
        Ok(Start::Begun) => {}
        Ok(Start::Gone) => return None,
        Ok(Start::Hindered { why }) => return Some(Outcome::not_sent(why)),
        Err(error) => {
            // Not known to have been committed: nothing is sent.
            tracing::warn!(error = %chain(&error), "The call was not started");
            return Some(Outcome::not_sent("database_away"));
        }
    }
    failpoint!("change_call.committed");
    if fence.stands().await.is_err() || beginning.is_over(portal) {
        return Some(Outcome::not_sent("too_late"));
    }

    failpoint!("change_call.about_to_send");
    let sent = Instant::now();
    let answer = kind::call(portal, &change).await;
    failpoint!("change_call.answered");
    metrics::histogram!("certdesk_change_call_seconds").record(sent.elapsed());
    Some(match answer {
        Ok(()) => Outcome::Applied,
        Err(WriteError::NotSent { why, .. }) => Outcome::not_sent(&why.to_string()),
        // Atlas has not looked at it: the same yes is good for another try, once Atlas takes calls again.
        Err(WriteError::Refused(refusal)) if refusal.reason == RefusalReason::RateLimited => {
            Outcome::NotSent {
                why: "rate_limited".to_owned(),
                refusal: Some(refusal),
            }
        }
        Err(WriteError::Refused(refusal)) => Outcome::Rejected(refusal),
        Err(error @ WriteError::Unknown { class, .. }) => {
            tracing::warn!(error = %chain(&error), "Atlas's answer was lost");
            Outcome::Unknown {
                class: class.to_string(),
            }
        }
    })
}

/// Why nothing was begun.
fn not_begun(error: &Error) -> Outcome {
    tracing::warn!(error = %chain(error), "The call was not begun");
    match error {
        Error::Refused(refusal) => Outcome::NotSent {
            why: "refused".to_owned(),
            refusal: Some(refusal.clone()),
        },
        Error::Unavailable {
            upstream: Upstream::Atlas,
            ..
        } => Outcome::not_sent("atlas_away"),
        Error::Unavailable { .. } => Outcome::not_sent("database_away"),
        Error::Conflict(Conflict::RequesterLeft | Conflict::SecondLeft) => {
            Outcome::not_sent("person_left")
        }
        _ => Outcome::not_sent("fault"),
    }
}

/// The change, if it is approved and may still be carried out; an error where one of the two people behind
/// it has lost the right to.
async fn approved(portal: &Portal, id: ChangeId) -> Result<Option<Stored>> {
    let mut db = portal.pool.acquire().await?;
    let change = Stored::load(portal, &mut db, id).await?;
    let waits = change.expect(&[ChangeState::Approved], portal.clock.now());
    if waits.is_err() {
        return Ok(None);
    }
    kind::require_both(portal, &mut db, &change).await?;
    Ok(Some(change))
}

/// What Atlas says before the call.
async fn look(portal: &Portal, change: &Stored) -> Result<Preflight> {
    portal
        .atlas
        .prepare_write(kind::purpose(change.plan.kind()))
        .await?;
    kind::preflight(portal, change).await
}

/// Whether a call may be made.
enum Start {
    /// It is on record.
    Begun,
    /// Somebody has taken the change back, or its time is over.
    Gone,
    /// Something has come in between.
    Hindered { why: &'static str },
}

/// Commits that the call starts. Nothing may be sent before this has returned [`Start::Begun`].
async fn start_call(
    portal: &Portal,
    attempt: &Try,
    authorities: Option<String>,
    beginning: Beginning,
) -> Result<Start> {
    let (now, deadline) = (beginning.at, beginning.deadline(portal));
    let mut tx = portal.pool.begin().await?;
    let mut change = Stored::lock(portal, &mut tx, attempt.change).await?;
    if change.expect(&[ChangeState::Approved], now).is_err() {
        return Ok(Start::Gone);
    }
    if let Some(why) = kind::hindrance(&mut tx, &change).await? {
        // At once: whoever records this waits for the change's row.
        tx.rollback().await?;
        return Ok(Start::Hindered { why });
    }
    change.tried = Some(attempt.id);
    change.call = Some(Call {
        started_at: now,
        deadline,
    });
    (change.not_sent, change.refusal) = (None, None);
    change.authorities = authorities.or(change.authorities);
    change
        .become_state(&mut tx, ChangeState::Calling, now)
        .await?;
    let entry = Entry::new(Event::ChangeCallStarted { deadline })
        .project(&change.project.id)
        .change(change.id);
    audit::append(&mut tx, &portal.random, &attempt.actor, entry).await?;
    failpoint!("change_call.audited");
    calls::commit(portal, tx).await?;
    Ok(Start::Begun)
}
