//! Reading from Atlas which certificates there are.

use futures::{StreamExt as _, stream};
use time::{Duration, OffsetDateTime};

use super::foreign::{self, Reading};
use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Subject},
    failpoint::failpoint,
    model::{Conflict, GroupId, SweepReport, Username},
    policy::{self, Action, On, Refused},
    projects,
};

/// The job that acts in the audit log.
const ACTOR: Actor = Actor::System("certificates.sync");

/// Users whose lists are read at the same time; each takes one call, or more for long lists.
const AT_ONCE: usize = 4;
/// Projects that are asked for hints at the same time.
const PROJECTS_AT_ONCE: usize = 4;
/// How often a project's lists are read because a person wants it.
const AGAIN_AFTER: Duration = Duration::minutes(1);

type User = (GroupId, Username);

/// Reads the list of every managed user. What the portal did not issue is recorded once: as pre-existing
/// when the user is read for the first time, as unexplained after that.
///
/// # Errors
/// The first failure, after every other user has been read.
pub async fn sync(portal: &Portal) -> Result<()> {
    let users = managed_users(portal, None).await?;
    read_all(portal, users).await.1
}

/// Reads what should not wait for the hour: users that have never been read, and projects in which more
/// certificates were made since the last reading than the portal knows of. Atlas's own trail, which tells
/// that, names neither user nor certificate; it only says where to look.
///
/// # Errors
/// The first failure, after everything else has been read.
pub async fn watch(portal: &Portal) -> Result<()> {
    let projects = sqlx::query!(
        r#"select u.project_id, min(u.certificates_seen_at) as since,
            array_agg(u.username) filter (where u.certificates_seen_at is null) as unread
         from database_user u join project p on p.id = u.project_id
         where u.x509_type = 'MANAGED' and u.database_name = '$external' and u.gone_at is null and p.gone_at is null
         group by u.project_id order by u.project_id"#
    )
    .fetch_all(&portal.pool)
    .await?;
    let looked: Vec<Result<Vec<User>>> = stream::iter(projects)
        .map(|row| async move {
            let project: GroupId = row
                .project_id
                .parse()
                .map_err(|error| Error::internal("a project's id is malformed", error))?;
            if let Some(since) = row.since
                && is_hinted(portal, &project, since).await?
            {
                return managed_users(portal, Some(&project)).await;
            }
            let unread = row.unread.unwrap_or_default();
            let named = unread.iter().filter_map(|name| name.parse().ok());
            Ok(named.map(|name| (project.clone(), name)).collect())
        })
        .buffer_unordered(PROJECTS_AT_ONCE)
        .collect()
        .await;
    let mut outcome = Ok(());
    let mut users = Vec::new();
    for found in looked {
        match found {
            Ok(found) => users.extend(found),
            Err(error) => outcome = outcome.and(Err(error)),
        }
    }
    outcome.and(read_all(portal, users).await.1)
}

/// Whether more certificates were made in a project since then than the portal has recorded as its own.
async fn is_hinted(portal: &Portal, project: &GroupId, since: OffsetDateTime) -> Result<bool> {
    let Some(events) = portal.atlas.list_cert_events(project, since).await? else {
        return Ok(false); // The credential may not know: the hour will tell.
    };
    let made = events.into_iter().filter(|at| *at > since).count();
    if made == 0 {
        return Ok(false);
    }
    let own = sqlx::query_scalar!(
        r#"select count(*) as "own!" from certificate
         where project_id = $1 and origin in ('portal', 'lost') and first_seen_at >= $2"#,
        project.as_str(),
        since
    )
    .fetch_one(&portal.pool)
    .await?;
    let hinted = made > usize::try_from(own).unwrap_or_default();
    if hinted {
        tracing::info!(project.id = %project, "Atlas says that certificates were made; looking now");
    }
    Ok(hinted)
}

/// Has the lists of a project's users read now. It is not on record: it only reads.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Conflict` if they were read a moment ago, `Refused` or `Unavailable` where
/// Atlas does not tell.
pub async fn sweep_now(portal: &Portal, actor: &Actor, project: &GroupId) -> Result<SweepReport> {
    let now = portal.clock.now();
    let mut db = portal.pool.acquire().await?;
    let standing = projects::standing(&mut db, project).await?;
    drop(db);
    let on = On::Project {
        slug: &standing.slug,
    };
    match policy::may(&portal.role_groups, actor, Action::SweepCertificates, on) {
        Ok(()) => {}
        Err(Refused::Hidden) => return Err(Error::NotFound),
        Err(Refused::Denied(denial)) => {
            let subject = Subject::Project(project);
            audit::record_denied(portal, actor, Action::SweepCertificates, denial, subject).await?;
            return Err(denial.into());
        }
    }
    take_turn(portal, project, now).await?;
    failpoint!("sweep.turn_taken");
    let users = managed_users(portal, Some(project)).await?;
    let (report, outcome) = read_all(portal, users).await;
    outcome.map(|()| report)
}

/// Refuses if somebody has had a project's lists read a moment ago. One row, one winner: any number of
/// people on any number of replicas.
async fn take_turn(portal: &Portal, project: &GroupId, now: OffsetDateTime) -> Result<()> {
    let again_after = portal.pace.span(AGAIN_AFTER);
    let mut tx = portal.pool.begin().await?;
    let last = sqlx::query_scalar!(
        "select swept_at from project where id = $1 for update",
        project.as_str()
    )
    .fetch_one(&mut *tx)
    .await?;
    if let Some(after) = last.map(|at| at + again_after).filter(|at| *at > now) {
        return Err(Conflict::TooMany { after }.into());
    }
    sqlx::query!(
        "update project set swept_at = $2 where id = $1",
        project.as_str(),
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// The managed users of a project, or of all; those read longest ago first.
async fn managed_users(portal: &Portal, project: Option<&GroupId>) -> Result<Vec<User>> {
    let users = sqlx::query!(
        "select project_id, username from database_user
         where x509_type = 'MANAGED' and database_name = '$external' and gone_at is null
            and ($1::text is null or project_id = $1)
         order by certificates_seen_at nulls first, project_id, username",
        project.map(GroupId::as_str)
    )
    .fetch_all(&portal.pool)
    .await?;
    Ok(users
        .into_iter()
        .filter_map(|user| Some((user.project_id.parse().ok()?, user.username.parse().ok()?)))
        .collect())
}

/// Reads the lists of these users. What was found, and the first failure.
async fn read_all(portal: &Portal, users: Vec<User>) -> (SweepReport, Result<()>) {
    let results: Vec<Result<u32>> = stream::iter(users)
        .map(|(project, username)| async move { read_user(portal, &project, &username).await })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let (mut report, mut outcome) = (SweepReport::default(), Ok(()));
    for result in results {
        match result {
            Ok(unexplained) => {
                report.users += 1;
                report.unexplained += unexplained;
            }
            Err(error) => outcome = outcome.and(Err(error)),
        }
    }
    (report, outcome)
}

/// Reads the list of one user, and says how many certificates nothing explains are new.
pub(crate) async fn read_user(
    portal: &Portal,
    project: &GroupId,
    username: &Username,
) -> Result<u32> {
    let asked_at = portal.clock.now();
    let listed = portal.atlas.list_certificates(project, username).await?;
    failpoint!("lists.read");
    let reading = Reading {
        project,
        username,
        listed: &listed,
        asked_at,
    };
    foreign::record(portal, &ACTOR, &reading).await
}
