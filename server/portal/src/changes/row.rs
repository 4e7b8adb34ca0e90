//! Rows of changes, read the same way by every list.

use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Result,
    model::{ChangeId, ChangeRow, PersonId, ProjectRef},
};

/// What every query selects; conditions follow.
pub(super) const SELECT: &str = "
    select c.id, c.project_id, p.name as project_name, c.kind, c.username, c.state, c.requester_id,
        rp.name as requester_name, c.second_id, sp.name as second_name, c.reason, c.submitted_at, c.changed_at,
        case when c.state in ('submitted', 'approved') then c.until end as until
    from change c
    join project p on p.id = c.project_id
    join person rp on rp.id = c.requester_id
    left join person sp on sp.id = c.second_id
    where ";

/// A row as [`SELECT`] reads it.
#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    project_id: String,
    project_name: String,
    kind: String,
    username: Option<String>,
    state: String,
    requester_id: Uuid,
    requester_name: String,
    second_id: Option<Uuid>,
    second_name: Option<String>,
    reason: String,
    submitted_at: OffsetDateTime,
    changed_at: OffsetDateTime,
    until: Option<OffsetDateTime>,
}

impl Row {
    fn into_row(self, actor: &Actor) -> Result<ChangeRow> {
        let malformed = |error| Error::internal("a change's row is malformed", error);
        Ok(ChangeRow {
            id: ChangeId(self.id),
            project: ProjectRef {
                id: self.project_id.parse().map_err(malformed)?,
                name: self.project_name,
            },
            kind: self
                .kind
                .parse()
                .map_err(|error| Error::internal("a change's kind is not one", error))?,
            username: self
                .username
                .map(|name| name.parse())
                .transpose()
                .map_err(malformed)?,
            state: self
                .state
                .parse()
                .map_err(|error| Error::internal("a change's state is not one", error))?,
            requester: actor.sees(PersonId(self.requester_id), self.requester_name),
            second: self
                .second_id
                .zip(self.second_name)
                .map(|(id, name)| actor.sees(PersonId(id), name)),
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
) -> Result<Vec<ChangeRow>> {
    let rows: Vec<Row> = query.build_query_as().fetch_all(db).await?;
    rows.into_iter().map(|row| row.into_row(actor)).collect()
}
