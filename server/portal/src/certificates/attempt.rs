//! The one call to Atlas, and what is recorded before and after it.
//!
//! Runs as a task of its own: the browser's connection may go, the attempt goes on. Only the process
//! that began an attempt ever makes its call; everybody else only finds out what became of it.

use std::time::Duration as StdDuration;

use sha2::{Digest as _, Sha256};
use time::Duration;
use tokio::time::Instant;

use super::{
    fence::Fence,
    outcome::{self, Outcome},
    pem,
    pickup::Secret,
};
use crate::{
    Actor, Error, Portal, Result,
    atlas::{CreateError, ReadError},
    audit::{self, Entry, Event},
    error::chain,
    model::{AttemptId, GroupId, Months, PersonId, Refusal, RequestId, Serial, Username},
};

/// The job that acts in the audit log.
pub(super) const ACTOR: Actor = Actor::System("issuance");

/// How long after `issue.call_started` the request may begin to be sent. A process that slept longer
/// (a paused machine) no longer knows what others have concluded.
const SEND_WITHIN: StdDuration = StdDuration::from_secs(10);

/// Within this time Atlas has answered, or its answer counts as lost.
const ANSWER_WITHIN: Duration = Duration::seconds(50);

/// One try to have a certificate made.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) id: AttemptId,
    pub(super) request: RequestId,
    pub(super) project: GroupId,
    pub(super) username: Username,
    pub(super) months: Months,
    pub(super) requester: PersonId,
}

/// Makes the call of an attempt that is `prepared`, and records what came of it.
pub(super) async fn run(portal: Portal, attempt: Attempt, secret: Secret) {
    let mut fence = match Fence::raise(&portal, attempt.id).await {
        Ok(Some(fence)) => fence,
        Ok(None) => return tracing::warn!("Somebody else has settled the attempt"),
        Err(error) => {
            tracing::warn!(error = %chain(&error), "The attempt's fence could not be raised");
            let outcome = Outcome::not_sent("database_away");
            return outcome::settle(&portal, &attempt, &secret, outcome).await;
        }
    };
    let outcome = make(&portal, &attempt, &mut fence).await;
    outcome::settle(&portal, &attempt, &secret, outcome).await;
    fence.lower().await;
}

async fn make(portal: &Portal, attempt: &Attempt, fence: &mut Fence) -> Outcome {
    // Everything that can fail without harm comes before the call counts as started.
    let baseline = match baseline(portal, attempt).await {
        Ok(baseline) => baseline,
        Err(ReadError::Refused(refusal)) => {
            return Outcome::NotSent {
                why: "refused".into(),
                refusal: Some(refusal),
            };
        }
        Err(error @ ReadError::Unavailable { .. }) => {
            tracing::warn!(error = %chain(&error), "Atlas was away before the call");
            return Outcome::not_sent("atlas_away");
        }
    };
    let started = Instant::now();
    if let Err(error) = start_call(portal, attempt, &baseline).await {
        // Whether that was committed or not: nothing was sent.
        tracing::warn!(error = %chain(&error), "The call was not started");
        return Outcome::not_sent("database_away");
    }
    if fence.stands().await.is_err() || started.elapsed() > SEND_WITHIN {
        return Outcome::not_sent("too_late");
    }

    let sent = Instant::now();
    let answer = portal
        .atlas
        .create_certificate(&attempt.project, &attempt.username, attempt.months)
        .await;
    let elapsed = sent.elapsed();
    metrics::histogram!("certdesk_issue_call_seconds").record(elapsed);
    match answer {
        Ok(issued) => {
            let asked = pem::Asked {
                username: &attempt.username,
                months: attempt.months,
                now: portal.clock.now(),
                baseline: &baseline,
            };
            match pem::check(issued.expose(), &asked) {
                Ok(checked) => {
                    let (status, request_id) = (issued.status, issued.request_id.clone());
                    let answer = outcome::Answer {
                        elapsed,
                        status,
                        request_id,
                    };
                    Outcome::Issued {
                        pem: issued.into_pem(),
                        checked,
                        answer,
                    }
                }
                // Something was made, but not what was asked for: only Atlas's list can tell what.
                Err(mismatch) => Outcome::Unknown {
                    class: mismatch.to_string(),
                },
            }
        }
        Err(CreateError::NotSent { why, .. }) => Outcome::not_sent(&why.to_string()),
        Err(CreateError::Refused(refusal)) => Outcome::Rejected(refusal),
        Err(error @ CreateError::Unknown { class, .. }) => {
            tracing::warn!(error = %chain(&error), "Atlas's answer was lost");
            Outcome::Unknown {
                class: class.to_string(),
            }
        }
    }
}

/// What Atlas lists for the user before the call. Whatever it lists later and is not among these was
/// made since.
async fn baseline(
    portal: &Portal,
    attempt: &Attempt,
) -> std::result::Result<Vec<Serial>, ReadError> {
    portal.atlas.prepare_create().await?;
    let listed = portal
        .atlas
        .list_certificates(&attempt.project, &attempt.username)
        .await?;
    let mut baseline: Vec<Serial> = listed
        .into_iter()
        .map(|certificate| certificate.serial)
        .collect();
    baseline.sort_unstable();
    Ok(baseline)
}

/// Commits that the call starts. Nothing may be sent before this has returned `Ok`.
async fn start_call(portal: &Portal, attempt: &Attempt, baseline: &[Serial]) -> Result<()> {
    let now = portal.clock.now();
    let deadline = now + ANSWER_WITHIN;
    let serials: Vec<i64> = baseline.iter().map(|serial| serial.0).collect();
    let mut tx = portal.pool.begin().await?;
    // Whoever settled the attempt meanwhile wins; so does another run of the process.
    let changed = sqlx::query!(
        "update issue_attempt set state = 'calling', baseline = $2, call_started_at = $3, deadline = $4
         where id = $1 and state = 'prepared' and boot_id = $5",
        attempt.id.0,
        &serials,
        now,
        deadline,
        portal.boot_id
    )
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() != 1 {
        return Err(Error::internal(
            "the attempt is not prepared any more",
            attempt.id.to_string(),
        ));
    }
    let mut hash = Sha256::new();
    for serial in baseline {
        hash.update(serial.0.to_be_bytes());
    }
    let event = Event::IssueCallStarted {
        baseline_count: baseline.len().to_string(),
        baseline_sha256: hex::encode(hash.finalize()),
        deadline,
    };
    let entry = Entry::new(event)
        .project(&attempt.project)
        .request(attempt.request)
        .attempt(attempt.id);
    audit::append(&mut tx, &portal.random, &ACTOR, entry).await?;
    Ok(tx.commit().await?)
}

/// Atlas's refusal as the attempt's row keeps it.
pub(super) fn refusal_json(refusal: &Refusal) -> Result<serde_json::Value> {
    serde_json::to_value(refusal)
        .map_err(|error| Error::internal("a refusal could not be written", error))
}
