//! Asking for other roles of a database user.

use sqlx::PgConnection;

use super::roles;
use crate::{
    Actor, Error, Portal, Result,
    changes::{self, Proposal},
    model::{ChangeId, ChangePlan, Conflict, DatabaseUserRow, NewRoles, Obstacle, Username},
    projects::{self, Standing},
};

/// Asks for other roles of a database user: they replace all it is allowed now.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Invalid`, `Conflict` (not a managed user, nothing changes, a change under
/// way), `Unavailable`.
pub async fn update(portal: &Portal, actor: &Actor, new: NewRoles) -> Result<ChangeId> {
    let (mut tx, standing) = changes::begin(portal, actor, &new.project).await?;
    let user = managed(portal, &mut tx, actor, &standing, &new.username).await?;
    let in_use = roles::in_use(&mut tx, actor, &standing, portal.clock.now()).await?;
    if let Some(problem) = roles::problem(&new.roles, &roles::names(&in_use)) {
        return Err(Error::Invalid(vec![problem]));
    }
    if roles::same(&user.roles, &new.roles) {
        return Err(Conflict::NothingChanges.into());
    }
    let proposal = Proposal {
        username: Some(new.username),
        plan: ChangePlan::UpdateUser {
            before: user.roles,
            after: new.roles,
            clusters: user.clusters,
        },
        authorities: None,
        reason: new.reason,
    };
    changes::submit(portal, actor, tx, &standing, proposal).await
}

/// A user the portal may change: one with managed certificates that is there. What keeps the whole
/// project from having certificates does not keep its users from being changed.
pub(super) async fn managed(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    standing: &Standing,
    username: &Username,
) -> Result<DatabaseUserRow> {
    let now = portal.clock.now();
    let user = projects::find_user(db, actor, standing, username, now)
        .await?
        .ok_or(Error::NotFound)?;
    match user.obstacle {
        Some(obstacle @ (Obstacle::NotX509 | Obstacle::CustomerUser | Obstacle::UserGone)) => {
            Err(Conflict::NotAvailable(obstacle).into())
        }
        _ => Ok(user),
    }
}
