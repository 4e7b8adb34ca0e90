//! A change as its operations work with it.

use sqlx::{PgConnection, PgTransaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::second;
use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Subject},
    calls::{refusal_from, refusal_json},
    model::{ChangeId, ChangePlan, ChangeState, Conflict, PersonId, ProjectRef, Refusal, Username},
    policy::{self, Action, On, Refused},
};

/// A change; locked until its transaction ends, if it was loaded with [`Stored::lock`].
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: ChangeId,
    pub(crate) project: ProjectRef,
    pub(crate) slug: String,
    pub(crate) username: Option<Username>,
    pub(crate) plan: ChangePlan,
    pub(crate) requester: PersonId,
    /// No other owner of the project has signed in lately.
    pub(crate) sole_owner: bool,
    pub(crate) digest: String,
    pub(crate) state: ChangeState,
    pub(crate) until: Option<OffsetDateTime>,
    pub(crate) second: Option<PersonId>,
    pub(crate) overridden: Vec<String>,
    /// The customer's authorities as PEM, where they are about to be forgotten.
    pub(crate) authorities: Option<String>,
    /// The last try to carry it out.
    pub(crate) tried: Option<Uuid>,
    pub(crate) call: Option<Call>,
    pub(crate) not_sent: Option<String>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) applied_at: Option<OffsetDateTime>,
    pub(crate) follows: Option<bool>,
}

/// A call that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) started_at: OffsetDateTime,
    pub(crate) deadline: OffsetDateTime,
}

impl Stored {
    /// Loads a change and locks it.
    pub(crate) async fn lock(portal: &Portal, tx: &mut PgConnection, id: ChangeId) -> Result<Self> {
        sqlx::query_scalar!("select id from change where id = $1 for update", id.0)
            .fetch_optional(&mut *tx)
            .await?;
        Self::load(portal, tx, id).await
    }

    /// Loads a change to look at.
    pub(crate) async fn load(portal: &Portal, db: &mut PgConnection, id: ChangeId) -> Result<Self> {
        let row = sqlx::query!(
            "select c.project_id, p.name as project_name, p.slug, c.username, c.plan, c.authorities, c.requester_id,
                c.state, c.digest, c.until, c.second_id, c.overridden, c.try_id, c.call_started_at, c.deadline,
                c.not_sent, c.refusal, c.applied_at, c.follows
             from change c join project p on p.id = c.project_id
             where c.id = $1",
            id.0
        )
        .fetch_optional(&mut *db)
        .await?
        .ok_or(Error::NotFound)?;
        let malformed = |error| Error::internal("a change's row is malformed", error);
        let (requester, now) = (PersonId(row.requester_id), portal.clock.now());
        let sole_owner =
            second::is_sole_owner(db, &portal.role_groups, &row.slug, requester, now).await?;
        let call = row.call_started_at.zip(row.deadline);
        let call = call.map(|(started_at, deadline)| Call {
            started_at,
            deadline,
        });
        Ok(Self {
            id,
            project: ProjectRef {
                id: row.project_id.parse().map_err(malformed)?,
                name: row.project_name,
            },
            slug: row.slug,
            username: row
                .username
                .map(|name| name.parse())
                .transpose()
                .map_err(malformed)?,
            plan: parse_plan(row.plan)?,
            requester,
            sole_owner,
            digest: row.digest,
            state: row
                .state
                .parse()
                .map_err(|error| Error::internal("a change's state is not one", error))?,
            until: row.until,
            second: row.second_id.map(PersonId),
            overridden: row.overridden,
            authorities: row.authorities,
            tried: row.try_id,
            call,
            not_sent: row.not_sent,
            refusal: refusal_from(row.refusal)?,
            applied_at: row.applied_at,
            follows: row.follows,
        })
    }

    /// What the policy decides over.
    pub(crate) fn on(&self) -> On<'_> {
        On::Change {
            slug: &self.slug,
            requester: self.requester,
            second: self.second,
            sole_owner: self.sole_owner,
        }
    }

    /// Which database user is changed, where it is one.
    pub(crate) fn user(&self) -> Result<&Username> {
        self.username.as_ref().ok_or_else(|| {
            Error::internal(
                "a change of a database user names none",
                self.id.to_string(),
            )
        })
    }

    /// Asks the policy. A refusal of something the actor may see is recorded, after the transaction
    /// has given back its lock and its connection.
    pub(crate) async fn authorize<'tx>(
        &self,
        portal: &Portal,
        actor: &Actor,
        action: Action,
        tx: PgTransaction<'tx>,
    ) -> Result<PgTransaction<'tx>> {
        match policy::may(&portal.role_groups, actor, action, self.on()) {
            Ok(()) => Ok(tx),
            Err(Refused::Hidden) => Err(Error::NotFound),
            Err(Refused::Denied(denial)) => {
                tx.rollback().await?;
                let subject = Subject::Change(&self.project.id, self.id);
                audit::record_denied(portal, actor, action, denial, subject).await?;
                Err(denial.into())
            }
        }
    }

    /// Refuses unless the change is in one of `states`, and still waits if it waits for somebody.
    pub(crate) fn expect(&self, states: &[ChangeState], now: OffsetDateTime) -> Result<()> {
        let waits = matches!(self.state, ChangeState::Submitted | ChangeState::Approved);
        if !states.contains(&self.state) {
            Err(Conflict::ChangeMoved { now: self.state }.into())
        } else if waits && self.until.is_none_or(|until| until <= now) {
            // The job that says so has not come by yet.
            Err(Conflict::ChangeMoved {
                now: ChangeState::Expired,
            }
            .into())
        } else {
            Ok(())
        }
    }

    /// Moves the change on, with all that may change about it. The database refuses a transition that is
    /// not in its table, and a commit without an audit entry.
    pub(crate) async fn become_state(
        &mut self,
        tx: &mut PgConnection,
        state: ChangeState,
        now: OffsetDateTime,
    ) -> Result<()> {
        let changed = sqlx::query!(
            "update change set state = $3, changed_at = $4, until = $5, second_id = $6, overridden = $7,
                authorities = $8, try_id = $9, call_started_at = $10, deadline = $11, not_sent = $12, refusal = $13,
                applied_at = $14, follows = $15
             where id = $1 and state = $2",
            self.id.0,
            self.state.to_string(),
            state.to_string(),
            now,
            self.until,
            self.second.map(|id| id.0),
            &self.overridden,
            self.authorities,
            self.tried,
            self.call.map(|call| call.started_at),
            self.call.map(|call| call.deadline),
            self.not_sent,
            self.refusal.as_ref().map(refusal_json).transpose()?,
            self.applied_at,
            self.follows
        )
        .execute(tx)
        .await?;
        if changed.rows_affected() != 1 {
            return Err(Error::internal(
                "a locked change changed",
                format!("{} to {state}", self.id),
            ));
        }
        self.state = state;
        Ok(())
    }
}

/// What a row says is changed.
pub(super) fn parse_plan(plan: serde_json::Value) -> Result<ChangePlan> {
    serde_json::from_value(plan)
        .map_err(|error| Error::internal("a change's plan could not be read", error))
}
