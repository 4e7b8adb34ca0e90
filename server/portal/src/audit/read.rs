//! Reading entries.

use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Portal, Result,
    model::{
        ActorName, AttemptId, AuditEntryPage, AuditFilter, AuditList, AuditRow, CertificateId,
        ChangeId, Cursor, Event, Field, FieldError, GroupId, LogHead, PersonId, Problem,
        ProjectRef, RequestId, Username,
    },
    paging,
    policy::{self, Action, On, RoleGroups},
};

/// Entries on one page of the log.
const PAGE: u16 = 50;

/// What every query below selects; conditions follow.
pub(super) const SELECT: &str = "
    select e.seq, e.at, e.body, e.leaf_hash, e.person_id, p.name as person_name, e.project_id,
        pr.name as project_name, pr.slug, e.request_id, e.change_id, e.attempt_id, e.certificate_id,
        coalesce(r.requester_id, ch.requester_id) as requester_id, rp.name as requester_name,
        coalesce(r.username, ch.username, c.username) as username, d.value as text
    from audit.entry e
    left join person p on p.id = e.person_id
    left join project pr on pr.id = e.project_id
    left join request r on r.id = e.request_id
    left join change ch on ch.id = e.change_id
    left join person rp on rp.id = coalesce(r.requester_id, ch.requester_id)
    left join certificate c on c.id = e.certificate_id
    left join audit.detail d on d.seq = e.seq
    where ";

/// One entry as [`SELECT`] reads it.
#[derive(sqlx::FromRow)]
struct EntryRow {
    seq: i64,
    at: OffsetDateTime,
    body: Vec<u8>,
    leaf_hash: Vec<u8>,
    person_id: Option<Uuid>,
    person_name: Option<String>,
    project_id: Option<String>,
    project_name: Option<String>,
    slug: Option<String>,
    request_id: Option<Uuid>,
    change_id: Option<Uuid>,
    attempt_id: Option<Uuid>,
    certificate_id: Option<Uuid>,
    requester_id: Option<Uuid>,
    requester_name: Option<String>,
    username: Option<String>,
    text: Option<String>,
}

impl EntryRow {
    fn into_row(self, groups: &RoleGroups, actor: &Actor) -> Result<AuditRow> {
        let recorded = Recorded::parse(&self.body)?;
        let project = self.slug.as_deref().map(|slug| On::Project { slug });
        let may_open = policy::may(groups, actor, Action::ReadAudit, On::Portal).is_ok()
            || project
                .is_some_and(|on| policy::may(groups, actor, Action::ReadProjectAudit, on).is_ok());
        let who = match (self.person_id, self.person_name) {
            (Some(id), Some(name)) => ActorName::Person(actor.sees(PersonId(id), name)),
            _ => match recorded.entry.actor.name {
                Some(job) => ActorName::System(job),
                None => ActorName::Nobody,
            },
        };
        Ok(AuditRow {
            seq: self.seq,
            at: self.at,
            actor: who,
            event: recorded.entry.event,
            text: self.text,
            project: parse_project(self.project_id, self.project_name),
            username: self.username.and_then(|name| name.parse::<Username>().ok()),
            request: self.request_id.map(RequestId),
            change: self.change_id.map(ChangeId),
            requester: self
                .requester_id
                .zip(self.requester_name)
                .map(|(id, name)| actor.sees(PersonId(id), name)),
            certificate: self.certificate_id.map(CertificateId),
            may_open,
        })
    }
}

fn parse_project(id: Option<String>, name: Option<String>) -> Option<ProjectRef> {
    let id: GroupId = id?.parse().ok()?;
    Some(ProjectRef {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
    })
}

/// The bytes of an entry, understood.
#[derive(serde::Deserialize)]
struct Recorded {
    entry: RecordedEntry,
}

#[derive(serde::Deserialize)]
struct RecordedEntry {
    actor: RecordedActor,
    #[serde(flatten)]
    event: Event,
}

#[derive(serde::Deserialize)]
struct RecordedActor {
    name: Option<String>,
}

impl Recorded {
    fn parse(body: &[u8]) -> Result<Self> {
        serde_json::from_slice(body)
            .map_err(|error| Error::internal("an audit entry could not be read", error))
    }
}

/// Entries about a request, oldest first.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn request_story(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    request: RequestId,
) -> Result<Vec<AuditRow>> {
    let mut query = QueryBuilder::new(SELECT);
    query
        .push("e.request_id = ")
        .push_bind(request.0)
        .push(" order by e.seq limit 200");
    fetch(portal, db, actor, query).await
}

/// Entries about a change of a project, oldest first.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn change_story(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    change: ChangeId,
) -> Result<Vec<AuditRow>> {
    let mut query = QueryBuilder::new(SELECT);
    query
        .push("e.change_id = ")
        .push_bind(change.0)
        .push(" order by e.seq limit 200");
    fetch(portal, db, actor, query).await
}

/// Entries about a certificate and the request it was issued for, oldest first.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn certificate_story(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    certificate: CertificateId,
    request: Option<RequestId>,
) -> Result<Vec<AuditRow>> {
    let mut query = QueryBuilder::new(SELECT);
    query.push("(e.certificate_id = ").push_bind(certificate.0);
    if let Some(request) = request {
        query.push(" or e.request_id = ").push_bind(request.0);
    }
    query.push(") order by e.seq limit 200");
    fetch(portal, db, actor, query).await
}

pub(super) async fn fetch(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    mut query: QueryBuilder<Postgres>,
) -> Result<Vec<AuditRow>> {
    let rows: Vec<EntryRow> = query.build_query_as().fetch_all(db).await?;
    rows.into_iter()
        .map(|row| row.into_row(&portal.role_groups, actor))
        .collect()
}

