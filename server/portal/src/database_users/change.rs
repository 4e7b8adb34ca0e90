//! What the machinery of changes needs to know of database users; `changes::kind` asks.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{mirror, names, roles, turns};
use crate::{
    Actor, Portal, Result,
    atlas::{ListedUser, NewManagedUser, ReadError, WhyNotSent, WriteError},
    certificates,
    changes::{
        Stored,
        kind::{Followed, Preflight, SettledBy, has_waited},
    },
    model::{
        ChangePlan, Conflict, DatabaseRole, Event, GroupId, NameVerdict, Obstacle, RefusalReason,
        Username, X509Type,
    },
    projects::{self, Standing},
};

/// Where X.509 users authenticate.
const EXTERNAL: &str = "$external";

/// A cluster that was not seen at it within this time after Atlas's answer has followed unseen. Clusters
/// begin with a change of a database user within seconds, and mostly need less than a minute.
const SEEN_WITHIN: Duration = Duration::minutes(1);

/// Why a user stays, as the log words it.
const UNSETTLED: &str = "certificate_unsettled";

/// What the log says when it is asked for.
pub(crate) fn requested(username: &Username, plan: &ChangePlan, digest: String) -> Event {
    let (before, after): (&[DatabaseRole], &[DatabaseRole]) = match plan {
        ChangePlan::DisableX509 { .. } => (&[], &[]),
        ChangePlan::CreateUser { roles, .. } => (&[], roles),
        ChangePlan::UpdateUser { before, after, .. } => (before, after),
        ChangePlan::DeleteUser { roles, .. } => (roles, &[]),
    };
    Event::UserChangeRequested {
        change_kind: plan.kind(),
        username: username.clone(),
        before: roles::words(before),
        after: roles::words(after),
        digest,
    }
}

/// What the log says when Atlas has taken it.
pub(crate) fn applied(username: &Username, plan: &ChangePlan, by: SettledBy) -> Event {
    let (username, settled_by) = (username.clone(), by.to_string());
    match plan {
        ChangePlan::CreateUser { roles, clusters } => Event::UserCreated {
            username,
            roles: roles::words(roles),
            clusters: clusters.clone(),
            settled_by,
        },
        ChangePlan::UpdateUser { before, after, .. } => Event::UserUpdated {
            username,
            before: roles::words(before),
            after: roles::words(after),
            settled_by,
        },
        ChangePlan::DeleteUser { roles, .. } => Event::UserDeleted {
            username,
            before: roles::words(roles),
            settled_by,
        },
        ChangePlan::DisableX509 { .. } => {
            unreachable!("the whole project is not a database user")
        }
    }
}

/// Writes what was done into the portal's own table, in the transaction that records it.
pub(crate) async fn mirror(
    db: &mut PgConnection,
    project: &GroupId,
    username: &Username,
    plan: &ChangePlan,
    now: OffsetDateTime,
) -> Result<()> {
    mirror::write(db, project, username, plan, now).await
}

/// Refuses what cannot be done, as far as the tables tell: another user has the name, a certificate of it
/// lives, or the user is not as it was when the change was asked for.
pub(crate) async fn check(
    portal: &Portal,
    db: &mut PgConnection,
    standing: &Standing,
    change: &Stored,
    username: &Username,
) -> Result<()> {
    let now = portal.clock.now();
    let project = &standing.project.id;
    let as_planned = match &change.plan {
        ChangePlan::CreateUser { clusters, .. } => {
            let name = names::check(db, &portal.random, project, username, now).await?;
            if !may_be_created(name.verdict) {
                return Err(Conflict::NameRefused(name).into());
            }
            let exists = |name: &String| standing.clusters.iter().any(|one| one.name == *name);
            clusters.iter().all(exists)
        }
        plan => {
            let actor = Actor::System("changes");
            let user = projects::find_user(db, &actor, standing, username, now).await?;
            user.is_some_and(|user| {
                user.x509_type == X509Type::Managed
                    && user.obstacle != Some(Obstacle::UserGone)
                    && is_as_before(plan, &user.roles, &user.clusters)
            })
        }
    };
    if !as_planned {
        return Err(Conflict::AtlasDiffers.into());
    }
    if forgets_certificates(&change.plan) && turns::is_unsettled(db, project, username).await? {
        return Err(Conflict::CertificateUnsettled.into());
    }
    Ok(())
}

