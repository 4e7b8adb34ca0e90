//! Waiting for the clusters.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{
    kind::{self, Followed},
    look,
    stored::Stored,
};
use crate::{
    Actor, Portal, Result,
    audit::{self, Entry, Event},
    error::chain,
    failpoint::failpoint,
    model::{ChangeId, ChangeState, ClusterProgress},
};

/// Changes looked at in one run; the next run takes the rest.
const BATCH: i64 = 100;

/// For so long a change is followed. Then what was not seen is on record, and it keeps neither the database
/// user nor whoever waits for it any longer.
const FOLLOWED_FOR: Duration = Duration::hours(24);

/// Looks how far the clusters are with changes Atlas has taken, and ends those that hold everywhere, or have
/// been followed for long enough.
///
/// # Errors
/// `Unavailable` while the database or Atlas is away.
pub async fn follow(portal: &Portal) -> Result<()> {
    let open = sqlx::query_scalar!(
        "select c.id from change c left join change_look l on l.change_id = c.id
         where c.state = 'applying' order by l.looked_at nulls first, c.applied_at limit $1",
        BATCH
    )
    .fetch_all(&portal.pool)
    .await?;
    let mut outcome = Ok(());
    for id in open.into_iter().map(ChangeId) {
        outcome = outcome.and(follow_one(portal, id).await);
    }
    outcome
}

async fn follow_one(portal: &Portal, id: ChangeId) -> Result<()> {
    let mut db = portal.pool.acquire().await?;
    let change = Stored::load(portal, &mut db, id).await?;
    let before = followed(&mut db, id).await?;
    look::note(&mut db, id, portal.clock.now()).await?;
    // Atlas is asked without holding anything of the database.
    drop(db);
    let looked = kind::follow(portal, &change, &before).await;
    failpoint!("change_follow.asked");

    let now = portal.clock.now();
    let given_up = change
        .applied_at
        .is_some_and(|at| now - at >= portal.pace.span(FOLLOWED_FOR));
    let clusters = match looked {
        Err(error) if given_up => {
            tracing::warn!(error = %chain(&error), change.id = %id, "The clusters could not be looked at");
            (!before.is_empty()).then_some(before)
        }
        looked => looked?,
    };
    let mut tx = portal.pool.begin().await?;
    let mut change = Stored::lock(portal, &mut tx, id).await?;
    if change.state != ChangeState::Applying {
        return Ok(()); // Somebody was faster.
    }
    let mut unseen = Vec::new();
    if let Some(clusters) = &clusters {
        remember(&mut tx, id, clusters, now).await?;
        failpoint!("change_follow.remembered");
        let waits = clusters.iter().filter(|cluster| !cluster.progress.done);
        unseen.extend(waits.map(|cluster| cluster.progress.name.clone()));
        if !unseen.is_empty() && !given_up {
            return Ok(tx.commit().await?);
        }
    }
    let seen = unseen.is_empty();
    change.follows = Some(clusters.is_some());
    change.become_state(&mut tx, ChangeState::Done, now).await?;
    let event = Event::ChangeCompleted {
        clusters: clusters.map_or_else(String::new, |clusters| clusters.len().to_string()),
        unseen,
    };
    let entry = Entry::new(event).project(&change.project.id).change(id);
    let actor = Actor::System("changes.follow");
    audit::append(&mut tx, &portal.random, &actor, entry).await?;
    failpoint!("change_follow.audited");
    tx.commit().await?;
    if seen {
        tracing::info!(change.id = %id, "Change {id} holds on every cluster");
    } else {
        tracing::warn!(change.id = %id, "Change {id} was not seen to hold on every cluster");
    }
    Ok(())
}

/// How far the clusters were when last looked at, by name.
pub(super) async fn followed(db: &mut PgConnection, id: ChangeId) -> Result<Vec<Followed>> {
    Ok(sqlx::query!(
        "select cluster, state, was_busy, done from change_cluster where change_id = $1 order by cluster",
        id.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| Followed {
        progress: ClusterProgress {
            name: row.cluster,
            state: row.state,
            done: row.done,
        },
        was_busy: row.was_busy,
    })
    .collect())
}

/// Keeps what was found; a cluster that is not there any more need not follow.
async fn remember(
    tx: &mut PgConnection,
    id: ChangeId,
    clusters: &[Followed],
    now: OffsetDateTime,
) -> Result<()> {
    let names: Vec<String> = clusters
        .iter()
        .map(|cluster| cluster.progress.name.clone())
        .collect();
    sqlx::query!(
        "delete from change_cluster where change_id = $1 and cluster <> all($2)",
        id.0,
        &names
    )
    .execute(&mut *tx)
    .await?;
    for cluster in clusters {
        sqlx::query!(
            "insert into change_cluster (change_id, cluster, state, was_busy, done, read_at)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (change_id, cluster) do update set
                state = excluded.state, was_busy = excluded.was_busy, done = excluded.done,
                read_at = excluded.read_at",
            id.0,
            cluster.progress.name,
            cluster.progress.state,
            cluster.was_busy,
            cluster.progress.done,
            now
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
