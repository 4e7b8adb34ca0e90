//! Asking for a new database user.

use super::{names, roles};
use crate::{
    Actor, Error, Portal, Result,
    changes::{self, Proposal},
    model::{ChangeId, ChangePlan, Conflict, Field, FieldError, NameVerdict, NewUser, Problem},
    projects::Standing,
};

/// Asks for a new database user with Atlas-managed certificates.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Invalid`, `Conflict` (the name, a change under way), `Unavailable`.
pub async fn create(portal: &Portal, actor: &Actor, new: NewUser) -> Result<ChangeId> {
    let now = portal.clock.now();
    let (mut tx, standing) = changes::begin(portal, actor, &new.project).await?;
    let in_use = roles::in_use(&mut tx, actor, &standing, now).await?;
    let problems: Vec<FieldError> = [
        roles::problem(&new.roles, &roles::names(&in_use)),
        clusters_problem(&new.clusters, &standing),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let username = new.username.into_username();
    // First: whoever clicks twice is led to the first.
    if let Some(change) = changes::open_change(&mut tx, &new.project, Some(&username)).await? {
        return Err(Conflict::ChangeUnderWay { change }.into());
    }
    let name = names::check(&mut tx, &portal.random, &new.project, &username, now).await?;
    match name.verdict {
        NameVerdict::Free | NameVerdict::HadBefore => {}
        NameVerdict::Taken | NameVerdict::StillLives { .. } => {
            return Err(Conflict::NameRefused(name).into());
        }
    }
    let proposal = Proposal {
        username: Some(username),
        plan: ChangePlan::CreateUser {
            roles: new.roles,
            clusters: new.clusters,
        },
        authorities: None,
        reason: new.reason,
    };
    changes::submit(portal, actor, tx, &standing, proposal).await
}

/// What is wrong with the clusters somebody asks for.
fn clusters_problem(clusters: &[String], standing: &Standing) -> Option<FieldError> {
    let exists = |name: &String| standing.clusters.iter().any(|one| one.name == *name);
    let problem = if !clusters.iter().all(exists) {
        Problem::NotAChoice
    } else if roles::repeats(clusters) {
        Problem::Repeated
    } else {
        return None;
    };
    Some(FieldError {
        field: Field::Clusters,
        problem,
    })
}
