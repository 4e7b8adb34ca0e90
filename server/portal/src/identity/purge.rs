//! Rows that are no longer needed.

use time::Duration;

use super::ATTEMPT_LIFE;
use crate::{Portal, Result, failpoint::failpoint};

/// How long an ended session stays, so that one can ask about it.
const SESSIONS_KEPT: Duration = Duration::days(30);
/// Longer than any logout token is accepted.
const LOGOUT_TOKENS_KEPT: Duration = Duration::days(1);

/// Deletes sign-ins that were never finished, sessions that ended long ago and logout tokens that
/// would no longer be accepted anyway.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn purge(portal: &Portal) -> Result<()> {
    let now = portal.clock.now();
    sqlx::query!(
        "delete from login_attempt where created_at < $1",
        now - ATTEMPT_LIFE
    )
    .execute(&portal.pool)
    .await?;
    sqlx::query!(
        "delete from session where ends_at < $1",
        now - SESSIONS_KEPT
    )
    .execute(&portal.pool)
    .await?;
    sqlx::query!(
        "delete from logout_token where seen_at < $1",
        now - LOGOUT_TOKENS_KEPT
    )
    .execute(&portal.pool)
    .await?;
    failpoint!("purge.done");
    Ok(())
}
