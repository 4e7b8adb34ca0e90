//! Lists and pages of projects.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::users::user_rows;
use crate::{
    Actor, Error, Portal, Result,
    model::{
        ClusterCondition, ClusterView, GroupId, Obstacle, PersonId, PersonRef, PolicyView,
        ProjectPage, ProjectRef, ProjectRow, Username,
    },
    policy::{self, Action, On, RoleGroups, Slugs},
};

/// Live certificates are counted up to this; beyond, "many" says as much.
const COUNT_CAP: i64 = 1_000;

/// A project as rules need it.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) project: ProjectRef,
    pub(crate) slug: String,
    pub(crate) policy: PolicyView,
    pub(crate) obstacle: Option<Obstacle>,
    pub(crate) clusters: Vec<ClusterView>,
    /// How the clusters are; none while Atlas does not tell.
    pub(crate) conditions: Option<Vec<ClusterCondition>>,
}

fn small(number: i16) -> u16 {
    u16::try_from(number).unwrap_or_default()
}

fn project_obstacle(gone: bool, customer_x509: bool, ldap_authorization: bool) -> Option<Obstacle> {
    if gone {
        Some(Obstacle::ProjectGone)
    } else if customer_x509 {
        Some(Obstacle::CustomerManagedOn)
    } else if ldap_authorization {
        Some(Obstacle::LdapAuthorization)
    } else {
        None
    }
}

/// A project as rules need it, whoever asks.
pub(crate) async fn standing(db: &mut PgConnection, id: &GroupId) -> Result<Standing> {
    let row = sqlx::query!(
        "select name, slug, customer_x509, ldap_authorization, clusters, clusters_told, longest_months,
            request_waits_days, approval_valid_hours, gone_at
         from project where id = $1",
        id.as_str()
    )
    .fetch_optional(db)
    .await?
    .ok_or(Error::NotFound)?;
    let unreadable = |error| Error::internal("a project's clusters could not be read", error);
    let conditions = row
        .clusters_told
        .then(|| serde_json::from_value(row.clusters.clone()).map_err(unreadable))
        .transpose()?;
    Ok(Standing {
        conditions,
        project: ProjectRef {
            id: id.clone(),
            name: row.name,
        },
        slug: row.slug,
        policy: PolicyView {
            longest_months: u8::try_from(row.longest_months).unwrap_or_default(),
            request_waits_days: small(row.request_waits_days),
            approval_valid_hours: small(row.approval_valid_hours),
        },
        obstacle: project_obstacle(
            row.gone_at.is_some(),
            row.customer_x509,
            row.ldap_authorization,
        ),
        clusters: serde_json::from_value(row.clusters).map_err(unreadable)?,
    })
}

/// People who could decide over requests of a project, other than the requester: owners who have
/// signed in at least once.
pub(crate) async fn approvers(
    db: &mut PgConnection,
    groups: &RoleGroups,
    actor: &Actor,
    slug: &str,
    requester: Option<PersonId>,
) -> Result<Vec<PersonRef>> {
    let people = sqlx::query!(
        "select id, name from person
         where groups @> array[$1::text] and id is distinct from $2
         order by name, id limit 50",
        groups.owner_group(slug),
        requester.map(|id| id.0)
    )
    .fetch_all(db)
    .await?;
    Ok(people
        .into_iter()
        .map(|person| actor.sees(PersonId(person.id), person.name))
        .collect())
}

/// Ids of the projects the actor may see.
pub(crate) async fn visible_projects(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
) -> Result<Vec<String>> {
    let (all, slugs) = match portal.role_groups.visible_to(actor) {
        Slugs::All => (true, Vec::new()),
        Slugs::Only(slugs) => (false, slugs),
    };
    Ok(sqlx::query_scalar!(
        "select id from project where $1 or slug = any($2) order by name, id",
        all,
        &slugs
    )
    .fetch_all(db)
    .await?)
}

/// Projects somebody owns, and those they may ask in, by name.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn members(portal: &Portal, actor: &Actor) -> Result<(Vec<ProjectRef>, Vec<ProjectRef>)> {
    let Some(person) = actor.person() else {
        return Ok((Vec::new(), Vec::new()));
    };
    let (owned, open) = (
        portal.role_groups.owned_by(person),
        portal.role_groups.open_to(person),
    );
    let rows = sqlx::query!("select id, name, slug from project order by name, id")
        .fetch_all(&portal.pool)
        .await?;
    let among = |belongs: &dyn Fn(&str) -> bool| {
        let rows = rows.iter().filter(|row| belongs(&row.slug));
        rows.filter_map(|row| {
            Some(ProjectRef {
                id: row.id.parse().ok()?,
                name: row.name.clone(),
            })
        })
        .collect()
    };
    Ok((
        among(&|slug| owned.iter().any(|one| one == slug)),
        among(&|slug| open.contain(slug)),
    ))
}

