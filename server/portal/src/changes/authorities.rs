//! The customer's authorities, kept for whoever wants them back.

use super::stored::Stored;
use crate::{
    Actor, Error, Portal, Result,
    model::ChangeId,
    policy::{self, Action},
};

/// The authorities that switching customer-managed X.509 off takes, or took, from a project. All of it
/// is public. For its owners and security. Answers with the name to save it under, and the PEM.
///
/// # Errors
/// `NotFound` where there are none or `actor` may not see the change, `Unavailable`.
pub async fn authorities(portal: &Portal, actor: &Actor, id: ChangeId) -> Result<(String, String)> {
    let change = Stored::load(portal, &mut *portal.pool.acquire().await?, id).await?;
    policy::may(&portal.role_groups, actor, Action::ViewChange, change.on())
        .map_err(|_| Error::NotFound)?;
    let pem = change.authorities.ok_or(Error::NotFound)?;
    Ok((change.project.authorities_file_name(), pem))
}
