//! What differs from kind to kind: one match per question, here and nowhere else.
//!
//! The answers stand with the noun that is changed: `x509::change` for switching customer-managed X.509
//! off, `database_users::change` for database users. What a noun provides:
//!
//! | function | asked | answers |
//! |---|---|---|
//! | `check` | under the change's lock, at the yes and before another try | an error if it cannot be done, as far as the tables tell |
//! | `preflight` | by the task, before the call counts as started | whether what is at Atlas is still what the plan says |
//! | `call` | by the task, once | what became of the one request |
//! | `holds` | after a lost answer | whether Atlas shows that it was done |
//! | `follow` | once Atlas took it | how far the clusters are; `None` where Atlas does not tell |
//! | `concerned` | by the page, before that | which clusters will have to follow |
//! | `shown` | by the page, and at the yes | what the second person sees that the plan does not hold |
//! | `mirror` | when it is recorded that Atlas took it | writes it into the portal's own tables |
//! | `requested`, `applied` | | what the log says |
//!
//! A noun's own operation asks for a change with [`begin`](super::begin), checks on that transaction
//! what only it knows, and ends with [`submit`](super::submit).

use sqlx::PgConnection;
use strum::{Display, IntoStaticStr};
use time::{Duration, OffsetDateTime};

use super::{second, stored::Stored, submit::digest};
use crate::{
    Error, Portal, Result,
    atlas::{Purpose, WhyNotSent, WriteError},
    database_users,
    model::{
        ChangeKind, ChangePlan, ClusterProgress, Conflict, Event, Obstacle, PolicyView, Username,
    },
    projects::Standing,
    x509,
};

/// What a fresh look at Atlas says before the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Preflight {
    /// All is as when it was asked for.
    AsPlanned {
        /// The customer's authorities as they are now, where they are about to be forgotten.
        authorities: Option<String>,
    },
    /// It is not, and nothing may be sent.
    Differs {
        /// How, as the log words it: `atlas_differs`, `name_refused`, …
        why: &'static str,
    },
}

/// How it was found out that Atlas took a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum SettledBy {
    /// Atlas said so.
    Answer,
    /// Its answer was lost; what it shows tells.
    Reading,
}

/// How long a change of this kind may wait for the second person.
pub(super) fn waits(kind: ChangeKind, policy: PolicyView) -> Duration {
    match kind {
        // What a rolling restart will hit today is not what it would hit next week.
        ChangeKind::DisableX509 => Duration::days(1),
        ChangeKind::CreateUser | ChangeKind::UpdateUser | ChangeKind::DeleteUser => {
            Duration::days(policy.request_waits_days.into())
        }
    }
}

/// The name that is typed again by whoever says yes, where it cannot be undone.
pub(super) fn name_to_type(change: &Stored) -> Option<&str> {
    match change.plan.kind() {
        ChangeKind::DisableX509 => Some(&change.project.name),
        ChangeKind::DeleteUser => change.username.as_ref().map(Username::as_str),
        ChangeKind::CreateUser | ChangeKind::UpdateUser => None,
    }
}

/// Which credential makes the call.
pub(super) fn purpose(kind: ChangeKind) -> Purpose {
    match kind {
        ChangeKind::DisableX509 => Purpose::Disabler,
        ChangeKind::CreateUser | ChangeKind::UpdateUser | ChangeKind::DeleteUser => Purpose::Issuer,
    }
}

/// What the log says when it is asked for.
pub(super) async fn requested(
    db: &mut PgConnection,
    standing: &Standing,
    username: Option<&Username>,
    plan: &ChangePlan,
    digest: String,
) -> Result<Event> {
    match (plan, username) {
        (ChangePlan::DisableX509 { authorities }, _) => {
            x509::change::requested(db, &standing.project.id, authorities, digest).await
        }
        (_, Some(username)) => Ok(database_users::change::requested(username, plan, digest)),
        (_, None) => Err(no_user()),
    }
}

