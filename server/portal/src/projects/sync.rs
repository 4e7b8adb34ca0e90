//! Reading projects, database users and settings from Atlas into the tables.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

use super::slug::{distinct_slug, slug_of};
use crate::{
    Portal, Result,
    atlas::ReadError,
    failpoint::failpoint,
    model::{GroupId, ProjectRef},
};

/// Projects read at the same time; each takes three calls.
const AT_ONCE: usize = 4;

/// Brings the tables up to what Atlas lists. A project whose reading fails keeps what was known;
/// the others are read all the same.
///
/// # Errors
/// The first failure, after everything else has been read.
pub async fn sync(portal: &Portal) -> Result<()> {
    let projects = portal.atlas.list_projects().await?;
    failpoint!("projects.listed");
    for project in &projects {
        upsert_project(portal, project).await?;
    }
    let ids: Vec<String> = projects
        .iter()
        .map(|project| project.id.to_string())
        .collect();
    let now = portal.clock.now();
    sqlx::query!(
        "update project set gone_at = $1 where gone_at is null and id <> all($2)",
        now,
        &ids
    )
    .execute(&portal.pool)
    .await?;

    failpoint!("projects.gone");
    let results: Vec<Result<()>> = stream::iter(projects)
        .map(|project| sync_project(portal, project.id))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    stream::iter(results).try_collect().await
}

async fn upsert_project(portal: &Portal, project: &ProjectRef) -> Result<()> {
    let now = portal.clock.now();
    // That it is listed says nothing about what is in it: `seen_at` is for those who read that.
    let updated = sqlx::query!(
        "update project set name = $2, gone_at = null where id = $1",
        project.id.as_str(),
        project.name
    )
    .execute(&portal.pool)
    .await?;
    if updated.rows_affected() > 0 {
        return Ok(());
    }
    let slug = slug_of(&project.name, &project.id);
    for slug in [distinct_slug(&slug, &project.id), slug].into_iter().rev() {
        let inserted = sqlx::query!(
            "insert into project (id, name, slug, first_seen_at, seen_at) values ($1, $2, $3, $4, $4)
             on conflict do nothing",
            project.id.as_str(),
            project.name,
            slug,
            now
        )
        .execute(&portal.pool)
        .await?;
        if inserted.rows_affected() > 0 {
            failpoint!("projects.inserted");
            tracing::info!(project.id = %project.id, project.slug = slug, "New project {}", project.name);
            break;
        }
    }
    Ok(())
}

/// Reads one project. All calls first, then one transaction: a page never sees half of it.
async fn sync_project(portal: &Portal, id: GroupId) -> Result<()> {
    // When it was asked, not when it was answered: a user the portal changes meanwhile is newer than
    // this list.
    let now = portal.clock.now();
    let (users, security, clusters) = tokio::join!(
        portal.atlas.list_database_users(&id),
        portal.atlas.user_security(&id),
        portal.atlas.list_clusters(&id),
    );
    let (users, clusters) = (users?, clusters?);
    let security = match security {
        Ok(security) => Some(security),
        // Needs more power than the lists: a credential without it still shows the users, and
        // Atlas itself refuses what the settings forbid.
        Err(ReadError::Refused(refusal)) => {
            tracing::warn!(project.id = %id, code = refusal.code, "The security settings may not be read");
            None
        }
        Err(error) => return Err(error.into()),
    };
    let clusters = clusters.map(|clusters| {
        clusters
            .into_iter()
            .map(|cluster| json!({ "name": cluster.name, "state": cluster.state, "srv": cluster.srv }))
            .collect::<Vec<_>>()
    });

    failpoint!("project.read");
    let mut tx = portal.pool.begin().await?;
    let told = security.as_ref();
    // What the portal itself has switched off meanwhile is newer than this reading.
    sqlx::query!(
        "update project set
            customer_x509 = coalesce($3, customer_x509),
            customer_cas = case when $2 then $4 else customer_cas end,
            ldap_authentication = coalesce($5, ldap_authentication),
            ldap_authorization = coalesce($6, ldap_authorization),
            security_told = $2, clusters = coalesce($7, clusters), clusters_told = $8, seen_at = $9
         where id = $1 and seen_at <= $9",
        id.as_str(),
        told.is_some(),
        told.map(|security| security.customer_cas.is_some()),
        told.and_then(|security| security.customer_cas.as_deref()),
        told.map(|security| security.ldap_authentication),
        told.map(|security| security.ldap_authorization),
        clusters.clone().map(serde_json::Value::from),
        clusters.is_some(),
        now
    )
    .execute(&mut *tx)
    .await?;
    failpoint!("project.settings");
    for user in &users {
        let roles = serde_json::to_value(&user.roles)
            .map_err(|error| crate::Error::internal("roles could not be written", error))?;
        sqlx::query!(
            "insert into database_user
                (project_id, database_name, username, x509_type, roles, clusters, seen_at)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (project_id, database_name, username) do update set
                x509_type = excluded.x509_type, roles = excluded.roles, clusters = excluded.clusters,
                seen_at = excluded.seen_at, gone_at = null
             where database_user.seen_at <= excluded.seen_at",
            id.as_str(),
            user.database,
            user.username.as_str(),
            user.x509_type.to_string(),
            roles,
            &user.scopes,
            now
        )
        .execute(&mut *tx)
        .await?;
    }
    failpoint!("project.users");
    // Whatever this reading did not touch is not listed any more.
    sqlx::query!(
        "update database_user set gone_at = $2 where project_id = $1 and gone_at is null and seen_at < $2",
        id.as_str(),
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}
