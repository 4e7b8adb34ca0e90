//! Reading from Atlas who signs in, so that a page can say whom switching off would hit.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use time::{Duration, OffsetDateTime};

use crate::{
    Portal, Result,
    atlas::{ListedSignIn, ReadError},
    model::{GroupId, RefusalReason, Username},
};

/// How far back a cluster is asked the first time: what Atlas keeps of the smallest dedicated ones.
const FIRST: Duration = Duration::days(7);
/// How far each reading reaches into the one before: what was listed late is not missed.
const OVERLAP: Duration = Duration::hours(1);
/// Clusters read at the same time.
const AT_ONCE: usize = 4;

/// Remembers when database users were last seen, in projects with users whose certificates come from the
/// customer's authority: of nobody else does any page say so.
///
/// # Errors
/// The first failure, after every other cluster has been read.
pub async fn sync(portal: &Portal) -> Result<()> {
    let clusters = sqlx::query!(
        r#"select p.id, c.cluster ->> 'name' as "cluster!", h.since as "since?", h.read_at as "read_at?"
         from project p
         cross join lateral jsonb_array_elements(p.clusters) c (cluster)
         left join cluster_sign_ins h on h.project_id = p.id and h.cluster = c.cluster ->> 'name'
         where p.gone_at is null and p.clusters_told and exists (select 1 from database_user u
            where u.project_id = p.id and u.x509_type = 'CUSTOMER' and u.gone_at is null)
         order by h.read_at nulls first, p.id, 2"#
    )
    .fetch_all(&portal.pool)
    .await?;
    let histories: Vec<History> = clusters
        .into_iter()
        .filter_map(|row| {
            Some(History {
                project: row.id.parse().ok()?,
                cluster: row.cluster,
                known: row.since.zip(row.read_at),
            })
        })
        .collect();
    let results: Vec<Result<()>> = stream::iter(histories)
        .map(|history| read(portal, history))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    stream::iter(results).try_collect().await
}

/// What is known of a cluster's sign-ins.
struct History {
    project: GroupId,
    cluster: String,
    /// Since when without a gap, and when that was read.
    known: Option<(OffsetDateTime, OffsetDateTime)>,
}

async fn read(portal: &Portal, history: History) -> Result<()> {
    let now = portal.clock.now();
    let (project, cluster) = (&history.project, &history.cluster);
    let ask_since = |read_at: OffsetDateTime| (read_at - OVERLAP).max(now - FIRST);
    let from = history
        .known
        .map_or(now - FIRST, |(_, read_at)| ask_since(read_at));
    let listed = match portal.atlas.list_sign_ins(project, cluster, from).await {
        // A cluster that is paused, or on its way out: it tells nothing, and nothing is wrong.
        Err(ReadError::Refused(refusal)) if refusal.reason != RefusalReason::RateLimited => {
            tracing::info!(project.id = %project, cluster, code = refusal.code, "No sign-ins are told");
            None
        }
        listed => listed?,
    };
    let since = listed.is_some().then(|| match history.known {
        // This reading goes on where the one before ended.
        Some((since, read_at)) if from <= read_at => since,
        _ => from,
    });

    let mut tx = portal.pool.begin().await?;
    for (username, at) in latest(listed.unwrap_or_default()) {
        // Only where Atlas issues the certificates does the user's name come without `CN=`.
        sqlx::query!(
            "update database_user set last_seen_at = $3, last_seen_cluster = $4
             where project_id = $1 and database_name = '$external'
                and (username = $2 or x509_type = 'CUSTOMER' and username = 'CN=' || $2)
                and (last_seen_at is null or last_seen_at < $3)",
            project.as_str(),
            username.as_str(),
            at,
            cluster
        )
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query!(
        "insert into cluster_sign_ins (project_id, cluster, since, read_at) values ($1, $2, $3, $4)
         on conflict (project_id, cluster) do update set since = excluded.since, read_at = excluded.read_at",
        project.as_str(),
        cluster,
        since,
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// The last time each user was let in.
fn latest(listed: Vec<ListedSignIn>) -> BTreeMap<Username, OffsetDateTime> {
    let mut latest = BTreeMap::new();
    for sign_in in listed.into_iter().filter(|one| one.succeeded) {
        let at = latest.entry(sign_in.username).or_insert(sign_in.at);
        *at = sign_in.at.max(*at);
    }
    latest
}
