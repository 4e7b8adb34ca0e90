//! Beginning nothing new while Atlas loses too many answers.
//!
//! Each lost answer may be a certificate that nobody has the key of. Where many are lost, something is wrong
//! that more attempts would only make worse.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::{Portal, Result};

/// So many answers lost within that time stop new attempts.
const LOST_MAX: u32 = 5;
const WITHIN: Duration = Duration::minutes(10);

/// How many answers were lost lately.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LatelyLost {
    /// How many.
    pub(crate) count: u32,
    /// So many stop new attempts.
    pub(crate) limit: u32,
    /// Until when nothing new is begun, if no more are lost.
    pub(crate) paused_until: Option<OffsetDateTime>,
}

/// Looks how many answers were lost lately. It ends by itself as they become old.
pub(crate) async fn lately_lost(portal: &Portal, db: &mut PgConnection) -> Result<LatelyLost> {
    let within = portal.pace.span(WITHIN);
    let limit = portal.pace.often(LOST_MAX);
    let lost = sqlx::query_scalar!(
        r#"select unknown_at as "at!" from issue_attempt where unknown_at > $1 order by unknown_at desc limit $2"#,
        portal.clock.now() - within,
        i64::from(limit)
    )
    .fetch_all(db)
    .await?;
    let count = u32::try_from(lost.len()).unwrap_or(u32::MAX);
    Ok(LatelyLost {
        count,
        limit,
        // Once the oldest of so many is old enough, there are fewer.
        paused_until: lost
            .last()
            .filter(|_| count >= limit)
            .map(|oldest| *oldest + within),
    })
}
