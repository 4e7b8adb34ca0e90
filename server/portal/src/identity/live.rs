//! Sessions in use.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::SessionKey;
use crate::{
    Client, Portal, Result, SignedIn,
    failpoint::failpoint,
    model::{Language, PersonId, Theme},
};

/// How long a session lives without being used.
pub const IDLE: Duration = Duration::minutes(60);
/// The same for security, operators and owners.
pub const PRIVILEGED_IDLE: Duration = Duration::minutes(15);
/// How long a session lives at most.
pub const ABSOLUTE: Duration = Duration::hours(8);
/// `last_used_at` is no more exact than this: not every page view is a write.
const TOUCH_EVERY: Duration = Duration::minutes(1);

/// A session that is neither over nor too old.
#[derive(Clone)]
pub struct LiveSession {
    /// What it is found by.
    pub key: SessionKey,
    /// The public handle.
    pub handle: Uuid,
    /// Whose it is.
    pub signed_in: SignedIn,
    /// The token every form of the session carries.
    pub csrf: String,
    /// The language the person chose.
    pub language: Option<Language>,
    /// The theme the person chose.
    pub theme: Theme,
    /// Small values kept for the web side.
    pub data: serde_json::Value,
    /// When it was last used, to the minute.
    pub last_used_at: OffsetDateTime,
    /// When it ends, used or not.
    pub ends_at: OffsetDateTime,
}

/// How long a session of this person may lie idle.
pub(super) fn idle(portal: &Portal, person: &SignedIn) -> Duration {
    let roles = &portal.role_groups;
    let privileged = roles.is_security(person)
        || roles.is_operator(person)
        || !roles.owned_by(person).is_empty();
    if privileged { PRIVILEGED_IDLE } else { IDLE }
}

/// The session with this key, as used now by `client`. `None` if it is over, or never was.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn find(portal: &Portal, key: SessionKey, client: Client) -> Result<Option<LiveSession>> {
    let row = sqlx::query!(
        "select s.handle, s.groups, s.csrf, s.auth_time, s.data, s.last_used_at, s.ends_at,
                p.id, p.iss, p.sub, p.name, p.language, p.theme
         from session s join person p on p.id = s.person_id
         where s.id_hash = $1 and s.revoked_at is null and s.expires_at > $2 and s.ends_at > $2",
        key.as_bytes(),
        portal.clock.now(),
    )
    .fetch_optional(&portal.pool)
    .await?;
    Ok(row.map(|row| LiveSession {
        key,
        handle: row.handle,
        signed_in: SignedIn {
            id: PersonId(row.id),
            iss: row.iss,
            sub: row.sub,
            name: row.name,
            groups: row.groups.into_iter().collect(),
            auth_time: row.auth_time,
            session: key.to_string(),
            client,
        },
        csrf: row.csrf,
        language: row.language.and_then(|language| language.parse().ok()),
        theme: row.theme.parse().unwrap_or_default(),
        data: row.data,
        last_used_at: row.last_used_at,
        ends_at: row.ends_at,
    }))
}

/// Notes that the session is in use, at most once a minute, and so keeps it from running out.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn touch(portal: &Portal, session: &LiveSession) -> Result<()> {
    let now = portal.clock.now();
    if now - session.last_used_at < TOUCH_EVERY {
        return Ok(());
    }
    sqlx::query!(
        "update session set last_used_at = $2, expires_at = least($3, ends_at)
         where id_hash = $1 and revoked_at is null",
        session.key.as_bytes(),
        now,
        now + idle(portal, &session.signed_in),
    )
    .execute(&portal.pool)
    .await?;
    failpoint!("session.touched");
    Ok(())
}

/// Keeps the web side's small values. `false` if the session is over: what a slow request still
/// writes does not bring it back.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn save_data(portal: &Portal, key: SessionKey, data: &serde_json::Value) -> Result<bool> {
    let saved = sqlx::query!(
        "update session set data = $2
         where id_hash = $1 and revoked_at is null and expires_at > $3 and ends_at > $3",
        key.as_bytes(),
        data,
        portal.clock.now(),
    )
    .execute(&portal.pool)
    .await?;
    failpoint!("session.saved");
    Ok(saved.rows_affected() == 1)
}
