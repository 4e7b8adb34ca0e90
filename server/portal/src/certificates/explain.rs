//! Saying what a certificate is that nothing in the log explains.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Entry, Event, Subject},
    failpoint::failpoint,
    model::{CertificateId, Conflict, GroupId, Origin, PersonId, Reason, Serial},
    policy::{self, Action, On, Refused},
};

/// Records what somebody knows about a certificate that was made behind the portal's back. It stays what
/// it is, and is shown as explained. Said once, it stays said.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Conflict` if it is explained already, `Unavailable`.
pub async fn explain(
    portal: &Portal,
    actor: &Actor,
    id: CertificateId,
    reason: &Reason,
) -> Result<()> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let row = sqlx::query!(
        "select c.project_id, p.slug, c.serial, c.origin, c.holder_id
         from certificate c join project p on p.id = c.project_id where c.id = $1",
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    let project: GroupId = row
        .project_id
        .parse()
        .map_err(|error| Error::internal("a certificate's row is malformed", error))?;
    let on = On::Certificate {
        slug: &row.slug,
        holder: row.holder_id.map(PersonId),
    };
    match policy::may(&portal.role_groups, actor, Action::ExplainCertificate, on) {
        Ok(()) => {}
        Err(Refused::Hidden) => return Err(Error::NotFound),
        Err(Refused::Denied(denial)) => {
            tx.rollback().await?;
            let subject = Subject::Certificate(&project, id);
            audit::record_denied(portal, actor, Action::ExplainCertificate, denial, subject)
                .await?;
            return Err(denial.into());
        }
    }
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let unexplained: &str = Origin::Unexplained.into();
    if row.origin != unexplained || !insert(&mut tx, id, person.id, reason, now).await? {
        return Err(Conflict::NothingToExplain.into());
    }
    failpoint!("explain.inserted");
    let serial = Serial(row.serial);
    let entry = Entry::new(Event::CertExplained { serial })
        .project(&project)
        .certificate(id)
        .text("reason", reason.as_str());
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("explain.audited");
    tx.commit().await?;
    failpoint!("explain.committed");
    tracing::info!(certificate.serial = %serial, "Somebody explained certificate {serial}");
    Ok(())
}

/// Keeps an explanation; `false` if there is one. The caller appends its entry.
pub(super) async fn insert(
    tx: &mut PgConnection,
    certificate: CertificateId,
    person: PersonId,
    reason: &Reason,
    now: OffsetDateTime,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into explanation (id, person_id, reason, explained_at) values ($1, $2, $3, $4)
         on conflict (id) do nothing",
        certificate.0,
        person.0,
        reason.as_str(),
        now
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}
