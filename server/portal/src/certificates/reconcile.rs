//! Finding out what became of attempts whose answer was lost: by reading Atlas's list, again and again, and
//! never by calling once more.
//!
//! Takes no input and keeps nothing in memory: how far it has come stands in the attempt's row. Any number
//! of replicas may do it at once; whoever raises the attempt's fence looks, and whoever locks its row as it
//! was when looking began concludes.

use futures::{StreamExt as _, stream};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    conclude::{Conclusion, candidate, candidates, list_hash},
    foreign::{self, Reading},
    judge::{Call, Finding, find},
    unsettled::{Unclear, Unsettled, next_poll},
};
use crate::{
    Actor, Portal, Result,
    atlas::{ListedCertificate, ReadError},
    audit::Event,
    calls::{self, Fence},
    error::chain,
    failpoint::failpoint,
    model::{AttemptId, RefusalReason},
    requests::Stored,
};

/// The job that acts in the audit log.
const ACTOR: Actor = Actor::System("attempts.reconcile");

/// Attempts looked at in one run, and at the same time; the next run takes the rest.
const BATCH: i64 = 100;
const AT_ONCE: usize = 4;

/// Reads Atlas's list for every attempt whose answer was lost and that is due, and concludes what it can:
/// a certificate that was made, that nothing was, or that only security can tell. A failed or partial list
/// says nothing.
///
/// # Errors
/// `Unavailable` while the database or Atlas is away: then nothing is concluded.
pub async fn reconcile(portal: &Portal) -> Result<()> {
    let due = sqlx::query_scalar!(
        "select id from issue_attempt where state = 'unknown' and next_poll_at <= $1 order by next_poll_at limit $2",
        portal.clock.now(),
        BATCH
    )
    .fetch_all(&portal.pool)
    .await?;
    let results: Vec<Result<()>> = stream::iter(due)
        .map(|id| reconcile_one(portal, id))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    results.into_iter().fold(Ok(()), Result::and)
}

async fn reconcile_one(portal: &Portal, id: Uuid) -> Result<()> {
    let Some(fence) = Fence::raise(portal, id).await? else {
        return Ok(()); // The process that called lives, or another replica is looking.
    };
    failpoint!("reconcile.fenced");
    let looked = look(portal, AttemptId(id)).await;
    failpoint!("reconcile.looked");
    fence.lower().await;
    looked
}

async fn look(portal: &Portal, id: AttemptId) -> Result<()> {
    let asked_at = portal.clock.now();
    let attempt = Unsettled::load(&mut *portal.pool.acquire().await?, id).await?;
    let Some(attempt) = attempt.filter(|attempt| is_due(attempt, asked_at)) else {
        return Ok(()); // Somebody was faster.
    };
    let (project, username) = (&attempt.project, &attempt.username);
    let listed = match portal.atlas.list_certificates(project, username).await {
        Ok(listed) => listed,
        Err(error) if is_gone(&error) && asked_at >= attempt.window_ends(portal) => {
            metrics::counter!("certdesk_reconcile_polls_total", "outcome" => "gone").increment(1);
            return conclude(portal, &attempt, None, asked_at).await;
        }
        Err(error) => {
            tracing::warn!(attempt.id = %id, error = %chain(&error), "Atlas's list could not be read");
            metrics::counter!("certdesk_reconcile_polls_total", "outcome" => "failed").increment(1);
            postpone(portal, &attempt).await?;
            return Err(error.into());
        }
    };
    metrics::counter!("certdesk_reconcile_polls_total", "outcome" => "read").increment(1);
    failpoint!("reconcile.listed");
    let reading = Reading {
        project,
        username,
        listed: &listed,
        asked_at,
    };
    // First what cannot be this attempt's: it is somebody else's, whatever comes of this.
    foreign::record(portal, &ACTOR, &reading).await?;
    failpoint!("reconcile.recorded");
    conclude(portal, &attempt, Some(&listed), asked_at).await
}

/// Whether Atlas says that it lists nothing for this user, and never will: the user, or the project, is gone.
fn is_gone(error: &ReadError) -> bool {
    let ReadError::Refused(refusal) = error else {
        return false;
    };
    matches!(
        refusal.reason,
        RefusalReason::UserNotFound
            | RefusalReason::UserNotManaged
            | RefusalReason::ProjectNotFound
            | RefusalReason::NotFound
    )
}

fn is_due(attempt: &Unsettled, now: OffsetDateTime) -> bool {
    matches!(attempt.state, Unclear::Unknown(next) if next <= now)
}

