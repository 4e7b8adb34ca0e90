//! What the forms for database users offer.

use std::collections::BTreeSet;

use super::{names, roles};
use crate::{
    Actor, Error, Portal, Result, certificates, changes,
    model::{DatabaseUserForm, GroupId, NewUsername, Username},
    policy::{self, Action, On},
    projects,
};

/// What the form offers: for the user called `username`, or for a new one, with what is known about the
/// name it could have.
///
/// # Errors
/// `NotFound` for a project whose database users the actor may not change, and for a user that never was.
pub async fn form(
    portal: &Portal,
    actor: &Actor,
    project: &GroupId,
    username: Option<&Username>,
    new_name: Option<&NewUsername>,
) -> Result<DatabaseUserForm> {
    let now = portal.clock.now();
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let mut db = portal.pool.acquire().await?;
    let standing = projects::standing(&mut db, project).await?;
    let on = On::Project {
        slug: &standing.slug,
    };
    policy::may(&portal.role_groups, actor, Action::RequestChange, on)
        .map_err(|_| Error::NotFound)?;

    let user = match username {
        Some(name) => Some(
            projects::find_user(&mut db, actor, &standing, name, now)
                .await?
                .ok_or(Error::NotFound)?,
        ),
        None => None,
    };
    let held = match &user {
        Some(user) => {
            certificates::living_of_user(&mut db, actor, project, &user.username, now).await?
        }
        None => Vec::new(),
    };
    let name = match new_name {
        Some(name) => Some(names::check(&mut db, &portal.random, project, name.get(), now).await?),
        None => None,
    };
    let open = match username.or(new_name.map(NewUsername::get)) {
        Some(name) => changes::open_change(&mut db, project, Some(name)).await?,
        None => None,
    };
    let seconds = changes::seconds(
        &mut db,
        &portal.role_groups,
        actor,
        &standing.slug,
        (person.id, now),
    )
    .await?;
    let in_use = roles::in_use(&mut db, actor, &standing, now).await?;
    let role_names = roles::names(&in_use);
    let databases: BTreeSet<String> = in_use.iter().map(|role| role.database.clone()).collect();
    Ok(DatabaseUserForm {
        project: standing.project,
        user,
        held,
        in_use: in_use.into_iter().collect(),
        role_names: role_names.into_iter().collect(),
        databases: databases.into_iter().collect(),
        clusters: standing
            .clusters
            .into_iter()
            .map(|cluster| cluster.name)
            .collect(),
        name,
        approvers: seconds.people,
        security_decides: seconds.security_decides,
        open,
        now,
    })
}