/// Lists entries, newest first. Security sees all, an owner those of the projects they own.
///
/// # Errors
/// `NotFound` for everybody else, `Invalid` for a cursor that is none, `Unavailable`.
pub async fn list(portal: &Portal, actor: &Actor, filter: AuditFilter) -> Result<AuditList> {
    let before = filter.after.as_ref().map(parse_cursor).transpose()?;
    let mut db = portal.pool.acquire().await?;
    let projects = readable_projects(portal, &mut db, actor).await?;

    let mut query = QueryBuilder::new(SELECT);
    match &projects {
        Readable::All(_) => query.push("true"),
        Readable::Owned(projects) => query
            .push("e.project_id = any(")
            .push_bind(ids_of(projects))
            .push(")"),
    };
    if let Some(before) = before {
        query.push(" and e.seq < ").push_bind(before);
    }
    if let Some(kind) = filter.kind {
        query.push(" and e.type = ").push_bind(kind.to_string());
    }
    if let Some(person) = filter.person {
        query.push(" and e.person_id = ").push_bind(person.0);
    }
    if let Some(project) = &filter.project {
        query
            .push(" and e.project_id = ")
            .push_bind(project.to_string());
    }
    if let Some(request) = filter.request {
        query.push(" and e.request_id = ").push_bind(request.0);
    }
    if let Some(change) = filter.change {
        query.push(" and e.change_id = ").push_bind(change.0);
    }
    if let Some(since) = filter.since {
        query.push(" and e.at >= ").push_bind(since);
    }
    if let Some(until) = filter.until {
        query.push(" and e.at < ").push_bind(until);
    }
    query
        .push(" order by e.seq desc limit ")
        .push_bind(i64::from(PAGE) + 1);

    let mut rows = fetch(portal, &mut db, actor, query).await?;
    let more = paging::cut(&mut rows, PAGE, |row| Cursor(row.seq.to_string()));
    let (everything, ids) = match &projects {
        Readable::All(_) => (true, Vec::new()),
        Readable::Owned(projects) => (false, ids_of(projects)),
    };
    // People who did something the reader may read; nobody else's name is their business.
    let people = sqlx::query!(
        "select p.id, p.name from person p
         where exists (select 1 from audit.entry e
            where e.person_id = p.id and ($1 or e.project_id = any($2)))
         order by p.name, p.id limit 500",
        everything,
        &ids
    )
    .fetch_all(&mut *db)
    .await?
    .into_iter()
    .map(|person| actor.sees(PersonId(person.id), person.name))
    .collect();
    let (Readable::All(projects) | Readable::Owned(projects)) = projects;
    Ok(AuditList {
        rows,
        more,
        people,
        projects,
        now: portal.clock.now(),
    })
}

fn ids_of(projects: &[ProjectRef]) -> Vec<String> {
    projects
        .iter()
        .map(|project| project.id.to_string())
        .collect()
}

/// The part of the log somebody may read.
enum Readable {
    All(Vec<ProjectRef>),
    Owned(Vec<ProjectRef>),
}

async fn readable_projects(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
) -> Result<Readable> {
    let all = policy::may(&portal.role_groups, actor, Action::ReadAudit, On::Portal).is_ok();
    let owned = actor
        .person()
        .map(|person| portal.role_groups.owned_by(person))
        .unwrap_or_default();
    let projects: Vec<ProjectRef> = sqlx::query!(
        "select id, name from project where $1 or slug = any($2) order by name, id",
        all,
        &owned
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .filter_map(|project| parse_project(Some(project.id), Some(project.name)))
    .collect();
    match (all, projects.is_empty()) {
        (true, _) => Ok(Readable::All(projects)),
        (false, false) => Ok(Readable::Owned(projects)),
        (false, true) => Err(Error::NotFound),
    }
}

fn parse_cursor(cursor: &Cursor) -> Result<i64> {
    cursor.0.parse().map_err(|_| {
        Error::Invalid(vec![FieldError {
            field: Field::Search,
            problem: Problem::Malformed,
        }])
    })
}

/// One entry, whole.
///
/// # Errors
/// `NotFound` if there is none or `actor` may not see it.
pub async fn get(portal: &Portal, actor: &Actor, seq: i64) -> Result<AuditEntryPage> {
    let mut db = portal.pool.acquire().await?;
    let readable = readable_projects(portal, &mut db, actor).await?;
    let mut query = QueryBuilder::new(SELECT);
    query.push("e.seq = ").push_bind(seq);
    let entry: EntryRow = query
        .build_query_as()
        .fetch_optional(&mut *db)
        .await?
        .ok_or(Error::NotFound)?;
    if let Readable::Owned(projects) = &readable
        && !projects
            .iter()
            .any(|project| Some(project.id.as_str()) == entry.project_id.as_deref())
    {
        return Err(Error::NotFound);
    }
    Ok(AuditEntryPage {
        body: String::from_utf8_lossy(&entry.body).into_owned(),
        leaf_hash: hex::encode(&entry.leaf_hash),
        attempt: entry.attempt_id.map(AttemptId),
        row: entry.into_row(&portal.role_groups, actor)?,
        now: portal.clock.now(),
    })
}

/// How far the log has come.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn head(portal: &Portal) -> Result<LogHead> {
    let last = sqlx::query!("select seq, at, leaf_hash from audit.entry order by seq desc limit 1")
        .fetch_optional(&portal.pool)
        .await?;
    Ok(LogHead {
        size: last.as_ref().map_or(0, |entry| entry.seq + 1),
        last_at: last.as_ref().map(|entry| entry.at),
        hash: last.map(|entry| hex::encode(entry.leaf_hash)),
        atlas_answered_at: portal.atlas.last_answered_at(),
        now: portal.clock.now(),
    })
}
