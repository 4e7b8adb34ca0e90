//! A request as its operations work with it.

use sqlx::{PgConnection, PgTransaction};
use time::OffsetDateTime;

use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Subject},
    model::{Conflict, GroupId, Months, PersonId, RequestId, RequestState, Username},
    policy::{self, Action, On, Refused},
};

/// A request, locked until its transaction ends.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: RequestId,
    pub(crate) project: GroupId,
    pub(crate) slug: String,
    pub(crate) username: Username,
    pub(crate) months: Months,
    pub(crate) approved_months: Option<Months>,
    pub(crate) requester: PersonId,
    pub(crate) state: RequestState,
    pub(crate) digest: String,
    pub(crate) until: Option<OffsetDateTime>,
    pub(crate) attempts: i16,
}

impl Stored {
    /// Loads a request and locks it.
    pub(crate) async fn lock(tx: &mut PgConnection, id: RequestId) -> Result<Self> {
        let row = sqlx::query!(
            "select r.project_id, p.slug, r.username, r.months, r.approved_months, r.requester_id, r.state, r.digest,
                r.until, r.attempts
             from request r join project p on p.id = r.project_id
             where r.id = $1 for update of r",
            id.0
        )
        .fetch_optional(tx)
        .await?
        .ok_or(Error::NotFound)?;
        let malformed = |error| Error::internal("a request's row is malformed", error);
        let months = |number: i16| Months::try_from(u8::try_from(number).unwrap_or_default());
        Ok(Self {
            id,
            project: row.project_id.parse().map_err(malformed)?,
            slug: row.slug,
            username: row.username.parse().map_err(malformed)?,
            months: months(row.months).map_err(malformed)?,
            approved_months: row
                .approved_months
                .map(months)
                .transpose()
                .map_err(malformed)?,
            requester: PersonId(row.requester_id),
            state: row
                .state
                .parse()
                .map_err(|error| Error::internal("a request's state is not one", error))?,
            digest: row.digest,
            until: row.until,
            attempts: row.attempts,
        })
    }

    /// What the policy decides over.
    pub(crate) fn on(&self) -> On<'_> {
        On::Request {
            slug: &self.slug,
            requester: self.requester,
        }
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
                let subject = Subject::Request(&self.project, self.id);
                audit::record_denied(portal, actor, action, denial, subject).await?;
                Err(denial.into())
            }
        }
    }

    /// Refuses unless the request is in one of `states`.
    pub(crate) fn expect(&self, states: &[RequestState]) -> Result<()> {
        if states.contains(&self.state) {
            Ok(())
        } else {
            Err(Conflict::StateChanged { now: self.state }.into())
        }
    }

    /// Moves the request on. The database refuses a transition that is not in its table, and a commit
    /// without an audit entry.
    pub(crate) async fn become_state(
        &mut self,
        tx: &mut PgConnection,
        state: RequestState,
        until: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> Result<()> {
        let changed = sqlx::query!(
            "update request set state = $2, until = $3, changed_at = $4, approved_months = $5, attempts = $6
             where id = $1 and state = $7",
            self.id.0,
            state.to_string(),
            until,
            now,
            self.approved_months.map(|months| i16::from(months.get())),
            self.attempts,
            self.state.to_string()
        )
        .execute(tx)
        .await?;
        if changed.rows_affected() != 1 {
            return Err(Error::internal(
                "a locked request changed",
                format!("{} to {state}", self.id),
            ));
        }
        self.state = state;
        self.until = until;
        Ok(())
    }
}