/// What the second person says yes to: what was asked for, and whom it would hit now.
pub(super) struct Shown {
    /// Stands for all of it; a yes names it.
    pub(super) digest: String,
    /// How many database users would be locked out.
    locked_out: usize,
}

/// What the second person is shown now.
pub(super) async fn shown(db: &mut PgConnection, change: &Stored) -> Result<Shown> {
    let asked = change.digest.clone();
    Ok(match change.plan.kind() {
        ChangeKind::DisableX509 => {
            let names = x509::change::locked_out(db, &change.project.id).await?;
            let mut parts = vec![asked.as_str()];
            parts.extend(names.iter().map(String::as_str));
            Shown {
                digest: digest("certdesk/yes/v1", &parts),
                locked_out: names.len(),
            }
        }
        ChangeKind::CreateUser | ChangeKind::UpdateUser | ChangeKind::DeleteUser => Shown {
            digest: asked,
            locked_out: 0,
        },
    })
}

/// What the log says when the second person says yes.
pub(super) fn approved(change: &Stored, shown: &Shown) -> Event {
    let digest = change.digest.clone();
    match change.plan.kind() {
        ChangeKind::DisableX509 => Event::X509DisableConfirmed {
            digest,
            locked_out: shown.locked_out.to_string(),
            busy_clusters: change.overridden.clone(),
        },
        ChangeKind::CreateUser | ChangeKind::UpdateUser | ChangeKind::DeleteUser => {
            Event::UserChangeApproved { digest }
        }
    }
}

/// What the log says when Atlas has taken it.
pub(super) fn applied(change: &Stored, by: SettledBy) -> Result<Event> {
    match &change.plan {
        ChangePlan::DisableX509 { authorities } => Ok(x509::change::applied(authorities, by)),
        plan => Ok(database_users::change::applied(change.user()?, plan, by)),
    }
}

/// Refuses what cannot be done, as far as the tables tell. Answers with the clusters not known to be idle,
/// where that matters: the second person must have said that it should be done all the same.
pub(super) async fn check(
    portal: &Portal,
    db: &mut PgConnection,
    standing: &Standing,
    change: &Stored,
) -> Result<Vec<String>> {
    if standing.obstacle == Some(Obstacle::ProjectGone) {
        return Err(Conflict::NotAvailable(Obstacle::ProjectGone).into());
    }
    require_both(portal, db, change).await?;
    match &change.plan {
        ChangePlan::DisableX509 { authorities } => {
            x509::change::check(portal, db, standing, change, authorities).await
        }
        ChangePlan::CreateUser { .. }
        | ChangePlan::UpdateUser { .. }
        | ChangePlan::DeleteUser { .. } => {
            database_users::change::check(portal, db, standing, change, change.user()?).await?;
            Ok(Vec::new())
        }
    }
}

/// Two people stand behind a change, each with a say in the project. One who has lost it since, as far as
/// the portal has seen them sign in, does not.
pub(super) async fn require_both(
    portal: &Portal,
    db: &mut PgConnection,
    change: &Stored,
) -> Result<()> {
    let (groups, slug) = (&portal.role_groups, &change.slug);
    if !second::owns(db, groups, slug, change.requester).await? {
        return Err(Conflict::RequesterLeft.into());
    }
    if let Some(person) = change.second
        && !second::may_say_yes(db, groups, slug, person).await?
    {
        return Err(Conflict::SecondLeft.into());
    }
    Ok(())
}

/// Looks at Atlas once more, right before the call.
pub(super) async fn preflight(portal: &Portal, change: &Stored) -> Result<Preflight> {
    match &change.plan {
        ChangePlan::DisableX509 { authorities } => {
            x509::change::preflight(portal, change, authorities).await
        }
        _ => database_users::change::preflight(portal, change, change.user()?).await,
    }
}