/// Whether Atlas forgets the certificates of the user's name.
fn forgets_certificates(plan: &ChangePlan) -> bool {
    matches!(plan, ChangePlan::DeleteUser { .. })
}

/// Looks at Atlas right before the call. For a new user: that nobody has the name, and no certificate of it
/// lives, neither in Atlas's list nor in the portal's memory. For the others: that the user is as it was.
/// Of one that goes, what Atlas lists of its certificates is put on record: the list goes with the user,
/// and they would let in whoever holds them as soon as there is a user of that name again.
pub(crate) async fn preflight(
    portal: &Portal,
    change: &Stored,
    username: &Username,
) -> Result<Preflight> {
    let project = &change.project.id;
    let users = portal.atlas.list_database_users(project).await?;
    let (as_planned, why) = match &change.plan {
        ChangePlan::CreateUser { .. } => {
            let free = !users.iter().any(|user| is_in_the_way(user, username))
                && lists_no_certificate(portal, project, username).await?
                && {
                    let mut db = portal.pool.acquire().await?;
                    let now = portal.clock.now();
                    may_be_created(names::verdict(&mut db, project, username, now).await?)
                };
            (free, "name_refused")
        }
        plan => {
            let user = find_managed(&users, username);
            let same = user.is_some_and(|user| is_as_before(plan, &user.roles, &user.scopes));
            (same, "atlas_differs")
        }
    };
    if !as_planned {
        return Ok(Preflight::Differs { why });
    }
    if forgets_certificates(&change.plan) {
        certificates::read_user(portal, project, username).await?;
        let mut db = portal.pool.acquire().await?;
        if turns::is_unsettled(&mut db, project, username).await? {
            return Ok(Preflight::Differs { why: UNSETTLED });
        }
    }
    Ok(Preflight::AsPlanned { authorities: None })
}

/// Why the call cannot start after all, in the transaction that would record that it does. From there on
/// no certificate is begun for a user that goes.
pub(crate) async fn hindrance(
    tx: &mut PgConnection,
    change: &Stored,
    username: &Username,
) -> Result<Option<&'static str>> {
    if !forgets_certificates(&change.plan) {
        return Ok(None);
    }
    let project = &change.project.id;
    turns::take(tx, project, username).await?;
    let unsettled = turns::is_unsettled(tx, project, username).await?;
    Ok(unsettled.then_some(UNSETTLED))
}

/// Makes the one call.
pub(crate) async fn call(
    portal: &Portal,
    change: &Stored,
    username: &Username,
) -> Result<(), WriteError> {
    let project = &change.project.id;
    match &change.plan {
        ChangePlan::CreateUser { roles, clusters } => {
            let user = NewManagedUser {
                username: username.clone(),
                roles: roles.clone(),
                clusters: clusters.clone(),
            };
            portal.atlas.create_user(project, &user).await
        }
        ChangePlan::UpdateUser { after, .. } => {
            portal.atlas.update_user(project, username, after).await
        }
        ChangePlan::DeleteUser { .. } => portal.atlas.delete_user(project, username).await,
        ChangePlan::DisableX509 { .. } => Err(WriteError::not_sent(WhyNotSent::Unsendable)),
    }
}

/// Whether Atlas shows that it was done. A user of the right name with other roles is somebody else's doing.
pub(crate) async fn holds(portal: &Portal, change: &Stored, username: &Username) -> Result<bool> {
    let users = portal.atlas.list_database_users(&change.project.id).await?;
    Ok(match &change.plan {
        ChangePlan::CreateUser { roles, clusters } => {
            find_managed(&users, username).is_some_and(|user| {
                roles::same(&user.roles, roles) && roles::same(&user.scopes, clusters)
            })
        }
        ChangePlan::UpdateUser { after, .. } => {
            find_managed(&users, username).is_some_and(|user| roles::same(&user.roles, after))
        }
        ChangePlan::DeleteUser { .. } => !users
            .iter()
            .any(|user| user.database == EXTERNAL && user.username == *username),
        ChangePlan::DisableX509 { .. } => false,
    })
}

