//! What switching customer-managed X.509 off would do.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    Error, Result,
    model::{ClusterCondition, GroupId, Impact, LastSeen, LockedOutUser, Username},
    projects::Standing,
};

/// Users named on the page; Atlas allows 100 in a project, unless asked for more.
const USERS: i64 = 1_000;

/// What it would do, as Atlas last told.
pub(super) async fn of_project(db: &mut PgConnection, standing: &Standing) -> Result<Impact> {
    let project = &standing.project.id;
    Ok(Impact {
        clusters: standing.conditions.clone(),
        locked_out: locked_out(db, project, standing.conditions.as_deref()).await?,
        freed: freed(db, project).await?,
    })
}

/// The names of all users that would be locked out, always in the same order.
pub(super) async fn names_locked_out(
    db: &mut PgConnection,
    project: &GroupId,
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        r#"select username from database_user
         where project_id = $1 and x509_type = 'CUSTOMER' and gone_at is null
         order by username collate "C""#,
        project.as_str()
    )
    .fetch_all(db)
    .await?)
}

async fn locked_out(
    db: &mut PgConnection,
    project: &GroupId,
    clusters: Option<&[ClusterCondition]>,
) -> Result<Vec<LockedOutUser>> {
    let histories = histories(db, project).await?;
    let users = sqlx::query!(
        "select username, roles, clusters, last_seen_at, last_seen_cluster from database_user
         where project_id = $1 and x509_type = 'CUSTOMER' and gone_at is null
         order by last_seen_at desc nulls last, username limit $2",
        project.as_str(),
        USERS
    )
    .fetch_all(db)
    .await?;
    users
        .into_iter()
        .map(|user| {
            Ok(LockedOutUser {
                last_seen: match (user.last_seen_at, user.last_seen_cluster) {
                    (Some(at), Some(cluster)) => LastSeen::At { at, cluster },
                    _ => unseen(&user.clusters, clusters, &histories),
                },
                username: user.username.parse().map_err(|error| {
                    Error::internal("a database user's name is malformed", error)
                })?,
                roles: serde_json::from_value(user.roles).map_err(|error| {
                    Error::internal("a database user's roles could not be read", error)
                })?,
            })
        })
        .collect()
}

/// How far back a cluster's sign-ins are known without a gap.
struct History {
    cluster: String,
    since: OffsetDateTime,
}

async fn histories(db: &mut PgConnection, project: &GroupId) -> Result<Vec<History>> {
    Ok(sqlx::query_as!(
        History,
        r#"select cluster, since as "since!" from cluster_sign_ins
         where project_id = $1 and since is not null"#,
        project.as_str()
    )
    .fetch_all(db)
    .await?)
}

/// What may be said of a user nobody has seen: only what every cluster it can reach tells.
fn unseen(
    scopes: &[String],
    clusters: Option<&[ClusterCondition]>,
    histories: &[History],
) -> LastSeen {
    let Some(clusters) = clusters else {
        return LastSeen::Unknown;
    };
    let reached = clusters
        .iter()
        .filter(|cluster| scopes.is_empty() || scopes.contains(&cluster.name));
    let since: Option<Vec<OffsetDateTime>> = reached
        .map(|cluster| {
            let history = histories.iter().find(|one| one.cluster == cluster.name)?;
            Some(history.since)
        })
        .collect();
    match since.and_then(|since| since.into_iter().max()) {
        Some(since) => LastSeen::NotLately { since },
        None => LastSeen::Unknown,
    }
}

async fn freed(db: &mut PgConnection, project: &GroupId) -> Result<Vec<Username>> {
    sqlx::query_scalar!(
        "select username from database_user
         where project_id = $1 and x509_type = 'MANAGED' and database_name = '$external' and gone_at is null
         order by username limit $2",
        project.as_str(),
        USERS
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|name| {
        name.parse()
            .map_err(|error| Error::internal("a database user's name is malformed", error))
    })
    .collect()
}