/// Why the call cannot start after all, as the log words it. In the transaction that would record it.
pub(super) async fn hindrance(
    tx: &mut PgConnection,
    change: &Stored,
) -> Result<Option<&'static str>> {
    match (&change.plan, &change.username) {
        (ChangePlan::DisableX509 { .. }, _) | (_, None) => Ok(None),
        (_, Some(username)) => database_users::change::hindrance(tx, change, username).await,
    }
}

/// Makes the one call.
pub(super) async fn call(portal: &Portal, change: &Stored) -> Result<(), WriteError> {
    match (&change.plan, &change.username) {
        (ChangePlan::DisableX509 { .. }, _) => {
            portal.atlas.disable_customer_x509(&change.project.id).await
        }
        (_, Some(username)) => database_users::change::call(portal, change, username).await,
        (_, None) => Err(WriteError::not_sent(WhyNotSent::Unsendable)),
    }
}

/// Whether Atlas shows that it was done. Only from complete readings.
pub(super) async fn holds(portal: &Portal, change: &Stored) -> Result<bool> {
    match &change.plan {
        ChangePlan::DisableX509 { .. } => x509::change::holds(portal, &change.project.id).await,
        _ => database_users::change::holds(portal, change, change.user()?).await,
    }
}

/// Writes what Atlas took into the portal's own tables, without waiting for the next reading.
pub(super) async fn mirror(
    db: &mut PgConnection,
    change: &Stored,
    now: OffsetDateTime,
) -> Result<()> {
    let project = &change.project.id;
    match &change.plan {
        ChangePlan::DisableX509 { .. } => x509::change::mirror(db, project, now).await,
        plan => database_users::change::mirror(db, project, change.user()?, plan, now).await,
    }
}

/// How far the clusters are, each with whether it has followed; `None` where Atlas does not tell.
/// `before`: what the last look found.
pub(super) async fn follow(
    portal: &Portal,
    change: &Stored,
    before: &[Followed],
) -> Result<Option<Vec<Followed>>> {
    match &change.plan {
        ChangePlan::DisableX509 { .. } => x509::change::follow(portal, change, before).await,
        ChangePlan::CreateUser { .. }
        | ChangePlan::UpdateUser { .. }
        | ChangePlan::DeleteUser { .. } => {
            database_users::change::follow(portal, change, before).await
        }
    }
}

/// The clusters that will have to follow, by name.
pub(super) fn concerned(standing: &Standing, plan: &ChangePlan) -> Vec<String> {
    match plan {
        ChangePlan::DisableX509 { .. } => standing
            .clusters
            .iter()
            .map(|cluster| cluster.name.clone())
            .collect(),
        plan => database_users::change::concerned(standing, plan),
    }
}

/// A cluster on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Followed {
    /// How far it is.
    pub(crate) progress: ClusterProgress,
    /// Whether it was seen doing anything since Atlas took the change.
    pub(crate) was_busy: bool,
}

impl Followed {
    /// How far a cluster is that Atlas now says is `done` or not; `before`: what the last look found. The
    /// first look may come before Atlas shows that there is anything to do: it is done once it was seen at
    /// it, or has had time enough (`waited`) to have done it unseen.
    pub(crate) fn now(
        name: String,
        state: String,
        done: bool,
        (before, waited): (&[Self], bool),
    ) -> Self {
        let earlier = before.iter().find(|one| one.progress.name == name);
        let was_busy = !done || earlier.is_some_and(|one| one.was_busy);
        Self {
            progress: ClusterProgress {
                name,
                state,
                done: done && (was_busy || waited),
            },
            was_busy,
        }
    }
}

/// Whether it is that long ago that Atlas took a change.
pub(crate) fn has_waited(portal: &Portal, change: &Stored, span: Duration) -> bool {
    let since = change.applied_at.map(|at| portal.clock.now() - at);
    since.is_some_and(|since| since >= portal.pace.span(span))
}

fn no_user() -> Error {
    Error::internal("a change of a database user names none", "no username")
}
