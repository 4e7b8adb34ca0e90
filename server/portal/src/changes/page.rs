//! A change's page.

use sqlx::{PgConnection, QueryBuilder};
use time::{Duration, OffsetDateTime};

use super::{
    follow::followed,
    kind,
    row::{SELECT, fetch},
    second::{Seconds, seconds},
    stored::Stored,
};
use crate::{
    Actor, Error, Portal, Result, audit,
    model::{
        ChangeActions, ChangeId, ChangePage, ChangeState, ChangeStatus, ClusterProgress, Denial,
        GroupId, Username,
    },
    policy::{self, Action, Refused},
    projects::{self, Standing},
    step_up::require_fresh,
};

/// For this long after the yes the portal is taken to be at it; then somebody may try again.
const UNDER_WAY: Duration = Duration::minutes(1);

/// One change with its story.
///
/// # Errors
/// `NotFound` if there is none or `actor` may not see it.
pub async fn get(portal: &Portal, actor: &Actor, id: ChangeId) -> Result<ChangePage> {
    let now = portal.clock.now();
    let mut db = portal.pool.acquire().await?;
    let change = visible(portal, &mut db, actor, id).await?;
    let mut query = QueryBuilder::new(SELECT);
    query.push("c.id = ").push_bind(id.0);
    let row = fetch(&mut db, actor, query)
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    let standing = projects::standing(&mut db, &change.project.id).await?;

    let may = actions(portal, actor, &change, row.changed_at, now);
    let submitted = change.expect(&[ChangeState::Submitted], now).is_ok();
    let denial = policy::may(
        &portal.role_groups,
        actor,
        Action::ApproveChange,
        change.on(),
    );
    let seconds = if change.state == ChangeState::Submitted {
        let groups = &portal.role_groups;
        seconds(
            &mut db,
            groups,
            actor,
            &change.slug,
            (change.requester, now),
        )
        .await?
    } else {
        Seconds::default()
    };
    let shown = kind::shown(&mut db, &change).await?;
    let (live_certificates, latest_end) = match &change.username {
        Some(username) => live(&mut db, &change.project.id, username, now).await?,
        None => (0, None),
    };
    Ok(ChangePage {
        clusters: clusters(&mut db, &standing, &change).await?,
        live_certificates,
        latest_end,
        story: audit::change_story(portal, &mut db, actor, id).await?,
        approvers: seconds.people,
        security_decides: seconds.security_decides,
        step_up: (may.approve || may.carry_out) && require_fresh(portal, actor).is_err(),
        may,
        why_not_approve: match denial {
            Err(Refused::Denied(Denial::OwnRequest)) if submitted => Some(Denial::OwnRequest),
            _ => None,
        },
        authorities_kept: change.authorities.is_some(),
        refusal: change.refusal,
        not_sent: change.not_sent,
        digest: shown.digest,
        plan: change.plan,
        row,
        now,
    })
}

/// The change, if the actor may see it.
async fn visible(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    id: ChangeId,
) -> Result<Stored> {
    let change = Stored::load(portal, db, id).await?;
    policy::may(&portal.role_groups, actor, Action::ViewChange, change.on())
        .map_err(|_| Error::NotFound)?;
    Ok(change)
}

fn actions(
    portal: &Portal,
    actor: &Actor,
    change: &Stored,
    changed_at: OffsetDateTime,
    now: OffsetDateTime,
) -> ChangeActions {
    use ChangeState::{Approved, Submitted};
    let is = |states: &[ChangeState]| change.expect(states, now).is_ok();
    let may = |action| policy::may(&portal.role_groups, actor, action, change.on()).is_ok();
    let idle = change.not_sent.is_some() || now - changed_at >= UNDER_WAY;
    ChangeActions {
        approve: is(&[Submitted]) && may(Action::ApproveChange),
        deny: is(&[Submitted]) && may(Action::DenyChange),
        withdraw: is(&[Submitted, Approved]) && may(Action::WithdrawChange),
        carry_out: is(&[Approved]) && idle && may(Action::CarryOutChange),
    }
}

/// The clusters that must follow: as they are before Atlas was told, and how far they are after.
async fn clusters(
    db: &mut PgConnection,
    standing: &Standing,
    change: &Stored,
) -> Result<Option<Vec<ClusterProgress>>> {
    if change.follows == Some(false) {
        return Ok(None);
    }
    let followed = followed(db, change.id).await?;
    if !followed.is_empty() || change.state.is_over() {
        let followed = followed.into_iter().map(|cluster| cluster.progress);
        return Ok(Some(followed.collect()));
    }
    let Some(conditions) = &standing.conditions else {
        return Ok(None);
    };
    let names = kind::concerned(standing, &change.plan);
    let concerned = conditions
        .iter()
        .filter(|cluster| names.contains(&cluster.name));
    Ok(Some(
        concerned
            .map(|cluster| ClusterProgress {
                name: cluster.name.clone(),
                state: cluster.state.clone().unwrap_or_default(),
                done: false,
            })
            .collect(),
    ))
}

/// How many certificates of a name live, and when the last of them ends.
async fn live(
    db: &mut PgConnection,
    project: &GroupId,
    username: &Username,
    now: OffsetDateTime,
) -> Result<(u32, Option<OffsetDateTime>)> {
    let live = sqlx::query!(
        r#"select count(*) as "count!", max(not_after) as latest_end from certificate
         where project_id = $1 and username = $2 and not_after > $3"#,
        project.as_str(),
        username.as_str(),
        now
    )
    .fetch_one(db)
    .await?;
    Ok((
        u32::try_from(live.count).unwrap_or(u32::MAX),
        live.latest_end,
    ))
}

/// The short form of [`get`], for a page that waits.
///
/// # Errors
/// `NotFound`.
pub async fn status(portal: &Portal, actor: &Actor, id: ChangeId) -> Result<ChangeStatus> {
    let mut db = portal.pool.acquire().await?;
    let change = visible(portal, &mut db, actor, id).await?;
    let lines = sqlx::query_scalar!(
        r#"select count(*) as "lines!" from audit.entry where change_id = $1"#,
        id.0
    )
    .fetch_one(&mut *db)
    .await?;
    // The page says the same of itself, word for word; it loads again where the two differ.
    let standing = projects::standing(&mut db, &change.project.id).await?;
    let clusters = clusters(&mut db, &standing, &change).await?;
    let left = clusters.iter().flatten().filter(|one| !one.done).count();
    Ok(ChangeStatus {
        state: change.state,
        clusters_left: u32::try_from(left).unwrap_or(u32::MAX),
        story_length: u32::try_from(lines).unwrap_or(u32::MAX),
    })
}
