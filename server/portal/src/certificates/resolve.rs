//! Security says what was made, where Atlas's lists do not tell.

use sqlx::PgConnection;

use super::{
    conclude::{Conclusion, recorded},
    explain,
    foreign::{self, Reading},
    unsettled::{Unclear, Unsettled, of_request},
};
use crate::{
    Actor, Error, Portal, Result,
    atlas::ListedCertificate,
    audit::Event,
    calls,
    failpoint::failpoint,
    model::{
        Candidate, Field, FieldError, Origin, Problem, Reason, RequestId, RequestState, Serial,
        Verdict,
    },
    policy::Action,
    requests::Stored,
    step_up::require_fresh,
};

/// Ends an ambiguous request as security says: one of the candidates was made for it, or nothing was. The
/// candidates that were not are nobody's, and are recorded as unexplained.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `StepUpRequired`, `Conflict` if it is not ambiguous any more, `Invalid` for a
/// certificate that is no candidate, `Unavailable`.
pub async fn resolve(
    portal: &Portal,
    actor: &Actor,
    id: RequestId,
    verdict: Verdict,
    reason: &Reason,
) -> Result<()> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let request = Stored::lock(&mut tx, id).await?;
    let mut tx = request
        .authorize(portal, actor, Action::ResolveRequest, tx)
        .await?;
    require_fresh(portal, actor)?;
    request.expect(&[RequestState::Ambiguous])?;
    let (attempt, candidates) = ambiguous(&mut tx, id).await?;
    let mut conclusion = Conclusion {
        portal,
        actor,
        request,
        attempt,
        now,
    };
    let (chosen, rest): (Vec<_>, Vec<_>) = candidates
        .into_iter()
        .partition(|one| verdict == Verdict::Lost(one.serial));
    let event = match (verdict, chosen.first()) {
        (Verdict::Lost(serial), Some(made)) => {
            record_made(&mut conclusion, &mut tx, made, reason).await?;
            resolved("lost", Some(serial), None)
        }
        (Verdict::Lost(_), None) => return Err(no_candidate()),
        (Verdict::NothingMade, _) => {
            let approval = conclusion.end_as_not_issued(&mut tx).await?;
            resolved("nothing_made", None, Some(approval))
        }
    };
    failpoint!("resolve.decided");
    for other in &rest {
        record_other(&conclusion, &mut tx, other).await?;
    }
    let entry = conclusion.entry(event).text("reason", reason.as_str());
    conclusion.append(&mut tx, entry).await?;
    failpoint!("resolve.audited");
    calls::commit(portal, tx).await?;
    failpoint!("resolve.committed");
    tracing::warn!(request.id = %id, %verdict, "Security resolved request {id}");
    let outcome = match verdict {
        Verdict::Lost(_) => "lost",
        Verdict::NothingMade => "not_issued",
    };
    metrics::counter!("certdesk_issue_outcomes_total", "outcome" => outcome).increment(1);
    Ok(())
}

/// The attempt security decides over, locked, and what it may have made.
async fn ambiguous(
    tx: &mut PgConnection,
    request: RequestId,
) -> Result<(Unsettled, Vec<Candidate>)> {
    let attempt = of_request(tx, request).await?;
    let attempt = match attempt {
        Some(attempt) => Unsettled::lock(tx, attempt.id).await?,
        None => None,
    };
    match attempt {
        Some(attempt) => match attempt.state.clone() {
            Unclear::Ambiguous(candidates) => Ok((attempt, candidates)),
            Unclear::Unknown(_) => Err(no_attempt(request)),
        },
        None => Err(no_attempt(request)),
    }
}

fn no_attempt(request: RequestId) -> Error {
    Error::internal(
        "an ambiguous request has no ambiguous attempt",
        request.to_string(),
    )
}

fn no_candidate() -> Error {
    Error::Invalid(vec![FieldError {
        field: Field::Verdict,
        problem: Problem::NotAChoice,
    }])
}

fn resolved(verdict: &str, serial: Option<Serial>, approval: Option<&str>) -> Event {
    Event::IssueResolved {
        verdict: verdict.to_owned(),
        serial,
        approval: approval.map(str::to_owned),
    }
}

/// This one was made for the request. Where it is on record as unexplained, it is explained by this.
async fn record_made(
    conclusion: &mut Conclusion<'_>,
    tx: &mut PgConnection,
    made: &Candidate,
    reason: &Reason,
) -> Result<()> {
    let Some(certificate) = recorded(tx, &conclusion.attempt, made.serial).await? else {
        conclusion.record_lost(tx, made).await?;
        return Ok(());
    };
    conclusion.end_as_lost(tx, certificate).await?;
    let person = conclusion.actor.person().ok_or(Error::SignInRequired)?;
    if explain::insert(tx, certificate, person.id, reason, conclusion.now).await? {
        let event = Event::CertExplained {
            serial: made.serial,
        };
        let entry = conclusion
            .entry(event)
            .certificate(certificate)
            .text("reason", reason.as_str());
        conclusion.append(tx, entry).await?;
    }
    Ok(())
}

/// This one was not made for the request: nothing explains it.
async fn record_other(
    conclusion: &Conclusion<'_>,
    tx: &mut PgConnection,
    other: &Candidate,
) -> Result<()> {
    let attempt = &conclusion.attempt;
    if recorded(tx, attempt, other.serial).await?.is_some() {
        return Ok(());
    }
    let listed = ListedCertificate {
        serial: other.serial,
        created_at: other.not_before,
        not_after: other.not_after,
        subject: other.subject.clone(),
    };
    let reading = Reading {
        project: &attempt.project,
        username: &attempt.username,
        listed: &[],
        asked_at: conclusion.now,
    };
    let (portal, actor) = (conclusion.portal, conclusion.actor);
    foreign::insert(portal, tx, actor, &reading, &listed, Origin::Unexplained).await
}
