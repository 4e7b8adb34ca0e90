//! Rows of requests, read the same way by every list.

use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Result,
    model::{Months, PersonId, ProjectRef, RequestId, RequestRow},
};

/// What every query selects; conditions follow.
pub(super) const SELECT: &str = "
    select r.id, r.project_id, p.name as project_name, r.username, coalesce(r.approved_months, r.months) as months,
        r.state, r.requester_id, rp.name as requester_name, r.reason, r.submitted_at, r.changed_at, r.until
    from request r
    join project p on p.id = r.project_id
    join person rp on rp.id = r.requester_id
    where ";

/// A row as [`SELECT`] reads it.
#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    project_id: String,
    project_name: String,
    username: String,
    months: i16,
    state: String,
    requester_id: Uuid,
    requester_name: String,
    reason: String,
    submitted_at: OffsetDateTime,
    changed_at: OffsetDateTime,
    until: Option<OffsetDateTime>,
}

impl Row {
    fn into_row(self, actor: &Actor) -> Result<RequestRow> {
        let malformed = |error| Error::internal("a request's row is malformed", error);
        Ok(RequestRow {
            id: RequestId(self.id),
            project: ProjectRef {
                id: self.project_id.parse().map_err(malformed)?,
                name: self.project_name,
            },
            username: self.username.parse().map_err(malformed)?,
            months: Months::try_from(u8::try_from(self.months).unwrap_or_default())
                .map_err(malformed)?,
            state: self
                .state
                .parse()
                .map_err(|error| Error::internal("a request's state is not one", error))?,
            requester: actor.sees(PersonId(self.requester_id), self.requester_name),
            reason: self.reason,
            submitted_at: self.submitted_at,
            changed_at: self.changed_at,
            until: self.until,
        })
    }
}

/// Runs a query that begins with [`SELECT`].
pub(super) async fn fetch(
    db: &mut PgConnection,
    actor: &Actor,
    mut query: QueryBuilder<Postgres>,
) -> Result<Vec<RequestRow>> {
    let rows: Vec<Row> = query.build_query_as().fetch_all(db).await?;
    rows.into_iter().map(|row| row.into_row(actor)).collect()
}
