//! What needs a person now.

use crate::{
    Actor, Error, Portal, Result, certificates,
    model::{NavCounts, RequestState, Today},
    policy::{self, Action, On},
    requests,
};

/// Beyond this many the rail says "99+".
const COUNT_CAP: i64 = 99;

/// What needs the actor now.
///
/// # Errors
/// `SignInRequired`, `Unavailable`.
pub async fn get(portal: &Portal, actor: &Actor) -> Result<Today> {
    use RequestState::{Ambiguous, Approved, Issuing, Ready, Submitted, Unknown};
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let mut db = portal.pool.acquire().await?;
    let open = requests::mine_in(
        &mut db,
        actor,
        person,
        &[Submitted, Approved, Issuing, Ready, Unknown, Ambiguous],
    )
    .await?;
    let in_state = |states: &[RequestState]| {
        open.iter()
            .filter(|row| states.contains(&row.state))
            .cloned()
            .collect::<Vec<_>>()
    };
    let security = policy::may(&portal.role_groups, actor, Action::ReadAudit, On::Portal).is_ok();
    let checked_at = sqlx::query_scalar!("select min(seen_at) from project where gone_at is null")
        .fetch_one(&mut *db)
        .await?;
    Ok(Today {
        to_approve: requests::waiting_for(portal, &mut db, actor, person).await?,
        to_issue: in_state(&[Approved]),
        to_collect: in_state(&[Ready]),
        unsettled: in_state(&[Issuing, Unknown, Ambiguous]),
        waiting: in_state(&[Submitted]),
        ending_soon: certificates::ending_soon(portal, &mut db, actor, person).await?,
        unexplained: if security {
            certificates::unexplained(portal, &mut db, actor).await?
        } else {
            Vec::new()
        },
        checked_at,
        now: portal.clock.now(),
    })
}

/// The numbers of the rail.
///
/// # Errors
/// `SignInRequired`, `Unavailable`.
pub async fn counts(portal: &Portal, actor: &Actor) -> Result<NavCounts> {
    let person = actor.person().ok_or(Error::SignInRequired)?;
    let owned = portal.role_groups.owned_by(person);
    let security = portal.role_groups.is_security(person);
    let now = portal.clock.now();
    let counts = sqlx::query!(
        r#"select
            (select count(*) from (select 1 from request r join project p on p.id = r.project_id
                where r.state = 'submitted' and r.until > $3 and p.slug = any($2) and r.requester_id <> $1
                limit 100) waiting) as "approvals!",
            (select count(*) from (select 1 from request
                where requester_id = $1 and state in ('approved', 'ready') limit 100) mine) as "mine!",
            (select count(*) from (
                (select id from certificate
                    where holder_id = $1 and not_after > $3 and not_after <= $4 limit 20)
                union
                (select id from certificate
                    where project_id in (select id from project where slug = any($2))
                        and not_after > $3 and not_after <= $4 limit 20)
                limit 20) soon) as "soon!",
            (select count(*) from (select 1 from certificate
                where $5 and origin = 'unexplained' and not_after > $3 limit 20) odd) as "odd!""#,
        person.id.0,
        &owned,
        now,
        now + certificates::SOON,
        security
    )
    .fetch_one(&portal.pool)
    .await?;
    let capped = |number: i64| u32::try_from(number.min(COUNT_CAP)).unwrap_or_default();
    Ok(NavCounts {
        today: capped(counts.approvals + counts.mine + counts.soon + counts.odd),
        approvals: capped(counts.approvals),
    })
}
