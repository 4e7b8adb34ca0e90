//! Asking for the end of a database user.

use super::update::managed;
use crate::{
    Actor, Portal, Result,
    changes::{self, Proposal},
    model::{ChangeId, ChangePlan, UserDeletion},
};

/// Asks for the end of a database user. Its certificates let nobody in from then on, and let whoever holds
/// them in again when a user of that name is made before they have ended.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Invalid` (the name was not typed again), `Conflict` (not a managed user, a
/// change under way), `Unavailable`.
pub async fn delete(portal: &Portal, actor: &Actor, deletion: UserDeletion) -> Result<ChangeId> {
    let (mut tx, standing) = changes::begin(portal, actor, &deletion.project).await?;
    let user = managed(portal, &mut tx, actor, &standing, &deletion.username).await?;
    changes::require_typed(deletion.username.as_str(), &deletion.typed)?;
    let proposal = Proposal {
        username: Some(deletion.username),
        plan: ChangePlan::DeleteUser {
            roles: user.roles,
            clusters: user.clusters,
        },
        authorities: None,
        reason: deletion.reason,
    };
    changes::submit(portal, actor, tx, &standing, proposal).await
}
