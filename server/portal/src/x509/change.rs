//! What the machinery of changes needs to know of switching customer-managed X.509 off; `changes::kind`
//! asks.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{
    authority::Authorities,
    impact,
    state::{State, busy},
};
use crate::{
    Portal, Result,
    atlas::ListedCluster,
    changes::{
        Stored,
        kind::{Followed, Preflight, SettledBy, has_waited},
    },
    model::{Authority, ClusterCondition, Conflict, Event, GroupId},
    projects::Standing,
};

/// A cluster that was not seen restarting within this time after Atlas's answer has done so unseen, or
/// has no need to.
const SEEN_WITHIN: Duration = Duration::minutes(5);

/// What the log says when it is asked for.
pub(crate) async fn requested(
    db: &mut PgConnection,
    project: &GroupId,
    authorities: &[Authority],
    digest: String,
) -> Result<Event> {
    Ok(Event::X509DisableRequested {
        authorities: fingerprints(authorities),
        locked_out: locked_out(db, project).await?.len().to_string(),
        digest,
    })
}

/// The users it would lock out, by name.
pub(crate) async fn locked_out(db: &mut PgConnection, project: &GroupId) -> Result<Vec<String>> {
    impact::names_locked_out(db, project).await
}

/// What the log says when Atlas has taken it.
pub(crate) fn applied(authorities: &[Authority], by: SettledBy) -> Event {
    Event::X509Disabled {
        before: fingerprints(authorities),
        settled_by: by.to_string(),
    }
}

fn fingerprints(authorities: &[Authority]) -> Vec<String> {
    authorities
        .iter()
        .map(|authority| authority.sha256.clone())
        .collect()
}

/// Refuses what cannot be done, as far as the tables tell. Answers with the clusters not known to be idle.
pub(crate) async fn check(
    portal: &Portal,
    db: &mut PgConnection,
    standing: &Standing,
    change: &Stored,
    planned: &[Authority],
) -> Result<Vec<String>> {
    let state = State::load(db, &standing.project.id).await?;
    if let Some(block) = state.block(portal.clock.now()) {
        return Err(Conflict::NotDisablable(block).into());
    }
    if !are_as_planned(state.pem.as_deref(), planned, change) {
        return Err(Conflict::AtlasDiffers.into());
    }
    Ok(busy(standing.conditions.as_deref()))
}

/// Looks at Atlas right before the call: that the authorities are those the second person saw, and that
/// no cluster is at something, or may be, that the second person did not know of.
pub(crate) async fn preflight(
    portal: &Portal,
    change: &Stored,
    planned: &[Authority],
) -> Result<Preflight> {
    let project = &change.project.id;
    let (security, clusters) = tokio::join!(
        portal.atlas.user_security(project),
        portal.atlas.list_clusters(project),
    );
    let pem = security?.customer_cas;
    if pem.is_none() || !are_as_planned(pem.as_deref(), planned, change) {
        return Ok(Preflight::Differs {
            why: "atlas_differs",
        });
    }
    let clusters: Option<Vec<_>> = clusters?.map(|all| all.into_iter().map(condition).collect());
    let told = |cluster: &String| change.overridden.contains(cluster);
    if !busy(clusters.as_deref()).iter().all(told) {
        return Ok(Preflight::Differs {
            why: "clusters_busy",
        });
    }
    Ok(Preflight::AsPlanned { authorities: pem })
}

/// Whether the authorities are those that were there when it was asked for. What cannot be read must be
/// the same text.
fn are_as_planned(pem: Option<&str>, planned: &[Authority], change: &Stored) -> bool {
    let found = Authorities::parse(pem.unwrap_or_default());
    found.are(planned) && (!found.unreadable || pem == change.authorities.as_deref())
}

/// Whether Atlas shows that it is off.
pub(crate) async fn holds(portal: &Portal, project: &GroupId) -> Result<bool> {
    Ok(portal
        .atlas
        .user_security(project)
        .await?
        .customer_cas
        .is_none())
}

/// Writes into the portal's own table that it is off, without waiting for the next reading. A reading that
/// began earlier does not undo it.
pub(crate) async fn mirror(
    db: &mut PgConnection,
    project: &GroupId,
    now: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "update project set customer_x509 = false, customer_cas = null, seen_at = $2 where id = $1",
        project.as_str(),
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How far the clusters are with restarting, one member after the other: idle again, having been seen at
/// it, or idle for long enough.
pub(crate) async fn follow(
    portal: &Portal,
    change: &Stored,
    before: &[Followed],
) -> Result<Option<Vec<Followed>>> {
    let Some(clusters) = portal.atlas.list_clusters(&change.project.id).await? else {
        return Ok(None);
    };
    let seen = (before, has_waited(portal, change, SEEN_WITHIN));
    let clusters = clusters.into_iter().map(condition).map(|cluster| {
        let idle = cluster.state.is_none() || cluster.is_idle();
        Followed::now(cluster.name, cluster.state.unwrap_or_default(), idle, seen)
    });
    Ok(Some(clusters.collect()))
}

fn condition(cluster: ListedCluster) -> ClusterCondition {
    ClusterCondition {
        name: cluster.name,
        state: cluster.state,
    }
}