/// A list that could not be read counts for nothing, but that it is tried again later.
async fn postpone(portal: &Portal, attempt: &Unsettled) -> Result<()> {
    let now = portal.clock.now();
    warn_if_overdue(portal, attempt, now);
    failpoint!("reconcile.postponed");
    sqlx::query!(
        "update issue_attempt set next_poll_at = $2 where id = $1 and state = 'unknown' and polls = $3",
        attempt.id.0,
        next_poll(portal, attempt.deadline, now),
        attempt.polls
    )
    .execute(&portal.pool)
    .await?;
    Ok(())
}

/// Records that the list was read, and what it says. Without one the user is gone: nothing can be read any
/// more, and nothing is concluded but that somebody has to say what is true.
async fn conclude(
    portal: &Portal,
    seen: &Unsettled,
    read: Option<&[ListedCertificate]>,
    asked_at: OffsetDateTime,
) -> Result<()> {
    let listed = read.unwrap_or_default();
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let request = Stored::lock(&mut tx, seen.request).await?;
    let attempt = Unsettled::lock(&mut tx, seen.id).await?;
    let unmoved = |attempt: &Unsettled| {
        matches!(attempt.state, Unclear::Unknown(_)) && attempt.polls == seen.polls
    };
    let Some(attempt) = attempt.filter(unmoved) else {
        return Ok(()); // Somebody was faster.
    };
    failpoint!("reconcile.locked");
    let serials: Vec<i64> = listed.iter().map(|one| one.serial.0).collect();
    let known = foreign::known(&mut tx, &attempt.project, &serials).await?;
    let call = Call {
        username: &attempt.username,
        months: attempt.months,
        started_at: attempt.started_at,
        baseline: &attempt.baseline,
    };
    let finding = read.map(|listed| find(&call, listed, &known, asked_at));
    let window_over = asked_at >= attempt.window_ends(portal);
    let hash = list_hash(listed);
    sqlx::query!(
        "update issue_attempt set polls = polls + 1, list_sha256 = $2, next_poll_at = $3 where id = $1",
        attempt.id.0,
        hash.as_slice(),
        next_poll(portal, attempt.deadline, now)
    )
    .execute(&mut *tx)
    .await?;

    failpoint!("reconcile.counted");
    let mut conclusion = Conclusion {
        portal,
        actor: &ACTOR,
        request,
        attempt,
        now,
    };
    let outcome = match finding {
        None => {
            conclusion
                .record_ambiguous(&mut tx, "user_gone", &[])
                .await?;
            "ambiguous"
        }
        Some(Finding::Made(one)) => {
            conclusion.record_lost(&mut tx, &candidate(&one)).await?;
            failpoint!("reconcile.lost");
            "lost"
        }
        Some(Finding::Several(found)) => {
            let candidates = candidates(&mut tx, &conclusion.attempt, &found).await?;
            conclusion
                .record_ambiguous(&mut tx, "several", &candidates)
                .await?;
            failpoint!("reconcile.ambiguous");
            "ambiguous"
        }
        Some(Finding::Nothing) if window_over => {
            let approval = conclusion.end_as_not_issued(&mut tx).await?;
            let event = Event::IssueNotIssued {
                polls: (conclusion.attempt.polls + 1).to_string(),
                list_sha256: hex::encode(hash),
                approval: approval.to_owned(),
            };
            conclusion.append(&mut tx, conclusion.entry(event)).await?;
            failpoint!("reconcile.not_issued");
            "not_issued"
        }
        Some(Finding::Others(found)) if window_over => {
            let candidates = candidates(&mut tx, &conclusion.attempt, &found).await?;
            conclusion
                .record_ambiguous(&mut tx, "others", &candidates)
                .await?;
            "ambiguous"
        }
        Some(Finding::Differs(found)) if window_over => {
            let candidates = candidates(&mut tx, &conclusion.attempt, &found).await?;
            conclusion
                .record_ambiguous(&mut tx, "list_differs", &candidates)
                .await?;
            "ambiguous"
        }
        Some(Finding::Nothing | Finding::Others(_) | Finding::Differs(_)) => {
            warn_if_overdue(portal, &conclusion.attempt, now);
            tx.commit().await?;
            return Ok(());
        }
    };
    failpoint!("reconcile.concluded");
    calls::commit(portal, tx).await?;
    failpoint!("reconcile.committed");
    tracing::warn!(attempt.id = %seen.id, outcome, "Found out what a lost answer was: {outcome}");
    metrics::counter!("certdesk_issue_outcomes_total", "outcome" => outcome).increment(1);
    Ok(())
}

fn warn_if_overdue(portal: &Portal, attempt: &Unsettled, now: OffsetDateTime) {
    if attempt.is_overdue(portal, now) {
        tracing::error!(
            attempt.id = %attempt.id,
            project.id = %attempt.project,
            "What attempt {} has made is still not known",
            attempt.id
        );
        metrics::counter!("certdesk_reconcile_overdue_total").increment(1);
    }
}
