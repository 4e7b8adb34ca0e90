//! Lists of changes.

use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    row::{SELECT, fetch},
    second::counts_since,
};
use crate::{
    Actor, Error, Portal, Result, SignedIn,
    model::{ChangeFilter, ChangeRow, ChangeScope, GroupId, Page},
    paging,
    policy::{self, Action, On},
};

/// Changes on one page.
const PAGE: u16 = 50;

/// States in which nothing can change any more.
const OVER: &str = "('done', 'denied', 'withdrawn', 'expired', 'rejected', 'not_applied')";

/// For how long what ended still counts as recent.
const RECENT: Duration = Duration::days(7);

/// Lists changes, latest first.
///
/// # Errors
/// `NotFound` for a scope the actor does not have, `Invalid` for a cursor that is none, `Unavailable`.
pub async fn list(portal: &Portal, actor: &Actor, filter: ChangeFilter) -> Result<Page<ChangeRow>> {
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let after = filter.after.as_ref().map(paging::place).transpose()?;
    let mut db = portal.pool.acquire().await?;
    let mut query = QueryBuilder::new(SELECT);
    match filter.scope {
        // The first page of each project by its index, then the first page of those.
        ChangeScope::Projects => {
            push_owned(&mut query, portal.role_groups.owned_by(person));
            push_conditions(&mut query, &filter, after);
            paging::push_newest_first(&mut query, "c", PAGE);
            query.push(") mine)");
        }
        ChangeScope::All => {
            policy::may(&portal.role_groups, actor, Action::ReadAudit, On::Portal)
                .map_err(|_| Error::NotFound)?;
            query.push("true");
            push_conditions(&mut query, &filter, after);
        }
    }
    paging::push_newest_first(&mut query, "c", PAGE);
    let mut rows = fetch(&mut db, actor, query).await?;
    let more = paging::cut(&mut rows, PAGE, |row| {
        paging::cursor(row.submitted_at, row.id.0)
    });
    Ok(Page { rows, more })
}

/// Begins a condition that takes each project by its index; `) mine)` ends it.
fn push_owned(query: &mut QueryBuilder<Postgres>, owned: Vec<String>) {
    query.push(
        "c.id in (select mine.id from unnest((select array_agg(id) from project where slug = any(",
    );
    query.push_bind(owned);
    query.push(
        "))) as wanted (project_id) cross join lateral (
            select c.id from change c where c.project_id = wanted.project_id",
    );
}

fn push_conditions(
    query: &mut QueryBuilder<Postgres>,
    filter: &ChangeFilter,
    after: Option<(OffsetDateTime, Uuid)>,
) {
    match filter.open {
        Some(true) => query.push(" and c.state not in ").push(OVER),
        Some(false) => query.push(" and c.state in ").push(OVER),
        None => query,
    };
    if let Some(project) = &filter.project {
        query
            .push(" and c.project_id = ")
            .push_bind(project.to_string());
    }
    if let Some(kind) = filter.kind {
        query.push(" and c.kind = ").push_bind(kind.to_string());
    }
    paging::push_after_newest(query, "c", after);
}

/// Changes the actor can decide, the longest waiting first.
///
/// # Errors
/// `Unavailable`.
pub async fn inbox(portal: &Portal, actor: &Actor) -> Result<Vec<ChangeRow>> {
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let mut db = portal.pool.acquire().await?;
    waiting_for(portal, &mut db, actor, person).await
}

/// Changes that wait for a decision this person may make, the longest waiting first: never their own.
pub(crate) async fn waiting_for(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    person: &SignedIn,
) -> Result<Vec<ChangeRow>> {
    let groups = &portal.role_groups;
    let mut query = QueryBuilder::new(SELECT);
    query.push("c.state = 'submitted' and c.until > ");
    query.push_bind(portal.clock.now());
    query.push(" and c.requester_id <> ").push_bind(person.id.0);
    query
        .push(" and (p.slug = any(")
        .push_bind(groups.owned_by(person))
        .push(")");
    if groups.is_security(person) {
        // Those of a project's only owner that is counted on.
        query
            .push(" or (rp.groups @> array[replace(")
            .push_bind(groups.owner_pattern.clone())
            .push(", '{project}', p.slug)] and not exists (select 1 from person other where other.id <> rp.id and other.signed_in_at > ")
            .push_bind(counts_since(portal.clock.now()))
            .push(" and other.groups @> array[replace(")
            .push_bind(groups.owner_pattern.clone())
            .push(", '{project}', p.slug)]))");
    }
    query.push(") order by c.submitted_at, c.id limit 100");
    fetch(db, actor, query).await
}

/// Changes under way, or that ended lately, in projects the person owns, or in all of them.
pub(crate) async fn recent(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    person: &SignedIn,
) -> Result<Vec<ChangeRow>> {
    let since = portal.clock.now() - RECENT;
    let push_state = |query: &mut QueryBuilder<Postgres>| {
        query
            .push(" and (c.state not in ")
            .push(OVER)
            .push(" or c.changed_at > ")
            .push_bind(since)
            .push(") order by c.submitted_at desc, c.id desc limit 20");
    };
    let mut query = QueryBuilder::new(SELECT);
    if portal.role_groups.is_security(person) {
        query.push("true");
    } else {
        push_owned(&mut query, portal.role_groups.owned_by(person));
        push_state(&mut query);
        query.push(") mine)");
    }
    push_state(&mut query);
    fetch(db, actor, query).await
}

/// Earlier changes that switched a project's customer-managed X.509 off, or should have, latest first.
pub(crate) async fn past_of_project(
    db: &mut PgConnection,
    actor: &Actor,
    project: &GroupId,
) -> Result<Vec<ChangeRow>> {
    let mut query = QueryBuilder::new(SELECT);
    query
        .push("c.kind = 'disable_x509' and c.project_id = ")
        .push_bind(project.to_string());
    query
        .push(" and c.state in ")
        .push(OVER)
        .push(" order by c.submitted_at desc, c.id desc limit 10");
    fetch(db, actor, query).await
}
