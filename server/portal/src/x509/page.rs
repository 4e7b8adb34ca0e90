//! How a project stands with customer-managed X.509, and the way to switch it off.

use super::{
    impact,
    state::{State, busy},
};
use crate::{
    Actor, Error, Portal, Result,
    changes::{self, Seconds},
    model::{DisableBlock, GroupId, X509Page},
    policy::{self, Action, On},
    projects,
};

/// A project's customer-managed X.509. For its owners and security.
///
/// # Errors
/// `NotFound` for everybody else, `Unavailable`.
pub async fn get(portal: &Portal, actor: &Actor, project: &GroupId) -> Result<X509Page> {
    let now = portal.clock.now();
    let mut db = portal.pool.acquire().await?;
    let standing = projects::standing(&mut db, project).await?;
    let on = On::Project {
        slug: &standing.slug,
    };
    let may = |action| policy::may(&portal.role_groups, actor, action, on);
    may(Action::ViewX509).map_err(|_| Error::NotFound)?;

    // First, and its digest with it: where users change meanwhile, a yes is to fewer than the page shows
    // below, and is refused.
    let open = match changes::open_change(&mut db, project, None).await? {
        Some(id) => {
            drop(db);
            let page = changes::get(portal, actor, id).await?;
            db = portal.pool.acquire().await?;
            Some(page)
        }
        None => None,
    };
    let state = State::load(&mut db, project).await?;
    let may_ask = may(Action::RequestChange).is_ok();
    let seconds = match actor.person() {
        Some(person) if may_ask => {
            let groups = &portal.role_groups;
            changes::seconds(&mut db, groups, actor, &standing.slug, (person.id, now)).await?
        }
        _ => Seconds::default(),
    };
    Ok(X509Page {
        on: state.on,
        block: if open.is_some() {
            Some(DisableBlock::UnderWay)
        } else {
            state.block(now)
        },
        impact: impact::of_project(&mut db, &standing).await?,
        busy_clusters: busy(standing.conditions.as_deref()),
        past: changes::past_of_project(&mut db, actor, project).await?,
        project: standing.project,
        authorities: state.authorities.list,
        unreadable: state.authorities.unreadable,
        ldap_authentication: state.ldap_authentication,
        ldap_authorization: state.ldap_authorization,
        may_ask,
        approvers: seconds.people,
        security_decides: seconds.security_decides,
        open,
        synced_at: state.seen_at,
        now,
    })
}
