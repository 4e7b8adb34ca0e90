//! Saying yes or no.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::stored::Stored;
use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Entry, Event},
    failpoint::failpoint,
    model::{Conflict, Months, PersonId, Reason, RequestId, RequestState},
    policy::Action,
    projects,
    step_up::require_fresh,
};

/// Says yes, for `months` (as asked, or fewer), to what the approver saw (`digest`).
///
/// # Errors
/// `NotFound`, `NotAllowed`, `StepUpRequired`, `Conflict`, `Unavailable`.
pub async fn approve(
    portal: &Portal,
    actor: &Actor,
    id: RequestId,
    months: Months,
    digest: &str,
) -> Result<()> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let mut request = Stored::lock(&mut tx, id).await?;
    let mut tx = request
        .authorize(portal, actor, Action::ApproveRequest, tx)
        .await?;
    let approver = require_fresh(portal, actor)?.id;
    request.expect(&[RequestState::Submitted])?;
    if request.until.is_some_and(|until| until <= now) {
        // The job that says so has not come by yet.
        return Err(Conflict::StateChanged {
            now: RequestState::Expired,
        }
        .into());
    }
    if request.digest != digest {
        return Err(Conflict::RequestChanged.into());
    }
    // The rules may have changed since it was asked.
    let standing = projects::standing(&mut tx, &request.project).await?;
    let most = standing.policy.longest_months.min(request.months.get());
    if months.get() > most {
        return Err(Conflict::TooLongForProject { most }.into());
    }
    let user = projects::find_user(&mut tx, actor, &standing, &request.username, now).await?;
    if let Some(obstacle) = user.ok_or(Error::NotFound)?.obstacle {
        return Err(Conflict::NotAvailable(obstacle).into());
    }

    let valid_until = now + Duration::hours(standing.policy.approval_valid_hours.into());
    request.approved_months = Some(months);
    record_decision(&mut tx, &request, approver, "approved", None, now).await?;
    failpoint!("approve.decided");
    request
        .become_state(&mut tx, RequestState::Approved, Some(valid_until), now)
        .await?;
    let event = Event::RequestApproved {
        months,
        digest: digest.to_owned(),
        valid_until,
    };
    let entry = Entry::new(event).project(&request.project).request(id);
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("approve.audited");
    tx.commit().await?;
    failpoint!("approve.committed");
    tracing::info!(request.id = %id, "Approved request {id}");
    Ok(())
}

/// Says no.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Conflict`, `Unavailable`.
pub async fn deny(portal: &Portal, actor: &Actor, id: RequestId, reason: Reason) -> Result<()> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let mut request = Stored::lock(&mut tx, id).await?;
    let mut tx = request
        .authorize(portal, actor, Action::DenyRequest, tx)
        .await?;
    let owner = actor.person().ok_or(Error::SignInRequired)?.id;
    request.expect(&[RequestState::Submitted])?;

    record_decision(&mut tx, &request, owner, "denied", Some(&reason), now).await?;
    failpoint!("deny.decided");
    request
        .become_state(&mut tx, RequestState::Denied, None, now)
        .await?;
    let entry = Entry::new(Event::RequestDenied {})
        .project(&request.project)
        .request(id)
        .text("reason", reason.as_str());
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("deny.audited");
    tx.commit().await?;
    failpoint!("deny.committed");
    tracing::info!(request.id = %id, "Denied request {id}");
    Ok(())
}

/// The constraint `four_eyes` refuses the requester once more, whatever the code above says.
async fn record_decision(
    tx: &mut PgConnection,
    request: &Stored,
    decider: PersonId,
    verdict: &str,
    reason: Option<&Reason>,
    now: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "insert into decision (request_id, requester_id, decider_id, verdict, reason, decided_at)
         values ($1, $2, $3, $4, $5, $6)",
        request.id.0,
        request.requester.0,
        decider.0,
        verdict,
        reason.map(Reason::as_str),
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}
