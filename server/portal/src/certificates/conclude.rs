//! Recording what became of an attempt whose answer was lost.

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::unsettled::{Unsettled, was_given_back};
use crate::{
    Actor, Error, Portal, Result,
    atlas::ListedCertificate,
    audit::{self, Entry, Event},
    model::{Candidate, CertificateId, RequestState, Serial},
    requests::Stored,
};

/// A request and its attempt, both locked, and who concludes.
pub(super) struct Conclusion<'a> {
    pub(super) portal: &'a Portal,
    pub(super) actor: &'a Actor,
    pub(super) request: Stored,
    pub(super) attempt: Unsettled,
    pub(super) now: OffsetDateTime,
}

impl Conclusion<'_> {
    /// An entry about the request and the attempt.
    pub(super) fn entry(&self, event: Event) -> Entry<'_> {
        Entry::new(event)
            .project(&self.attempt.project)
            .request(self.attempt.request)
            .attempt(self.attempt.id)
    }

    pub(super) async fn append(&self, tx: &mut PgConnection, entry: Entry<'_>) -> Result<()> {
        audit::append(tx, &self.portal.random, self.actor, entry).await?;
        Ok(())
    }

    /// The certificate was made, and nobody has its key.
    pub(super) async fn record_lost(
        &mut self,
        tx: &mut PgConnection,
        made: &Candidate,
    ) -> Result<CertificateId> {
        let id = CertificateId(self.portal.new_id());
        sqlx::query!(
            "insert into certificate
                (id, project_id, username, serial, subject, not_before, not_after, origin, request_id, attempt_id,
                 first_seen_at, seen_at)
             values ($1, $2, $3, $4, $5, $6, $7, 'lost', $8, $9, $10, $10)",
            id.0,
            self.attempt.project.as_str(),
            self.attempt.username.as_str(),
            made.serial.0,
            made.subject,
            made.not_before,
            made.not_after,
            self.attempt.request.0,
            self.attempt.id.0,
            self.now
        )
        .execute(&mut *tx)
        .await?;
        self.end_as_lost(tx, id).await?;
        let event = Event::CertLost {
            serial: made.serial,
            created_at: made.not_before,
            not_after: made.not_after,
        };
        self.append(tx, self.entry(event).certificate(id)).await?;
        Ok(id)
    }

    /// The attempt has led to a certificate that is on record.
    pub(super) async fn end_as_lost(
        &mut self,
        tx: &mut PgConnection,
        certificate: CertificateId,
    ) -> Result<()> {
        sqlx::query!(
            "update issue_attempt set state = 'lost', certificate_id = $2, next_poll_at = null, settled_at = $3
             where id = $1",
            self.attempt.id.0,
            certificate.0,
            self.now
        )
        .execute(&mut *tx)
        .await?;
        self.request
            .become_state(tx, RequestState::Lost, None, self.now)
            .await
    }

    /// Nothing was made: the approval is given back, once. What became of it, as the log words it.
    pub(super) async fn end_as_not_issued(
        &mut self,
        tx: &mut PgConnection,
    ) -> Result<&'static str> {
        let gives_back = !was_given_back(tx, self.attempt.request).await?;
        sqlx::query!(
            "update issue_attempt set state = 'not_issued', rearmed = $2, next_poll_at = null, settled_at = $3
             where id = $1",
            self.attempt.id.0,
            gives_back,
            self.now
        )
        .execute(&mut *tx)
        .await?;
        let (state, until, word) = if gives_back {
            let until = self.request.until;
            (RequestState::Approved, until, "given_back")
        } else {
            (RequestState::Failed, None, "used_up")
        };
        self.request
            .become_state(tx, state, until, self.now)
            .await?;
        Ok(word)
    }

    /// Only security can say what was made.
    pub(super) async fn record_ambiguous(
        &mut self,
        tx: &mut PgConnection,
        why: &str,
        candidates: &[Candidate],
    ) -> Result<()> {
        let json = serde_json::to_value(candidates)
            .map_err(|error| Error::internal("candidates could not be written", error))?;
        sqlx::query!(
            "update issue_attempt set state = 'ambiguous', candidates = $2, next_poll_at = null where id = $1",
            self.attempt.id.0,
            json
        )
        .execute(&mut *tx)
        .await?;
        let until = self.request.until;
        self.request
            .become_state(tx, RequestState::Ambiguous, until, self.now)
            .await?;
        let event = Event::IssueAmbiguous {
            why: why.to_owned(),
            candidates: candidates.iter().map(|one| one.serial).collect(),
        };
        self.append(tx, self.entry(event)).await
    }
}

/// Certificates as candidates, with their pages where they are on record.
pub(super) async fn candidates(
    tx: &mut PgConnection,
    attempt: &Unsettled,
    listed: &[ListedCertificate],
) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::with_capacity(listed.len());
    for one in listed {
        let certificate = recorded(tx, attempt, one.serial).await?;
        candidates.push(Candidate {
            certificate,
            ..candidate(one)
        });
    }
    Ok(candidates)
}

/// A certificate as a candidate.
pub(super) fn candidate(listed: &ListedCertificate) -> Candidate {
    Candidate {
        serial: listed.serial,
        not_before: listed.created_at,
        not_after: listed.not_after,
        subject: listed.subject.clone(),
        certificate: None,
    }
}

/// The certificate's page, where it is on record.
pub(super) async fn recorded(
    db: &mut PgConnection,
    attempt: &Unsettled,
    serial: Serial,
) -> Result<Option<CertificateId>> {
    Ok(sqlx::query_scalar!(
        "select id from certificate where project_id = $1 and serial = $2",
        attempt.project.as_str(),
        serial.0
    )
    .fetch_optional(db)
    .await?
    .map(CertificateId))
}

/// SHA-256 over all a list says, in its order: proves what a conclusion was drawn from.
pub(super) fn list_hash(listed: &[ListedCertificate]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"certdesk/list/v1");
    for one in listed {
        hash.update(one.serial.0.to_be_bytes());
        hash.update(one.created_at.unix_timestamp().to_be_bytes());
        hash.update(one.not_after.unix_timestamp().to_be_bytes());
        hash.update((one.subject.len() as u64).to_be_bytes());
        hash.update(one.subject.as_bytes());
    }
    hash.finalize().into()
}