/// How far the clusters are that the user can reach. `None` where Atlas does not tell: then nothing can be
/// waited for. `before`: what the last look found.
pub(crate) async fn follow(
    portal: &Portal,
    change: &Stored,
    before: &[Followed],
) -> Result<Option<Vec<Followed>>> {
    let project = &change.project.id;
    // Listed anew: a cluster that is gone is not waited for.
    let Some(clusters) = portal.atlas.list_clusters(project).await? else {
        return Ok(None);
    };
    let seen = (before, has_waited(portal, change, SEEN_WITHIN));
    let scopes = scopes(&change.plan);
    let mut followed = Vec::new();
    for cluster in clusters
        .into_iter()
        .filter(|one| reaches(scopes, &one.name))
    {
        let (state, done) = match portal.atlas.cluster_applied(project, &cluster.name).await {
            Ok(Some(true)) => ("APPLIED", true),
            Ok(Some(false)) => ("PENDING", false),
            Ok(None) => return Ok(None),
            Err(ReadError::Refused(refusal)) if refusal.reason == RefusalReason::NotFound => {
                if is_gone(portal, project, &cluster.name).await? {
                    continue;
                }
                // Listed, and nothing is said of it: that is no sign that it has followed.
                ("", false)
            }
            Err(error) => return Err(error.into()),
        };
        followed.push(Followed::now(cluster.name, state.to_owned(), done, seen));
    }
    Ok(Some(followed))
}

/// Whether a cluster that was listed a moment ago is not any more.
async fn is_gone(portal: &Portal, project: &GroupId, cluster: &str) -> Result<bool> {
    let listed = portal.atlas.list_clusters(project).await?;
    Ok(listed.is_some_and(|all| all.iter().all(|one| one.name != cluster)))
}

/// The clusters that will have to follow, by name.
pub(crate) fn concerned(standing: &Standing, plan: &ChangePlan) -> Vec<String> {
    let scopes = scopes(plan);
    standing
        .clusters
        .iter()
        .map(|cluster| cluster.name.clone())
        .filter(|name| reaches(scopes, name))
        .collect()
}

/// What the user is limited to; empty means the whole project.
fn scopes(plan: &ChangePlan) -> &[String] {
    match plan {
        ChangePlan::CreateUser { clusters, .. }
        | ChangePlan::UpdateUser { clusters, .. }
        | ChangePlan::DeleteUser { clusters, .. } => clusters,
        ChangePlan::DisableX509 { .. } => &[],
    }
}

fn reaches(scopes: &[String], cluster: &str) -> bool {
    scopes.is_empty() || scopes.iter().any(|scope| scope == cluster)
}

fn may_be_created(verdict: NameVerdict) -> bool {
    match verdict {
        NameVerdict::Free | NameVerdict::HadBefore => true,
        NameVerdict::Taken | NameVerdict::StillLives { .. } => false,
    }
}

/// Whether a user is still what the plan found.
fn is_as_before(plan: &ChangePlan, now: &[DatabaseRole], scopes: &[String]) -> bool {
    match plan {
        ChangePlan::UpdateUser {
            before, clusters, ..
        } => roles::same(before, now) && roles::same(clusters, scopes),
        ChangePlan::DeleteUser { roles, clusters } => {
            roles::same(roles, now) && roles::same(clusters, scopes)
        }
        ChangePlan::CreateUser { .. } | ChangePlan::DisableX509 { .. } => false,
    }
}

fn find_managed<'a>(users: &'a [ListedUser], username: &Username) -> Option<&'a ListedUser> {
    users.iter().find(|user| {
        user.database == EXTERNAL
            && user.username == *username
            && user.x509_type == X509Type::Managed
    })
}

/// Whether a user keeps a new one from having the name. Atlas keeps a managed user as `CN=<name>`, which a
/// customer's user may be called.
fn is_in_the_way(user: &ListedUser, username: &Username) -> bool {
    let other = user.username.as_str();
    user.database == EXTERNAL && other.strip_prefix("CN=").unwrap_or(other) == username.as_str()
}

/// Whether Atlas lists no certificate of a name nobody has. It may say that there is no such user; what it
/// lists of one it would list again once there is.
async fn lists_no_certificate(
    portal: &Portal,
    project: &GroupId,
    username: &Username,
) -> Result<bool> {
    match portal.atlas.list_certificates(project, username).await {
        Ok(listed) => Ok(listed.is_empty()),
        Err(ReadError::Refused(refusal))
            if matches!(
                refusal.reason,
                RefusalReason::UserNotFound
                    | RefusalReason::UserNotManaged
                    | RefusalReason::NotFound
            ) =>
        {
            Ok(true)
        }
        Err(error) => Err(error.into()),
    }
}
