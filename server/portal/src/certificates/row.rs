//! Rows of certificates, read the same way by every list.

use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Result,
    model::{
        CertificateId, CertificateRow, Explanation, GroupId, PersonId, ProjectRef, RequestId,
        Serial, Username,
    },
};

/// What every query selects; `from certificate c …` conditions follow.
pub(super) const SELECT: &str = "
    select c.id, c.serial, c.project_id, p.name as project_name, c.username, c.not_before, c.not_after, c.origin,
        c.holder_id, h.name as holder_name, c.request_id, x.person_id as explainer_id, xp.name as explainer_name,
        x.explained_at, x.reason as explanation
    from certificate c
    join project p on p.id = c.project_id
    left join person h on h.id = c.holder_id
    left join explanation x on x.id = c.id
    left join person xp on xp.id = x.person_id
    where ";

/// A row as [`SELECT`] reads it.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: Uuid,
    serial: i64,
    project_id: String,
    project_name: String,
    username: String,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    origin: String,
    holder_id: Option<Uuid>,
    holder_name: Option<String>,
    request_id: Option<Uuid>,
    explainer_id: Option<Uuid>,
    explainer_name: Option<String>,
    explained_at: Option<OffsetDateTime>,
    explanation: Option<String>,
}

impl Row {
    pub(super) fn into_row(self, actor: &Actor) -> Result<CertificateRow> {
        let malformed = |error| Error::internal("a certificate's row is malformed", error);
        let explainer = self.explainer_id.zip(self.explainer_name);
        let explanation = explainer.zip(self.explained_at.zip(self.explanation)).map(
            |((id, name), (at, reason))| Explanation {
                by: actor.sees(PersonId(id), name),
                at,
                reason,
            },
        );
        Ok(CertificateRow {
            id: CertificateId(self.id),
            serial: Serial(self.serial),
            project: ProjectRef {
                id: self.project_id.parse::<GroupId>().map_err(malformed)?,
                name: self.project_name,
            },
            username: self.username.parse::<Username>().map_err(malformed)?,
            not_before: self.not_before,
            not_after: self.not_after,
            origin: self
                .origin
                .parse()
                .map_err(|error| Error::internal("a certificate's origin is not one", error))?,
            holder: self
                .holder_id
                .zip(self.holder_name)
                .map(|(id, name)| actor.sees(PersonId(id), name)),
            request: self.request_id.map(RequestId),
            explanation,
        })
    }
}

/// Runs a query that begins with [`SELECT`].
pub(super) async fn fetch(
    db: &mut PgConnection,
    actor: &Actor,
    mut query: QueryBuilder<Postgres>,
) -> Result<Vec<CertificateRow>> {
    let rows: Vec<Row> = query.build_query_as().fetch_all(db).await?;
    rows.into_iter().map(|row| row.into_row(actor)).collect()
}

/// Certificates of a database user that live, latest end first.
pub(crate) async fn living_of_user(
    db: &mut PgConnection,
    actor: &Actor,
    project: &GroupId,
    username: &Username,
    now: OffsetDateTime,
) -> Result<Vec<CertificateRow>> {
    let mut query = QueryBuilder::new(SELECT);
    query.push("c.project_id = ").push_bind(project.to_string());
    query
        .push(" and c.username = ")
        .push_bind(username.to_string());
    query.push(" and c.not_after > ").push_bind(now);
    query.push(" order by c.not_after desc, c.id limit 20");
    fetch(db, actor, query).await
}

/// Certificates somebody holds in a project that live, soonest end first.
pub(crate) async fn living_of_holder(
    db: &mut PgConnection,
    actor: &Actor,
    project: &GroupId,
    holder: PersonId,
    now: OffsetDateTime,
) -> Result<Vec<CertificateRow>> {
    let mut query = QueryBuilder::new(SELECT);
    query.push("c.project_id = ").push_bind(project.to_string());
    query.push(" and c.holder_id = ").push_bind(holder.0);
    query.push(" and c.not_after > ").push_bind(now);
    query.push(" order by c.not_after, c.id limit 20");
    fetch(db, actor, query).await
}

/// The certificate made for a request; also one that was on record as somebody else's before security said
/// whose it is.
pub(crate) async fn of_request(
    db: &mut PgConnection,
    actor: &Actor,
    request: RequestId,
) -> Result<Option<CertificateRow>> {
    let mut query = QueryBuilder::new(SELECT);
    query
        .push("c.id = (select a.certificate_id from issue_attempt a where a.certificate_id is not null and a.request_id = ")
        .push_bind(request.0)
        .push(" limit 1)");
    Ok(fetch(db, actor, query).await?.pop())
}
