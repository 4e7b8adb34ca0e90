//! What needs a person now.

use crate::{
    Actor, Error, Portal, Result, audit, certificates, changes,
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
        changes_to_approve: changes::waiting_for(portal, &mut db, actor, person).await?,
        changes: changes::recent(portal, &mut db, actor, person).await?,
        to_issue: in_state(&[Approved]),
        to_collect: in_state(&[Ready]),
        unsettled: in_state(&[Issuing, Unknown, Ambiguous]),
        to_resolve: if security {
            requests::to_resolve(&mut db, actor, person).await?
        } else {
            Vec::new()
        },
        waiting: in_state(&[Submitted]),
        ending_soon: certificates::ending_soon(portal, &mut db, actor, person).await?,
        unexplained: certificates::unexplained(portal, &mut db, actor, person).await?,
        refused_pickups: if security {
            audit::refused_pickups(portal, &mut db, actor).await?
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
            (select count(*) from (select 1 from change c join project p on p.id = c.project_id
                join person rp on rp.id = c.requester_id
                where c.state = 'submitted' and c.until > $3 and c.requester_id <> $1
                    and (p.slug = any($2) or ($5 and rp.groups @> array[replace($6, '{project}', p.slug)]
                        and not exists (select 1 from person o where o.id <> rp.id
                            and o.groups @> array[replace($6, '{project}', p.slug)]
                            and o.signed_in_at > $7)))
                limit 100) waiting) as "changes!",
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
                where origin = 'unexplained' and not_after > $3
                    and ($5 or project_id in (select id from project where slug = any($2)))
                    and not exists (select 1 from explanation x where x.id = certificate.id) limit 20) odd) as "odd!",
            (select count(*) from (select 1 from request
                where $5 and state = 'ambiguous' and requester_id <> $1 limit 20) unclear) as "unclear!",
            (select count(*) from (select distinct request_id, person_id, convert_from(body, 'UTF8')::jsonb #> '{data,why}'
                from audit.entry where $5 and type = 'cert.pickup_refused' and at > now() - interval '7 days' limit 20) reached)
                as "reached!""#,
        person.id.0,
        &owned,
        now,
        now + certificates::SOON,
        security,
        portal.role_groups.owner_pattern,
        changes::counts_since(now)
    )
    .fetch_one(&portal.pool)
    .await?;
    let capped = |number: i64| u32::try_from(number.min(COUNT_CAP)).unwrap_or_default();
    Ok(NavCounts {
        today: capped(
            counts.approvals
                + counts.changes
                + counts.mine
                + counts.soon
                + counts.odd
                + counts.unclear
                + counts.reached,
        ),
        approvals: capped(counts.approvals),
        changes: capped(counts.changes),
    })
}
