//! Keys that wait to be collected.

use sqlx::PgConnection;

use super::deliver::{DOWNLOADS_MAX, Waiting, matching};
use crate::{
    Actor, Portal, Result,
    audit::Event,
    calls::refusal_from,
    failpoint::failpoint,
    model::{Pickup, Refusal, RequestId, RequestState},
    requests::Stored,
};

/// Keys destroyed in one run; the next run takes the rest.
const BATCH: i64 = 200;

/// The key of a request that waits. `secret`: the pickup cookie's value, if the browser sent it.
pub(crate) async fn waiting_pickup(
    db: &mut PgConnection,
    request: RequestId,
    secret: Option<&str>,
) -> Result<Option<Pickup>> {
    let row = sqlx::query!(
        r#"select secret_hash, pickup_until as "until!", downloads from issue_attempt
         where request_id = $1 and sealed is not null"#,
        request.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Pickup {
        until: row.until,
        downloads_used: u8::try_from(row.downloads).unwrap_or(DOWNLOADS_MAX),
        downloads_allowed: DOWNLOADS_MAX,
        in_this_browser: matching(secret, &row.secret_hash).is_some(),
    }))
}

/// Why Atlas refused the last attempt, as long as that is where the request stands.
pub(crate) async fn last_refusal(
    db: &mut PgConnection,
    request: RequestId,
    state: RequestState,
) -> Result<Option<Refusal>> {
    if !matches!(state, RequestState::Approved | RequestState::Failed) {
        return Ok(None);
    }
    let refusal = sqlx::query_scalar!(
        "select refusal from issue_attempt where request_id = $1 order by number desc limit 1",
        request.0
    )
    .fetch_optional(db)
    .await?
    .flatten();
    refusal_from(refusal)
}

/// Destroys keys that have waited long enough, and keys of the day that nothing can need any more.
///
/// # Errors
/// `Unavailable` while the database or the folder of keys is away.
pub async fn end_pickups(portal: &Portal) -> Result<()> {
    let now = portal.clock.now();
    // First, and whatever becomes of the rest: it needs no database.
    let mut outcome = portal.keyring.destroy_old(now);
    let due = sqlx::query_scalar!(
        "select request_id from issue_attempt where sealed is not null and pickup_until <= $1
         order by pickup_until limit $2",
        now,
        BATCH
    )
    .fetch_all(&portal.pool)
    .await?;
    failpoint!("pickups.found");
    for id in due.into_iter().map(RequestId) {
        // One that fails does not keep the others' keys alive.
        outcome = outcome.and(end_pickup(portal, id).await);
    }
    outcome
}

async fn end_pickup(portal: &Portal, id: RequestId) -> Result<()> {
    let actor = Actor::System("pickups.end");
    let mut tx = portal.pool.begin().await?;
    let request = Stored::lock(&mut tx, id).await?;
    let Some(waiting) = Waiting::lock(&mut tx, id).await? else {
        return Ok(()); // Somebody was faster.
    };
    failpoint!("pickups.locked");
    let serial = waiting.serial;
    let end = if waiting.downloads > 0 {
        let downloads = waiting.downloads.to_string();
        (
            RequestState::Unconfirmed,
            Event::CertUnconfirmed { serial, downloads },
        )
    } else {
        (RequestState::Uncollected, Event::CertUncollected { serial })
    };
    waiting.end(portal, tx, request, &actor, end).await
}
