//! Lists of requests.

use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use super::row::{SELECT, fetch};
use crate::{
    Actor, Error, Portal, Result, SignedIn,
    model::{Page, RequestFilter, RequestRow, RequestScope, RequestState},
    paging,
    policy::{self, Action, On},
};

/// Requests on one page.
const PAGE: u16 = 50;

/// States in which nothing can change any more.
const OVER: &str = "('denied', 'withdrawn', 'expired', 'lost', 'failed', 'delivered', 'unconfirmed', 'uncollected')";

/// Lists requests, latest first.
///
/// # Errors
/// `NotFound` for a scope the actor does not have, `Invalid` for a cursor that is none, `Unavailable`.
pub async fn list(
    portal: &Portal,
    actor: &Actor,
    filter: RequestFilter,
) -> Result<Page<RequestRow>> {
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let after = filter.after.as_ref().map(paging::place).transpose()?;
    let mut db = portal.pool.acquire().await?;
    let mut query = QueryBuilder::new(SELECT);
    match filter.scope {
        RequestScope::Mine => {
            query.push("r.requester_id = ").push_bind(person.id.0);
            push_conditions(&mut query, &filter, after);
        }
        // The first page of each project by its index, then the first page of those.
        RequestScope::Projects => {
            query.push("r.id in (select mine.id from unnest((select array_agg(id) from project where slug = any(");
            query.push_bind(portal.role_groups.owned_by(person));
            query.push(
                "))) as wanted (project_id) cross join lateral (
                    select r.id from request r where r.project_id = wanted.project_id",
            );
            push_conditions(&mut query, &filter, after);
            paging::push_newest_first(&mut query, "r", PAGE);
            query.push(") mine)");
        }
        RequestScope::All => {
            policy::may(&portal.role_groups, actor, Action::ReadAudit, On::Portal)
                .map_err(|_| Error::NotFound)?;
            query.push("true");
            push_conditions(&mut query, &filter, after);
        }
    }
    paging::push_newest_first(&mut query, "r", PAGE);
    let mut rows = fetch(&mut db, actor, query).await?;
    let more = paging::cut(&mut rows, PAGE, |row| {
        paging::cursor(row.submitted_at, row.id.0)
    });
    Ok(Page { rows, more })
}

fn push_conditions(
    query: &mut QueryBuilder<Postgres>,
    filter: &RequestFilter,
    after: Option<(OffsetDateTime, Uuid)>,
) {
    match filter.open {
        Some(true) => query.push(" and r.state not in ").push(OVER),
        Some(false) => query.push(" and r.state in ").push(OVER),
        None => query,
    };
    if let Some(project) = &filter.project {
        query
            .push(" and r.project_id = ")
            .push_bind(project.to_string());
    }
    paging::push_after_newest(query, "r", after);
}

/// Requests the actor can decide, the longest waiting first.
///
/// # Errors
/// `Unavailable`.
pub async fn inbox(portal: &Portal, actor: &Actor) -> Result<Vec<RequestRow>> {
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let mut db = portal.pool.acquire().await?;
    waiting_for(portal, &mut db, actor, person).await
}

/// Requests that wait for a decision this person may make: never their own.
pub(crate) async fn waiting_for(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    person: &SignedIn,
) -> Result<Vec<RequestRow>> {
    let owned = portal.role_groups.owned_by(person);
    if owned.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::new(SELECT);
    query
        .push("r.state = 'submitted' and p.slug = any(")
        .push_bind(owned);
    query
        .push(") and r.requester_id <> ")
        .push_bind(person.id.0);
    query.push(" and r.until > ").push_bind(portal.clock.now());
    query.push(" order by r.submitted_at, r.id limit 100");
    fetch(db, actor, query).await
}

/// Requests of which only security can say what was made, the longest waiting first: never their own.
pub(crate) async fn to_resolve(
    db: &mut PgConnection,
    actor: &Actor,
    person: &SignedIn,
) -> Result<Vec<RequestRow>> {
    let mut query = QueryBuilder::new(SELECT);
    query
        .push("r.state = 'ambiguous' and r.requester_id <> ")
        .push_bind(person.id.0);
    query.push(" order by r.changed_at, r.id limit 50");
    fetch(db, actor, query).await
}

/// The actor's own requests in some states, latest first.
pub(crate) async fn mine_in(
    db: &mut PgConnection,
    actor: &Actor,
    person: &SignedIn,
    states: &[RequestState],
) -> Result<Vec<RequestRow>> {
    let states: Vec<String> = states.iter().map(ToString::to_string).collect();
    let mut query = QueryBuilder::new(SELECT);
    query.push("r.requester_id = ").push_bind(person.id.0);
    query.push(" and r.state = any(").push_bind(states);
    query.push(") order by r.submitted_at desc, r.id desc limit 50");
    fetch(db, actor, query).await
}
