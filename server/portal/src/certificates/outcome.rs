//! Recording what became of an attempt.

use std::time::Duration as StdDuration;

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::{
    attempt::{ACTOR, Attempt},
    pem::Checked,
    pickup::{Belongs, Secret},
    unsettled::next_poll,
};
use crate::{
    Portal, Result,
    audit::{self, Entry, Event},
    calls::{self, keep_trying, refusal_json},
    failpoint::failpoint,
    model::{AttemptId, CertificateId, Refusal, RequestState},
    requests::Stored,
};

/// How long a key waits to be collected.
pub const PICKUP_FOR: Duration = Duration::minutes(15);

/// Refusals after which nobody should try the same again.
const ATTEMPTS_MAX: i16 = 3;

/// How Atlas answered, for the log.
pub(super) struct Answer {
    pub(super) elapsed: StdDuration,
    pub(super) status: u16,
    /// Atlas's own number of the request.
    pub(super) request_id: Option<String>,
}

/// What became of an attempt.
pub(super) enum Outcome {
    /// Nothing was sent, for certain.
    NotSent {
        /// Why.
        why: String,
        /// What Atlas said to the questions before, if it was that.
        refusal: Option<Refusal>,
    },
    /// Atlas refused, for certain.
    Rejected(Refusal),
    /// Nobody knows.
    Unknown {
        /// What happened.
        class: String,
    },
    /// It was made.
    Issued {
        /// Certificate and key.
        pem: Zeroizing<String>,
        /// What the certificate says.
        checked: Checked,
        /// How Atlas answered.
        answer: Answer,
    },
}

impl Outcome {
    pub(super) fn not_sent(why: &str) -> Self {
        Self::NotSent {
            why: why.to_owned(),
            refusal: None,
        }
    }
}

/// Records the outcome, trying again while the database is away.
pub(super) async fn settle(portal: &Portal, attempt: &Attempt, secret: &Secret, outcome: &Outcome) {
    keep_trying(portal, || record(portal, attempt, secret, outcome)).await;
}

async fn record(
    portal: &Portal,
    attempt: &Attempt,
    secret: &Secret,
    outcome: &Outcome,
) -> Result<()> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let mut request = Stored::lock(&mut tx, attempt.request).await?;
    if !is_open(&mut tx, attempt).await? {
        // An earlier try was committed although its answer was lost.
        return Ok(());
    }
    failpoint!("outcome.locked");
    let until = request.until;
    let event = match outcome {
        Outcome::NotSent { why, refusal } => {
            // Nothing reached Atlas's create call: the approval is as good as before.
            request.attempts -= 1;
            close(&mut tx, attempt, "not_sent", refusal.as_ref(), now).await?;
            request
                .become_state(&mut tx, RequestState::Approved, until, now)
                .await?;
            failpoint!("outcome.not_sent");
            Event::IssueNotSent { why: why.clone() }
        }
        Outcome::Rejected(refusal) => {
            close(&mut tx, attempt, "rejected", Some(refusal), now).await?;
            let over = request.attempts >= ATTEMPTS_MAX;
            let state = if over {
                RequestState::Failed
            } else {
                RequestState::Approved
            };
            request
                .become_state(&mut tx, state, until.filter(|_| !over), now)
                .await?;
            failpoint!("outcome.rejected");
            Event::IssueRejected {
                status: refusal.status.to_string(),
                code: refusal.code.clone(),
            }
        }
        Outcome::Unknown { class } => {
            lose_answer(portal, &mut tx, attempt.id, now).await?;
            request
                .become_state(&mut tx, RequestState::Unknown, until, now)
                .await?;
            failpoint!("outcome.unknown");
            Event::IssueUnknown {
                class: class.clone(),
            }
        }
        Outcome::Issued {
            pem,
            checked,
            answer,
        } => {
            return record_issued(portal, tx, request, attempt, secret, (pem, checked, answer))
                .await;
        }
    };
    let entry = Entry::new(event)
        .project(&attempt.project)
        .request(attempt.request)
        .attempt(attempt.id);
    audit::append(&mut tx, &portal.random, &ACTOR, entry).await?;
    failpoint!("outcome.audited");
    calls::commit(portal, tx).await?;
    failpoint!("outcome.committed");
    tracing::info!(outcome = outcome.name(), "Attempt settled");
    metrics::counter!("certdesk_issue_outcomes_total", "outcome" => outcome.name()).increment(1);
    Ok(())
}

