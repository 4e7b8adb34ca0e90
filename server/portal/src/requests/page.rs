//! A request's page.

use sqlx::{PgConnection, QueryBuilder};
use time::OffsetDateTime;

use super::row::{SELECT, fetch};
use crate::{
    Actor, Error, Portal, Result, audit, certificates,
    model::{
        ApprovalMeter, Brief, Denial, Months, Obstacle, RequestActions, RequestId, RequestPage,
        RequestRow, RequestState, RequestStatus,
    },
    policy::{self, Action, On, Refused},
    projects::{self, Standing},
    step_up::require_fresh,
};

/// Decisions shown to an approver.
const LAST_DECISIONS: i64 = 5;

/// One request with its story. `pickup_secret`: the pickup cookie's value, if the browser sent it.
///
/// # Errors
/// `NotFound` if there is none or `actor` may not see it.
pub async fn get(
    portal: &Portal,
    actor: &Actor,
    id: RequestId,
    pickup_secret: Option<&str>,
) -> Result<RequestPage> {
    let now = portal.clock.now();
    let mut db = portal.pool.acquire().await?;
    let (row, standing) = visible(portal, &mut db, actor, id).await?;
    let requester = row.requester.id;
    let on = On::Request {
        slug: &standing.slug,
        requester,
    };
    let may = |action| policy::may(&portal.role_groups, actor, action, on);

    let kept = sqlx::query!(
        r#"select months, digest, (select count(*) from decision d
            where d.request_id = r.id and d.verdict = 'approved') as "given!"
         from request r where id = $1"#,
        id.0
    )
    .fetch_one(&mut *db)
    .await?;
    let submitted =
        row.state == RequestState::Submitted && row.until.is_some_and(|until| until > now);
    let actions = RequestActions {
        approve: submitted && may(Action::ApproveRequest).is_ok(),
        deny: submitted && may(Action::DenyRequest).is_ok(),
        withdraw: matches!(row.state, RequestState::Submitted | RequestState::Approved)
            && may(Action::WithdrawRequest).is_ok(),
        issue: row.state == RequestState::Approved
            && row.until.is_some_and(|until| until > now)
            && may(Action::IssueCertificate).is_ok(),
        collect: row.state == RequestState::Ready && may(Action::CollectKey).is_ok(),
        ask_again: row.state.is_over() && row.requester.is_you,
        resolve: row.state == RequestState::Ambiguous && may(Action::ResolveRequest).is_ok(),
    };
    let owns = actor
        .person()
        .is_some_and(|person| portal.role_groups.owned_by(person).contains(&standing.slug));
    let why_not_approve = match may(Action::ApproveRequest) {
        Err(Refused::Denied(Denial::OwnRequest)) if submitted && owns => Some(Denial::OwnRequest),
        _ => None,
    };
    let brief = if actions.approve {
        Some(brief(&mut db, actor, &row, &standing, now).await?)
    } else {
        None
    };
    let approvers = if row.state == RequestState::Submitted {
        projects::approvers(
            &mut db,
            &portal.role_groups,
            actor,
            &standing.slug,
            Some(requester),
        )
        .await?
    } else {
        Vec::new()
    };
    let user = projects::find_user(&mut db, actor, &standing, &row.username, now).await?;
    Ok(RequestPage {
        months_asked: Months::try_from(u8::try_from(kept.months).unwrap_or_default())
            .map_err(|error| Error::internal("a request's months are out of range", error))?,
        digest: kept.digest,
        story: audit::request_story(portal, &mut db, actor, id).await?,
        approvals: ApprovalMeter {
            given: u8::from(kept.given > 0),
            needed: 1,
        },
        approvers,
        step_up: (actions.approve || actions.issue || actions.resolve)
            && require_fresh(portal, actor).is_err(),
        may: actions,
        why_not_approve,
        brief,
        refusal: certificates::last_refusal(&mut db, id, row.state).await?,
        settling: if row.state == RequestState::Unknown {
            certificates::settling(portal, &mut db, id).await?
        } else {
            None
        },
        ambiguity: if actions.resolve {
            certificates::ambiguity(&mut db, id).await?
        } else {
            None
        },
        pickup: if actions.collect {
            certificates::waiting_pickup(&mut db, id, pickup_secret).await?
        } else {
            None
        },
        certificate: certificates::of_request(&mut db, actor, id).await?,
        clusters: standing.clusters,
        obstacle: user
            .as_ref()
            .map_or(Some(Obstacle::UserGone), |user| user.obstacle),
        database_roles: user.map(|user| user.roles).unwrap_or_default(),
        row,
        now,
    })
}

/// The request and its project, if the actor may see it.
async fn visible(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
    id: RequestId,
) -> Result<(RequestRow, Standing)> {
    let mut query = QueryBuilder::new(SELECT);
    query.push("r.id = ").push_bind(id.0);
    let row = fetch(db, actor, query)
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    let standing = projects::standing(db, &row.project.id).await?;
    let on = On::Request {
        slug: &standing.slug,
        requester: row.requester.id,
    };
    policy::may(&portal.role_groups, actor, Action::ViewRequest, on)
        .map_err(|_| Error::NotFound)?;
    Ok((row, standing))
}

async fn brief(
    db: &mut PgConnection,
    actor: &Actor,
    row: &RequestRow,
    standing: &Standing,
    now: OffsetDateTime,
) -> Result<Brief> {
    let project = &standing.project.id;
    let mut query = QueryBuilder::new(SELECT);
    query.push("r.project_id = ").push_bind(project.to_string());
    query.push(
        " and exists (select 1 from decision d where d.request_id = r.id)
         order by r.submitted_at desc, r.id desc limit ",
    );
    query.push_bind(LAST_DECISIONS);
    Ok(Brief {
        subject: format!("CN={}", row.username),
        would_end: row.months.after(now),
        policy: standing.policy,
        requester_holds: certificates::living_of_holder(db, actor, project, row.requester.id, now)
            .await?,
        user_has: certificates::living_of_user(db, actor, project, &row.username, now).await?,
        last_decisions: fetch(db, actor, query).await?,
    })
}

/// The short form of [`get`], for a page that waits.
///
/// # Errors
/// `NotFound`.
pub async fn status(portal: &Portal, actor: &Actor, id: RequestId) -> Result<RequestStatus> {
    let mut db = portal.pool.acquire().await?;
    let (row, _) = visible(portal, &mut db, actor, id).await?;
    let lines = sqlx::query_scalar!(
        r#"select count(*) as "lines!" from audit.entry where request_id = $1"#,
        id.0
    )
    .fetch_one(&mut *db)
    .await?;
    let settling = if row.state == RequestState::Unknown {
        certificates::settling(portal, &mut db, id).await?
    } else {
        None
    };
    Ok(RequestStatus {
        state: row.state,
        story_length: u32::try_from(lines).unwrap_or(u32::MAX),
        next_look: settling.map(|settling| settling.next_at),
    })
}
