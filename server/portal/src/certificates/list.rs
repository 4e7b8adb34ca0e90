//! Lists of certificates.

use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::row::{SELECT, fetch};
use crate::{
    Actor, Error, Portal, Result, SignedIn,
    model::{
        CertificateFilter, CertificateList, CertificateRow, CertificateScope, EndsFilter, Field,
        FieldError, Problem, SEARCH_MAX, Serial,
    },
    paging,
    policy::{self, Action, On},
    projects,
};

/// Certificates on one page.
const PAGE: u16 = 50;
/// Beyond this many the page says "many".
const COUNT_CAP: i64 = 100;
/// An end within this time deserves attention.
pub const SOON: Duration = Duration::days(30);

/// Whose certificates, as SQL needs it.
enum Of<'a> {
    Holder(&'a SignedIn),
    Projects(Vec<String>),
    Everybody,
}

/// Lists certificates by end: the soonest first, ended ones the latest first.
///
/// # Errors
/// `NotFound` for a scope the actor does not have, `Invalid` for a cursor that is none or too long a
/// search, `Unavailable`.
pub async fn list(
    portal: &Portal,
    actor: &Actor,
    filter: CertificateFilter,
) -> Result<CertificateList> {
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let now = portal.clock.now();
    let after = filter.after.as_ref().map(paging::place).transpose()?;
    if filter
        .search
        .as_ref()
        .is_some_and(|text| text.chars().count() > SEARCH_MAX as usize)
    {
        let problem = Problem::TooLong { most: SEARCH_MAX };
        return Err(Error::Invalid(vec![FieldError {
            field: Field::Search,
            problem,
        }]));
    }
    let mut db = portal.pool.acquire().await?;
    let visible = projects::visible_projects(portal, &mut db, actor).await?;
    let all = policy::may(&portal.role_groups, actor, Action::ReadAudit, On::Portal).is_ok();
    let mut scopes = vec![CertificateScope::Mine];
    if all {
        scopes.push(CertificateScope::All);
    } else if !visible.is_empty() {
        scopes.push(CertificateScope::Projects);
    }
    let scope = match filter.scope {
        Some(scope) if scopes.contains(&scope) => scope,
        Some(_) => return Err(Error::NotFound),
        None if all => CertificateScope::All,
        None if holds_any(&mut db, person).await? => CertificateScope::Mine,
        None => *scopes.last().unwrap_or(&CertificateScope::Mine),
    };
    let of = match scope {
        CertificateScope::Mine => Of::Holder(person),
        CertificateScope::Projects => Of::Projects(visible.clone()),
        CertificateScope::All => Of::Everybody,
    };

    let mut rows = page_of(&mut db, actor, &of, &filter, after, now).await?;
    let more = paging::cut(&mut rows, PAGE, |row| {
        paging::cursor(row.not_after, row.id.0)
    });
    let ending_soon = count_ending_soon(&mut db, &of, now).await?;
    let synced_at = sqlx::query_scalar!(
        "select min(certificates_seen_at) from database_user
         where project_id = any($1) and x509_type = 'MANAGED' and gone_at is null",
        &visible
    )
    .fetch_one(&mut *db)
    .await?;
    Ok(CertificateList {
        rows,
        more,
        scope,
        scopes,
        ending_soon,
        synced_at,
        now,
    })
}

async fn holds_any(db: &mut PgConnection, person: &SignedIn) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from certificate where holder_id = $1) as "any!""#,
        person.id.0
    )
    .fetch_one(db)
    .await?)
}

async fn page_of(
    db: &mut PgConnection,
    actor: &Actor,
    of: &Of<'_>,
    filter: &CertificateFilter,
    after: Option<(OffsetDateTime, Uuid)>,
    now: OffsetDateTime,
) -> Result<Vec<CertificateRow>> {
    let limit = i64::from(PAGE) + 1;
    let order = if filter.ends == EndsFilter::Ended {
        "desc"
    } else {
        "asc"
    };
    let order = format!(" order by c.not_after {order}, c.id {order} limit ");
    let conditions = |query: &mut QueryBuilder<Postgres>| {
        push_ends(query, filter.ends, now);
        push_rest(query, filter, after);
    };

    let mut query = QueryBuilder::new(SELECT);
    match of {
        Of::Everybody => {
            query.push("true");
            conditions(&mut query);
        }
        Of::Holder(person) => {
            query.push("c.holder_id = ").push_bind(person.id.0);
            conditions(&mut query);
        }
        // The first page of each project by its index, then the first page of those: without this
        // the list would walk past everybody else's certificates.
        Of::Projects(ids) => {
            query
                .push("c.id in (select mine.id from unnest(")
                .push_bind(ids.clone());
            query.push(
                "::text[]) as wanted (project_id) cross join lateral (
                    select c.id from certificate c where c.project_id = wanted.project_id",
            );
            conditions(&mut query);
            query.push(&order).push_bind(limit).push(") mine)");
        }
    }
    query.push(&order).push_bind(limit);
    fetch(db, actor, query).await
}

