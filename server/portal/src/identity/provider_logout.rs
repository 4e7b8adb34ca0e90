//! Sessions that the identity provider ends (OpenID Connect Back-Channel Logout 1.0).

use crate::{
    Actor, Portal, Result,
    audit::{self, Entry, Event},
};

/// What a verified logout token says.
pub struct ProviderLogout {
    /// Issuer.
    pub iss: String,
    /// The token's own name; each is good once.
    pub jti: String,
    /// Whose sessions, if it says.
    pub sub: Option<String>,
    /// Which of the provider's sessions, if it says.
    pub sid: Option<String>,
}

/// Ends what the token names: a provider's session, or every session of a person. Answers how many;
/// `None` if the token was used before, which ends nothing.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn end_by_provider(portal: &Portal, logout: &ProviderLogout) -> Result<Option<u64>> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let first_use = sqlx::query!(
        "insert into logout_token (jti, seen_at) values ($1, $2) on conflict do nothing",
        logout.jti,
        now,
    )
    .execute(&mut *tx)
    .await?;
    if first_use.rows_affected() == 0 {
        return Ok(None);
    }
    let ended = sqlx::query!(
        "update session s set revoked_at = $4, id_token = null
         from person p
         where p.id = s.person_id and p.iss = $1
           and ($2::text is null or p.sub = $2)
           and ($3::text is null or s.provider_sid = $3)
           and ($2::text is not null or $3::text is not null)
           and s.revoked_at is null and s.expires_at > $4 and s.ends_at > $4",
        logout.iss,
        logout.sub,
        logout.sid,
        now,
    )
    .execute(&mut *tx)
    .await?;
    for _ in 0..ended.rows_affected() {
        let event = Event::SessionEnded {
            how: "provider".to_owned(),
        };
        let actor = Actor::System("identity.provider_logout");
        audit::append(&mut tx, &portal.random, &actor, Entry::new(event)).await?;
    }
    tx.commit().await?;
    Ok(Some(ended.rows_affected()))
}
