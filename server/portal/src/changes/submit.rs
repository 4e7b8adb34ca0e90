//! Asking for a change.

use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, PgTransaction};
use time::OffsetDateTime;

use super::kind;
use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Entry, Subject},
    failpoint::failpoint,
    model::{
        ChangeId, ChangePlan, Conflict, Field, FieldError, GroupId, Obstacle, PersonId, Problem,
        Reason, Username,
    },
    policy::{self, Action, On, Refused},
    projects::{self, Standing},
};

/// How often it is tried to ask, while others come and go.
const TRIES: usize = 3;

/// A change to be asked for, checked by the noun it is about.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    /// Which database user; none where the whole project is changed.
    pub(crate) username: Option<Username>,
    /// What was found, and what shall be.
    pub(crate) plan: ChangePlan,
    /// The customer's authorities as PEM, where they are to be forgotten.
    pub(crate) authorities: Option<String>,
    /// Why.
    pub(crate) reason: Reason,
}

/// Begins to ask for a change of a project: the transaction in which the noun checks what only it knows,
/// for somebody who may ask.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Conflict` (the project is gone), `Unavailable`.
pub(crate) async fn begin(
    portal: &Portal,
    actor: &Actor,
    project: &GroupId,
) -> Result<(PgTransaction<'static>, Standing)> {
    let mut tx = portal.pool.begin().await?;
    let standing = projects::standing(&mut tx, project).await?;
    let on = On::Project {
        slug: &standing.slug,
    };
    match policy::may(&portal.role_groups, actor, Action::RequestChange, on) {
        Ok(()) => {}
        Err(Refused::Hidden) => return Err(Error::NotFound),
        Err(Refused::Denied(denial)) => {
            tx.rollback().await?;
            let subject = Subject::Project(project);
            audit::record_denied(portal, actor, Action::RequestChange, denial, subject).await?;
            return Err(denial.into());
        }
    }
    if standing.obstacle == Some(Obstacle::ProjectGone) {
        return Err(Conflict::NotAvailable(Obstacle::ProjectGone).into());
    }
    Ok((tx, standing))
}

/// Refuses unless the name was typed again as it is.
///
/// # Errors
/// `Invalid`.
pub(crate) fn require_typed(name: &str, typed: &str) -> Result<()> {
    let typed = typed.trim();
    if typed == name.trim() {
        return Ok(());
    }
    let problem = if typed.is_empty() {
        Problem::Missing
    } else {
        Problem::NotAChoice
    };
    Err(Error::Invalid(vec![FieldError {
        field: Field::Typed,
        problem,
    }]))
}

/// Asks for a change, and ends the transaction that [`begin`] began.
///
/// # Errors
/// `Conflict` when a change of the same thing is under way, `Unavailable`.
pub(crate) async fn submit(
    portal: &Portal,
    actor: &Actor,
    mut tx: PgTransaction<'_>,
    standing: &Standing,
    proposal: Proposal,
) -> Result<ChangeId> {
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let now = portal.clock.now();
    let id = ChangeId(portal.new_id());
    let project = &standing.project.id;
    let plan = serde_json::to_value(&proposal.plan)
        .map_err(|error| Error::internal("a change's plan could not be written", error))?;
    let digest = digest_of(project, &proposal, &plan, person.id);
    let mut inserted = false;
    // More than once: the change in the way may have ended in this very moment.
    for _ in 0..TRIES {
        inserted = insert(
            &mut tx,
            standing,
            person.id,
            &proposal,
            (id, &plan, &digest),
            now,
        )
        .await?;
        if inserted {
            break;
        }
        if let Some(change) = open_change(&mut tx, project, proposal.username.as_ref()).await? {
            return Err(Conflict::ChangeUnderWay { change }.into());
        }
    }
    if !inserted {
        return Err(Error::internal(
            "a change could not be asked for",
            format!("changes of {project} come and go"),
        ));
    }
    let event = kind::requested(
        &mut tx,
        standing,
        proposal.username.as_ref(),
        &proposal.plan,
        digest,
    )
    .await?;
    let entry = Entry::new(event)
        .project(project)
        .change(id)
        .text("reason", proposal.reason.as_str());
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("change_submit.audited");
    tx.commit().await?;
    failpoint!("change_submit.committed");
    let kind = proposal.plan.kind();
    tracing::info!(change.id = %id, change.kind = %kind, project.id = %project, "Asked for change {id}");
    Ok(id)
}

async fn insert(
    tx: &mut PgConnection,
    standing: &Standing,
    requester: PersonId,
    proposal: &Proposal,
    (id, plan, digest): (ChangeId, &serde_json::Value, &str),
    now: OffsetDateTime,
) -> Result<bool> {
    let kind = proposal.plan.kind();
    let inserted = sqlx::query!(
        "insert into change
            (id, project_id, kind, username, plan, authorities, reason, requester_id, state, digest, submitted_at,
             changed_at, until)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'submitted', $9, $10, $10, $11)
         on conflict do nothing",
        id.0,
        standing.project.id.as_str(),
        kind.to_string(),
        proposal.username.as_ref().map(Username::as_str),
        plan,
        proposal.authorities,
        proposal.reason.as_str(),
        requester.0,
        digest,
        now,
        now + kind::waits(kind, standing.policy)
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The change of the whole project, or of one of its database users, that is under way.
pub(crate) async fn open_change(
    db: &mut PgConnection,
    project: &GroupId,
    username: Option<&Username>,
) -> Result<Option<ChangeId>> {
    Ok(sqlx::query_scalar!(
        "select id from change where project_id = $1 and username is not distinct from $2
            and state in ('submitted', 'approved', 'calling', 'unknown', 'applying')",
        project.as_str(),
        username.map(Username::as_str)
    )
    .fetch_optional(db)
    .await?
    .map(ChangeId))
}

/// Stands for what was asked for.
fn digest_of(
    project: &GroupId,
    proposal: &Proposal,
    plan: &serde_json::Value,
    requester: PersonId,
) -> String {
    let (plan, requester) = (audit::canonical_json(plan), requester.to_string());
    let username = proposal.username.as_ref().map_or("", Username::as_str);
    let parts = [
        project.as_str(),
        username,
        &plan,
        proposal.reason.as_str(),
        &requester,
    ];
    digest("certdesk/change/v1", &parts)
}

/// A hash over texts. Lengths keep one from passing for part of another.
pub(super) fn digest(what: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    hash.update(what.as_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}
