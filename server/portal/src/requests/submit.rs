//! Asking for a certificate.

use sha2::{Digest, Sha256};
use time::Duration;

use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Entry, Event, Subject},
    failpoint::failpoint,
    model::{Conflict, Field, FieldError, NewRequest, PersonId, Problem, RequestId},
    policy::{self, Action, On, Refused},
    projects,
};

/// Asks for a certificate.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Invalid`, `Conflict` (not available, too long, already asked), `Unavailable`.
pub async fn submit(portal: &Portal, actor: &Actor, new: NewRequest) -> Result<RequestId> {
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let now = portal.clock.now();
    let id = RequestId(portal.new_id());
    let mut tx = portal.pool.begin().await?;

    let standing = projects::standing(&mut tx, &new.project).await?;
    match policy::may(
        &portal.role_groups,
        actor,
        Action::SubmitRequest,
        On::Project {
            slug: &standing.slug,
        },
    ) {
        Ok(()) => {}
        Err(Refused::Hidden) => return Err(Error::NotFound),
        Err(Refused::Denied(denial)) => {
            tx.rollback().await?;
            let subject = Subject::Project(&new.project);
            audit::record_denied(portal, actor, Action::SubmitRequest, denial, subject).await?;
            return Err(denial.into());
        }
    }
    let user = projects::find_user(&mut tx, actor, &standing, &new.username, now)
        .await?
        .ok_or_else(|| {
            Error::Invalid(vec![FieldError {
                field: Field::Username,
                problem: Problem::NotAChoice,
            }])
        })?;
    if let Some(obstacle) = user.obstacle {
        return Err(Conflict::NotAvailable(obstacle).into());
    }
    if new.months.get() > standing.policy.longest_months {
        return Err(Conflict::TooLongForProject {
            most: standing.policy.longest_months,
        }
        .into());
    }

    let digest = digest(&new, person.id);
    let until = now + Duration::days(standing.policy.request_waits_days.into());
    let inserted = sqlx::query!(
        "insert into request
            (id, project_id, username, months, reason, requester_id, state, digest, submitted_at, changed_at, until)
         values ($1, $2, $3, $4, $5, $6, 'submitted', $7, $8, $8, $9)
         on conflict (requester_id, project_id, username)
            where state in ('submitted', 'approved', 'issuing', 'unknown', 'ambiguous', 'ready')
            do nothing",
        id.0,
        new.project.as_str(),
        new.username.as_str(),
        i16::from(new.months.get()),
        new.reason.as_str(),
        person.id.0,
        digest,
        now,
        until
    )
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 0 {
        let request = sqlx::query_scalar!(
            "select id from request where requester_id = $1 and project_id = $2 and username = $3
                and state in ('submitted', 'approved', 'issuing', 'unknown', 'ambiguous', 'ready')",
            person.id.0,
            new.project.as_str(),
            new.username.as_str()
        )
        .fetch_one(&mut *tx)
        .await?;
        let request = RequestId(request);
        return Err(Conflict::AlreadyAsked { request }.into());
    }
    failpoint!("submit.inserted");
    let event = Event::RequestSubmitted {
        username: new.username,
        months: new.months,
        digest,
    };
    let entry = Entry::new(event)
        .project(&new.project)
        .request(id)
        .text("reason", new.reason.as_str());
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("submit.audited");
    tx.commit().await?;
    failpoint!("submit.committed");
    tracing::info!(request.id = %id, project.id = %new.project, "Submitted request {id}");
    Ok(id)
}

/// Stands for all an approver is shown. Lengths keep one field from passing for part of another.
fn digest(new: &NewRequest, requester: PersonId) -> String {
    let mut hash = Sha256::new();
    hash.update(b"certdesk/request/v1");
    let requester = requester.to_string();
    let months = new.months.to_string();
    for part in [
        new.project.as_str(),
        new.username.as_str(),
        &months,
        new.reason.as_str(),
        &requester,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}