/// Projects the actor may see, by name.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn list(portal: &Portal, actor: &Actor) -> Result<Vec<ProjectRow>> {
    let mut db = portal.pool.acquire().await?;
    let ids = visible_projects(portal, &mut db, actor).await?;
    rows(portal, &mut db, actor, &ids, portal.clock.now()).await
}

async fn rows(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    ids: &[String],
    now: OffsetDateTime,
) -> Result<Vec<ProjectRow>> {
    let owned = actor
        .person()
        .map(|person| portal.role_groups.owned_by(person))
        .unwrap_or_default();
    let open = match actor.person() {
        Some(person) => portal.role_groups.open_to(person),
        None => Slugs::Only(Vec::new()),
    };
    let rows = sqlx::query!(
        r#"select p.id, p.name, p.slug, p.customer_x509, p.ldap_authorization, p.gone_at, p.seen_at,
            (select count(*) from database_user u where u.project_id = p.id and u.gone_at is null) as "users!",
            (select count(*) from database_user u
                where u.project_id = p.id and u.gone_at is null and u.x509_type = 'MANAGED') as "managed!",
            (select count(*) from (select 1 from certificate c
                where c.project_id = p.id and c.not_after > $2 limit $3) live) as "live!",
            (select min(c.not_after) from certificate c
                where c.project_id = p.id and c.not_after > $2) as next_end
         from project p where p.id = any($1) order by p.name, p.id"#,
        ids,
        now,
        COUNT_CAP
    )
    .fetch_all(db)
    .await?;
    let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    rows.into_iter()
        .map(|row| {
            Ok(ProjectRow {
                project: ProjectRef {
                    id: row
                        .id
                        .parse()
                        .map_err(|error| Error::internal("a project's id is malformed", error))?,
                    name: row.name,
                },
                you_own: owned.contains(&row.slug),
                you_may_request: open.contain(&row.slug),
                users: count(row.users),
                managed_users: count(row.managed),
                live_certificates: count(row.live),
                next_end: row.next_end,
                obstacle: project_obstacle(
                    row.gone_at.is_some(),
                    row.customer_x509,
                    row.ldap_authorization,
                ),
                synced_at: row.seen_at,
            })
        })
        .collect()
}

/// One project with its database users.
///
/// # Errors
/// `NotFound` if there is none or `actor` may not see it.
pub async fn get(portal: &Portal, actor: &Actor, id: &GroupId) -> Result<ProjectPage> {
    let now = portal.clock.now();
    let mut db = portal.pool.acquire().await?;
    let standing = standing(&mut db, id).await?;
    policy::may(
        &portal.role_groups,
        actor,
        Action::ViewProject,
        On::Project {
            slug: &standing.slug,
        },
    )
    .map_err(|_| Error::NotFound)?;
    let row = rows(portal, &mut db, actor, &[id.to_string()], now)
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    let project = On::Project {
        slug: &standing.slug,
    };
    let may = |action| policy::may(&portal.role_groups, actor, action, project).is_ok();
    Ok(ProjectPage {
        may_view_x509: may(Action::ViewX509),
        may_change_users: may(Action::RequestChange),
        may_sweep: may(Action::SweepCertificates),
        certificates_read_at: certificates_read_at(&mut db, id).await?,
        may_read_audit: may(Action::ReadProjectAudit),
        owners: approvers(&mut db, &portal.role_groups, actor, &standing.slug, None).await?,
        users: user_rows(&mut db, actor, &standing, None::<&Username>, now).await?,
        slug: standing.slug,
        policy: standing.policy,
        clusters: standing.clusters,
        row,
        now,
    })
}

/// As of when the certificates of all a project's users are known.
async fn certificates_read_at(
    db: &mut PgConnection,
    project: &GroupId,
) -> Result<Option<OffsetDateTime>> {
    let row = sqlx::query!(
        r#"select min(certificates_seen_at) as oldest,
            bool_and(certificates_seen_at is not null) as "all_read"
         from database_user
         where project_id = $1 and x509_type = 'MANAGED' and database_name = '$external' and gone_at is null"#,
        project.as_str()
    )
    .fetch_one(db)
    .await?;
    Ok(row.oldest.filter(|_| row.all_read == Some(true)))
}
