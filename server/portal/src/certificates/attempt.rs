//! The one call to Atlas, and what is recorded before and after it.
//!
//! Runs as a task of its own: the browser's connection may go, the attempt goes on. Only the process
//! that began an attempt ever makes its call; everybody else only finds out what became of it.

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::{
    confirm::confirm,
    outcome::{self, Outcome},
    pem,
    pickup::Secret,
};
use crate::{
    Actor, Error, Portal, Result,
    atlas::{Purpose, ReadError, WriteError},
    audit::{self, Entry, Event},
    calls::{self, Beginning, Fence},
    error::chain,
    failpoint::failpoint,
    model::{AttemptId, GroupId, Months, PersonId, RequestId, Serial, Username},
};

/// The job that acts in the audit log.
pub(super) const ACTOR: Actor = Actor::System("issuance");

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
    let mut fence = match Fence::raise(&portal, attempt.id.0).await {
        Ok(Some(fence)) => fence,
        Ok(None) => return tracing::warn!("Somebody else has settled the attempt"),
        Err(error) => {
            tracing::warn!(error = %chain(&error), "The attempt's fence could not be raised");
            let outcome = Outcome::not_sent("database_away");
            return outcome::settle(&portal, &attempt, &secret, &outcome).await;
        }
    };
    failpoint!("attempt.fenced");
    let outcome = make(&portal, &attempt, &mut fence).await;
    outcome::settle(&portal, &attempt, &secret, &outcome).await;
    failpoint!("attempt.recorded");
    fence.lower().await;
    failpoint!("attempt.lowered");
    if let Outcome::Issued { checked, .. } = &outcome {
        confirm(&portal, &attempt, checked.serial).await;
    }
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
    let beginning = Beginning::now(portal);
    if let Err(error) = start_call(portal, attempt, &baseline, beginning).await {
        // Not known to have been committed: nothing is sent.
        tracing::warn!(error = %chain(&error), "The call was not started");
        return Outcome::not_sent("database_away");
    }
    failpoint!("call.committed");
    if fence.stands().await.is_err() || beginning.is_over(portal) {
        return Outcome::not_sent("too_late");
    }

    failpoint!("call.about_to_send");
    let sent = Instant::now();
    let answer = portal
        .atlas
        .create_certificate(&attempt.project, &attempt.username, attempt.months)
        .await;
    let elapsed = sent.elapsed();
    failpoint!("call.answered");
    metrics::histogram!("certdesk_issue_call_seconds").record(elapsed);
    match answer {
        Ok(issued) => {
            let asked = pem::Asked {
                username: &attempt.username,
                months: attempt.months,
                now: portal.clock.now(),
                baseline: &baseline.serials,
            };
            match pem::check(issued.expose(), &asked) {
                Ok(checked) => {
                    failpoint!("call.checked");
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
        Err(WriteError::NotSent { why, .. }) => Outcome::not_sent(&why.to_string()),
        Err(WriteError::Refused(refusal)) => Outcome::Rejected(refusal),
        Err(error @ WriteError::Unknown { class, .. }) => {
            tracing::warn!(error = %chain(&error), "Atlas's answer was lost");
            Outcome::Unknown {
                class: class.to_string(),
            }
        }
    }
}

/// What Atlas lists for the user before the call. Whatever it lists later and is not among these was
/// made since; what is among these and has not ended must be listed later, too.
struct Baseline {
    serials: Vec<Serial>,
    ends: Vec<OffsetDateTime>,
}

async fn baseline(portal: &Portal, attempt: &Attempt) -> std::result::Result<Baseline, ReadError> {
    portal.atlas.prepare_write(Purpose::Issuer).await?;
    failpoint!("attempt.proved");
    let mut listed = portal
        .atlas
        .list_certificates(&attempt.project, &attempt.username)
        .await?;
    failpoint!("attempt.listed");
    listed.sort_unstable_by_key(|certificate| certificate.serial);
    let (serials, ends) = listed
        .into_iter()
        .map(|certificate| (certificate.serial, certificate.not_after))
        .unzip();
    Ok(Baseline { serials, ends })
}

/// Commits that the call starts. Nothing may be sent before this has returned `Ok`.
async fn start_call(
    portal: &Portal,
    attempt: &Attempt,
    baseline: &Baseline,
    beginning: Beginning,
) -> Result<()> {
    let deadline = beginning.deadline(portal);
    let serials: Vec<i64> = baseline.serials.iter().map(|serial| serial.0).collect();
    let mut tx = portal.pool.begin().await?;
    // Whoever settled the attempt meanwhile wins; so does another run of the process.
    let changed = sqlx::query!(
        "update issue_attempt set state = 'calling', baseline = $2, baseline_ends = $3, call_started_at = $4,
            deadline = $5
         where id = $1 and state = 'prepared' and boot_id = $6",
        attempt.id.0,
        &serials,
        &baseline.ends,
        beginning.at,
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
    failpoint!("call.moved");
    let mut hash = Sha256::new();
    for serial in &baseline.serials {
        hash.update(serial.0.to_be_bytes());
    }
    let event = Event::IssueCallStarted {
        baseline_count: baseline.serials.len().to_string(),
        baseline_sha256: hex::encode(hash.finalize()),
        deadline,
    };
    let entry = Entry::new(event)
        .project(&attempt.project)
        .request(attempt.request)
        .attempt(attempt.id);
    audit::append(&mut tx, &portal.random, &ACTOR, entry).await?;
    failpoint!("call.audited");
    calls::commit(portal, tx).await
}
