//! Beginning to make a certificate: the intent, committed before anything else happens.

use sqlx::PgConnection;
use time::OffsetDateTime;
use tracing::Instrument as _;
use zeroize::Zeroizing;

use super::{
    attempt::{self, Attempt},
    pause,
    pickup::{Secret, cookie_name},
};
use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Entry, Event, Subject},
    calls,
    database_users::turns,
    failpoint::failpoint,
    model::{AttemptId, Conflict, Denial, RequestId, RequestState},
    policy::{self, Action, On},
    projects,
    requests::Stored,
    step_up::require_fresh,
};

/// What the browser gets when an attempt has begun: the cookie without which nobody can unseal the key.
pub struct Begun {
    /// The attempt.
    pub attempt: AttemptId,
    /// The cookie's name.
    pub cookie_name: String,
    /// The cookie's value: 32 random bytes, base64url. Never logged, never stored.
    pub secret: Zeroizing<String>,
}

/// Begins making the certificate of an approved request: commits the intent and leaves the call to a
/// task that outlives the browser's connection. `Ok(None)`: an attempt was already under way (a
/// second click); the status page tells.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `StepUpRequired`, `Conflict`, `Unavailable`.
pub async fn issue(portal: &Portal, actor: &Actor, id: RequestId) -> Result<Option<Begun>> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let mut request = Stored::lock(&mut tx, id).await?;
    let mut tx = request
        .authorize(portal, actor, Action::IssueCertificate, tx)
        .await?;
    let person = require_fresh(portal, actor)?;
    if matches!(
        request.state,
        RequestState::Issuing | RequestState::Ready | RequestState::Unknown
    ) {
        return Ok(None);
    }
    request.expect(&[RequestState::Approved])?;
    if request.until.is_none_or(|until| until <= now) {
        return Err(Conflict::ApprovalExpired.into());
    }
    // Whoever lost the right to ask since the approval has lost the right to the certificate.
    let project = On::Project {
        slug: &request.slug,
    };
    if policy::may(&portal.role_groups, actor, Action::SubmitRequest, project).is_err() {
        tx.rollback().await?;
        let (denial, on) = (
            Denial::NotARequester,
            Subject::Request(&request.project, id),
        );
        audit::record_denied(portal, actor, Action::IssueCertificate, denial, on).await?;
        return Err(denial.into());
    }
    turns::take(&mut tx, &request.project, &request.username).await?;
    turns::expect_no_deletion(&mut tx, &request.project, &request.username).await?;
    let standing = projects::standing(&mut tx, &request.project).await?;
    let user = projects::find_user(&mut tx, actor, &standing, &request.username, now).await?;
    if let Some(obstacle) = user.ok_or(Error::NotFound)?.obstacle {
        return Err(Conflict::NotAvailable(obstacle).into());
    }
    let months = request.approved_months.unwrap_or(request.months);
    if months.get() > standing.policy.longest_months {
        return Err(Conflict::TooLongForProject {
            most: standing.policy.longest_months,
        }
        .into());
    }

    if let Some(until) = pause::lately_lost(portal, &mut tx).await?.paused_until {
        metrics::counter!("certdesk_issue_paused_total").increment(1);
        return Err(Conflict::IssuancePaused { until }.into());
    }

    failpoint!("issue.checked");
    let secret = Secret::new(&portal.random);
    let attempt = Attempt {
        id: AttemptId(portal.new_id()),
        request: id,
        project: request.project.clone(),
        username: request.username.clone(),
        months,
        requester: person.id,
    };
    if !insert(portal, &mut tx, &attempt, &secret.hash(), now).await? {
        return Err(Conflict::IssuanceInProgress.into());
    }
    failpoint!("issue.inserted");
    request.attempts += 1;
    let until = request.until;
    request
        .become_state(&mut tx, RequestState::Issuing, until, now)
        .await?;
    failpoint!("issue.moved");
    let entry = Entry::new(Event::IssueIntent {})
        .project(&request.project)
        .request(id)
        .attempt(attempt.id);
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("issue.audited");
    calls::commit(portal, tx).await?;
    failpoint!("issue.committed");

    // From here on nothing awaits: the browser may hang up, the attempt goes on.
    let begun = Begun {
        attempt: attempt.id,
        cookie_name: cookie_name(id),
        secret: secret.to_cookie(),
    };
    let span =
        tracing::info_span!(parent: None, "issuance", request.id = %id, attempt.id = %attempt.id);
    portal
        .tasks
        .spawn(attempt::run(portal.clone(), attempt, secret).instrument(span));
    failpoint!("issue.spawned");
    Ok(Some(begun))
}

/// Inserts the attempt; `false` if another one of its database user is open.
async fn insert(
    portal: &Portal,
    tx: &mut PgConnection,
    attempt: &Attempt,
    secret_hash: &[u8],
    now: OffsetDateTime,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into issue_attempt
            (id, request_id, project_id, username, months, state, boot_id, secret_hash, began_at)
         values ($1, $2, $3, $4, $5, 'prepared', $6, $7, $8)
         on conflict (project_id, username) where state in ('prepared', 'calling', 'unknown') do nothing",
        attempt.id.0,
        attempt.request.0,
        attempt.project.as_str(),
        attempt.username.as_str(),
        i16::from(attempt.months.get()),
        portal.boot_id,
        secret_hash,
        now
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}
