//! The portal's own table of users, brought up to what it has just done.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    Error, Result,
    model::{ChangePlan, DatabaseRole, GroupId, Username},
};

/// Writes what a change has done to a user, without waiting for the next reading of Atlas. A reading that
/// began earlier does not undo it.
pub(super) async fn write(
    db: &mut PgConnection,
    project: &GroupId,
    username: &Username,
    plan: &ChangePlan,
    now: OffsetDateTime,
) -> Result<()> {
    match plan {
        ChangePlan::DisableX509 { .. } => Ok(()),
        ChangePlan::CreateUser { roles, clusters } => {
            created(db, (project, username), roles, clusters, now).await
        }
        ChangePlan::UpdateUser { after, .. } => {
            sqlx::query!(
                "update database_user set roles = $3, seen_at = $4
                 where project_id = $1 and database_name = '$external' and username = $2",
                project.as_str(),
                username.as_str(),
                json(after)?,
                now
            )
            .execute(db)
            .await?;
            Ok(())
        }
        ChangePlan::DeleteUser { .. } => {
            sqlx::query!(
                "update database_user set gone_at = $3, seen_at = $3
                 where project_id = $1 and database_name = '$external' and username = $2",
                project.as_str(),
                username.as_str(),
                now
            )
            .execute(db)
            .await?;
            Ok(())
        }
    }
}

/// Its certificates count as read: there were none, so whatever Atlas lists later and the portal did not
/// issue is unexplained, not pre-existing.
async fn created(
    db: &mut PgConnection,
    (project, username): (&GroupId, &Username),
    roles: &[DatabaseRole],
    clusters: &[String],
    now: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "insert into database_user
            (project_id, database_name, username, x509_type, roles, clusters, seen_at, certificates_seen_at)
         values ($1, '$external', $2, 'MANAGED', $3, $4, $5, $5)
         on conflict (project_id, database_name, username) do update set
            x509_type = excluded.x509_type, roles = excluded.roles, clusters = excluded.clusters,
            seen_at = excluded.seen_at, certificates_seen_at = excluded.certificates_seen_at, gone_at = null",
        project.as_str(),
        username.as_str(),
        json(roles)?,
        clusters,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

fn json(roles: &[DatabaseRole]) -> Result<serde_json::Value> {
    serde_json::to_value(roles)
        .map_err(|error| Error::internal("roles could not be written", error))
}
