//! What the form for a new request offers.

use crate::{
    Actor, Error, Portal, Result, certificates,
    model::{GroupId, ProjectChoice, RequestForm, Username},
    policy::{self, Action, On},
    projects,
};

/// What the form offers, for the project and user chosen so far.
///
/// # Errors
/// `NotFound` for a project the actor may not ask in.
pub async fn form(
    portal: &Portal,
    actor: &Actor,
    project: Option<&GroupId>,
    username: Option<&Username>,
) -> Result<RequestForm> {
    let now = portal.clock.now();
    let (_, projects) = projects::members(portal, actor).await?;
    let mut form = RequestForm {
        projects,
        project: None,
        now,
    };
    let Some(project) = project else {
        return Ok(form);
    };
    let mut db = portal.pool.acquire().await?;
    let standing = projects::standing(&mut db, project).await?;
    policy::may(
        &portal.role_groups,
        actor,
        Action::SubmitRequest,
        On::Project {
            slug: &standing.slug,
        },
    )
    .map_err(|_| Error::NotFound)?;
    let users = projects::user_rows(&mut db, actor, &standing, None, now).await?;
    let user = match username {
        Some(name) => projects::find_user(&mut db, actor, &standing, name, now).await?,
        None => None,
    };
    let held = match &user {
        Some(user) => {
            certificates::living_of_user(&mut db, actor, project, &user.username, now).await?
        }
        None => Vec::new(),
    };
    let requester = actor.person().map(|person| person.id);
    form.project = Some(ProjectChoice {
        approvers: projects::approvers(
            &mut db,
            &portal.role_groups,
            actor,
            &standing.slug,
            requester,
        )
        .await?,
        project: standing.project,
        policy: standing.policy,
        users,
        user,
        held,
    });
    Ok(form)
}
