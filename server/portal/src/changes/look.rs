//! Which changes are looked at next: whoever has waited longest.
//!
//! A run takes so many, one after the other. A change that stays as it is, or that Atlas gives no usable
//! answer about, must not keep the others from being looked at.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Result, model::ChangeId};

/// Notes that a change is being looked at now, whatever comes of it.
pub(super) async fn note(db: &mut PgConnection, id: ChangeId, now: OffsetDateTime) -> Result<()> {
    sqlx::query!(
        "insert into change_look (change_id, looked_at) values ($1, $2)
         on conflict (change_id) do update set looked_at = excluded.looked_at",
        id.0,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}