fn push_ends(query: &mut QueryBuilder<Postgres>, ends: EndsFilter, now: OffsetDateTime) {
    if ends == EndsFilter::Ended {
        query.push(" and c.not_after <= ").push_bind(now);
        return;
    }
    query.push(" and c.not_after > ").push_bind(now);
    let within = match ends {
        EndsFilter::Week => Duration::days(7),
        EndsFilter::Month => SOON,
        EndsFilter::Quarter => Duration::days(90),
        EndsFilter::Live | EndsFilter::Ended => return,
    };
    query.push(" and c.not_after <= ").push_bind(now + within);
}

fn push_rest(
    query: &mut QueryBuilder<Postgres>,
    filter: &CertificateFilter,
    after: Option<(OffsetDateTime, Uuid)>,
) {
    if let Some(project) = &filter.project {
        query
            .push(" and c.project_id = ")
            .push_bind(project.to_string());
    }
    if let Some(search) = filter
        .search
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        let escaped = search
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        let pattern = format!("%{escaped}%");
        query
            .push(" and (c.username ilike ")
            .push_bind(pattern.clone());
        query
            .push(" or c.project_id in (select id from project where name ilike ")
            .push_bind(pattern)
            .push(")");
        if let Ok(serial) = search.parse::<Serial>() {
            query.push(" or c.serial = ").push_bind(serial.0);
        }
        query.push(")");
    }
    if let Some((at, id)) = after {
        let beyond = if filter.ends == EndsFilter::Ended {
            "<"
        } else {
            ">"
        };
        query
            .push(format!(" and (c.not_after, c.id) {beyond} ("))
            .push_bind(at);
        query.push(", ").push_bind(id).push(")");
    }
}

async fn count_ending_soon(db: &mut PgConnection, of: &Of<'_>, now: OffsetDateTime) -> Result<u32> {
    let mut query = QueryBuilder::new("select count(*) from (select 1 from certificate c where ");
    match of {
        Of::Everybody => query.push("true"),
        Of::Holder(person) => query.push("c.holder_id = ").push_bind(person.id.0),
        Of::Projects(ids) => query
            .push("c.project_id = any(")
            .push_bind(ids.clone())
            .push(")"),
    };
    push_ends(&mut query, EndsFilter::Month, now);
    query.push(" limit ").push_bind(COUNT_CAP).push(") soon");
    let count: i64 = query.build_query_scalar().fetch_one(db).await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Certificates the person holds, or of projects they own, that end within 30 days.
///
/// # Errors
/// `Unavailable`.
pub async fn ending_soon(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    person: &SignedIn,
) -> Result<Vec<CertificateRow>> {
    let now = portal.clock.now();
    let mut query = QueryBuilder::new(SELECT);
    // Two short walks by their indexes: `or` would walk everybody's.
    query
        .push("c.id in ((select c.id from certificate c where c.holder_id = ")
        .push_bind(person.id.0);
    push_ends(&mut query, EndsFilter::Month, now);
    query.push(" order by c.not_after, c.id limit 20) union (select c.id from certificate c where c.project_id in ");
    query
        .push("(select id from project where slug = any(")
        .push_bind(portal.role_groups.owned_by(person))
        .push("))");
    push_ends(&mut query, EndsFilter::Month, now);
    query.push(" order by c.not_after, c.id limit 20))");
    query.push(" order by c.not_after, c.id limit 20");
    fetch(db, actor, query).await
}

/// Certificates that live and that nothing and nobody explains, the latest first: in a person's own
/// projects, and for security in all.
///
/// # Errors
/// `Unavailable`.
pub async fn unexplained(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    person: &SignedIn,
) -> Result<Vec<CertificateRow>> {
    let mut query = QueryBuilder::new(SELECT);
    query
        .push("c.origin = 'unexplained' and x.id is null and c.not_after > ")
        .push_bind(portal.clock.now());
    if !portal.role_groups.is_security(person) {
        query
            .push(" and c.project_id in (select id from project where slug = any(")
            .push_bind(portal.role_groups.owned_by(person))
            .push("))");
    }
    query.push(" order by c.not_after desc, c.id limit 20");
    fetch(db, actor, query).await
}