impl Outcome {
    fn name(&self) -> &'static str {
        match self {
            Self::NotSent { .. } => "not_sent",
            Self::Rejected(_) => "rejected",
            Self::Unknown { .. } => "unknown",
            Self::Issued { .. } => "issued",
        }
    }
}

async fn is_open(tx: &mut PgConnection, attempt: &Attempt) -> Result<bool> {
    let state = sqlx::query_scalar!(
        "select state from issue_attempt where id = $1 for update",
        attempt.id.0
    )
    .fetch_one(tx)
    .await?;
    Ok(matches!(state.as_str(), "prepared" | "calling"))
}

/// The answer of an attempt is lost: from now on it is found out what it was.
pub(super) async fn lose_answer(
    portal: &Portal,
    tx: &mut PgConnection,
    attempt: AttemptId,
    now: OffsetDateTime,
) -> Result<()> {
    let deadline = sqlx::query_scalar!(
        r#"select deadline as "deadline!" from issue_attempt where id = $1"#,
        attempt.0
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query!(
        "update issue_attempt set state = 'unknown', unknown_at = $2, next_poll_at = $3 where id = $1",
        attempt.0,
        now,
        next_poll(portal, deadline, now)
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends an attempt without a certificate.
pub(super) async fn close(
    tx: &mut PgConnection,
    attempt: &Attempt,
    state: &str,
    refusal: Option<&Refusal>,
    now: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "update issue_attempt set state = $2, refusal = $3, settled_at = $4 where id = $1",
        attempt.id.0,
        state,
        refusal.map(refusal_json).transpose()?,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Seals the key and records the certificate, all in one transaction.
async fn record_issued(
    portal: &Portal,
    mut tx: sqlx::PgTransaction<'_>,
    mut request: Stored,
    attempt: &Attempt,
    secret: &Secret,
    (pem, checked, answer): (&str, &Checked, &Answer),
) -> Result<()> {
    let now = portal.clock.now();
    let certificate = CertificateId(portal.new_id());
    // Whole seconds: it is part of what the key is sealed for, and must read back the same.
    let until = (now + PICKUP_FOR).replace_nanosecond(0).unwrap_or(now);
    let belongs = Belongs {
        attempt: attempt.id,
        requester: attempt.requester,
        serial: checked.serial,
        until,
    };
    let sealed = portal.keyring.seal(secret, &belongs, pem.as_bytes(), now)?;
    failpoint!("issued.sealed");
    sqlx::query!(
        "insert into certificate
            (id, project_id, username, serial, subject, sha256, not_before, not_after, origin, holder_id, request_id,
             attempt_id, first_seen_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'portal', $9, $10, $11, $12)",
        certificate.0,
        attempt.project.as_str(),
        attempt.username.as_str(),
        checked.serial.0,
        checked.subject,
        checked.sha256.as_slice(),
        checked.not_before,
        checked.not_after,
        attempt.requester.0,
        attempt.request.0,
        attempt.id.0,
        now
    )
    .execute(&mut *tx)
    .await?;
    failpoint!("issued.inserted");
    sqlx::query!(
        "update issue_attempt set state = 'issued', certificate_id = $2, sealed = $3, nonce = $4, key_epoch = $5,
            pickup_until = $6, settled_at = $7
         where id = $1",
        attempt.id.0,
        certificate.0,
        sealed.bytes,
        sealed.nonce,
        sealed.epoch,
        until,
        now
    )
    .execute(&mut *tx)
    .await?;
    failpoint!("issued.kept");
    request
        .become_state(&mut tx, RequestState::Ready, Some(until), now)
        .await?;
    failpoint!("issued.moved");
    let event = Event::CertIssued {
        serial: checked.serial,
        sha256: hex::encode(checked.sha256),
        subject: checked.subject.clone(),
        not_before: checked.not_before,
        not_after: checked.not_after,
        elapsed_ms: answer.elapsed.as_millis().to_string(),
        status: answer.status.to_string(),
        atlas_request: answer.request_id.clone(),
    };
    let entry = Entry::new(event)
        .project(&attempt.project)
        .request(attempt.request)
        .attempt(attempt.id)
        .certificate(certificate);
    audit::append(&mut tx, &portal.random, &ACTOR, entry).await?;
    failpoint!("issued.audited");
    calls::commit(portal, tx).await?;
    failpoint!("issued.committed");
    tracing::info!(certificate.serial = %checked.serial, "Issued certificate {}", checked.serial);
    metrics::counter!("certdesk_issue_outcomes_total", "outcome" => "issued").increment(1);
    Ok(())
}
