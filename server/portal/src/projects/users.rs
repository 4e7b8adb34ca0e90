//! Database users.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::page::Standing;
use crate::{
    Actor, Error, Result,
    model::{DatabaseUserRow, Obstacle, RequestId, Username, X509Type},
};

/// Database users of a project by name, or the one of them called `only`.
pub(crate) async fn user_rows(
    db: &mut PgConnection,
    actor: &Actor,
    standing: &Standing,
    only: Option<&Username>,
    now: OffsetDateTime,
) -> Result<Vec<DatabaseUserRow>> {
    let rows = sqlx::query!(
        r#"select u.username, u.x509_type, u.roles, u.clusters, u.gone_at is not null as "gone!",
            (select count(*) from certificate c where c.project_id = u.project_id and c.username = u.username
                and c.not_after > $3 and u.database_name = '$external') as "live!",
            (select max(c.not_after) from certificate c where c.project_id = u.project_id
                and c.username = u.username and c.not_after > $3 and u.database_name = '$external') as latest_end,
            (select r.id from request r where r.project_id = u.project_id and r.username = u.username
                and r.requester_id = $4 and u.database_name = '$external'
                and r.state in ('submitted', 'approved', 'issuing', 'unknown', 'ambiguous', 'ready')
                limit 1) as "open_request?",
            exists (select 1 from change ch where ch.project_id = u.project_id and ch.username = u.username
                and ch.kind = 'create_user' and ch.state in ('calling', 'unknown', 'applying')
                and u.database_name = '$external') as "new!"
         from database_user u
         where u.project_id = $1 and ($2::text is null or (u.username = $2 and u.database_name = '$external'))
            and (u.gone_at is null or $2 is not null)
         order by u.x509_type = 'MANAGED' desc, u.username, u.database_name
         limit 1000"#,
        standing.project.id.as_str(),
        only.map(Username::as_str),
        now,
        actor.person().map(|person| person.id.0)
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let x509_type: X509Type = row
                .x509_type
                .parse()
                .map_err(|error| Error::internal("a database user's x509Type is not one", error))?;
            Ok(DatabaseUserRow {
                username: row.username.parse().map_err(|error| {
                    Error::internal("a database user's name is malformed", error)
                })?,
                x509_type,
                roles: serde_json::from_value(row.roles).map_err(|error| {
                    Error::internal("a database user's roles could not be read", error)
                })?,
                clusters: row.clusters,
                obstacle: obstacle(standing.obstacle, x509_type, (row.gone, row.new)),
                live_certificates: u32::try_from(row.live).unwrap_or(u32::MAX),
                latest_end: row.latest_end,
                open_request: row.open_request.map(RequestId),
            })
        })
        .collect()
}

/// One database user that signs in with X.509, gone or not.
pub(crate) async fn find_user(
    db: &mut PgConnection,
    actor: &Actor,
    standing: &Standing,
    username: &Username,
    now: OffsetDateTime,
) -> Result<Option<DatabaseUserRow>> {
    Ok(user_rows(db, actor, standing, Some(username), now)
        .await?
        .pop())
}

/// Why a database user cannot have an Atlas-managed certificate. What is wrong with the user comes
/// first: it stays wrong when the project's trouble is over. That its clusters do not know it yet comes
/// last: it is over soonest.
fn obstacle(
    project: Option<Obstacle>,
    x509_type: X509Type,
    (gone, new): (bool, bool),
) -> Option<Obstacle> {
    match x509_type {
        _ if gone => Some(Obstacle::UserGone),
        X509Type::None => Some(Obstacle::NotX509),
        X509Type::Customer => Some(Obstacle::CustomerUser),
        X509Type::Managed => project.or(new.then_some(Obstacle::NotApplied)),
    }
}
