//! The end of a session.

use super::SessionKey;
use crate::{
    Actor, Portal, Result,
    audit::{self, Entry, Event},
    failpoint::failpoint,
};

/// What is left of a session that was just ended.
pub struct SignedOut {
    /// Hint for the provider's own logout, if the provider gave one.
    pub id_token: Option<String>,
}

/// Ends the actor's session. `None` if it was over already.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn sign_out(
    portal: &Portal,
    actor: &Actor,
    key: SessionKey,
) -> Result<Option<SignedOut>> {
    let mut tx = portal.pool.begin().await?;
    let ended = sqlx::query!(
        // `returning` shows a row as it has become, and the token is wiped: it is read beside.
        r#"with open as (
            select id_hash, id_token from session
            where id_hash = $1 and revoked_at is null
            for update
         )
         update session set revoked_at = $2, id_token = null
         from open where session.id_hash = open.id_hash
         returning open.id_token as "id_token?""#,
        key.as_bytes(),
        portal.clock.now(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(ended) = ended else {
        return Ok(None);
    };
    let event = Event::SessionEnded {
        how: "signed_out".to_owned(),
    };
    audit::append(&mut tx, &portal.random, actor, Entry::new(event)).await?;
    failpoint!("sign_out.audited");
    tx.commit().await?;
    failpoint!("sign_out.committed");
    Ok(Some(SignedOut {
        id_token: ended.id_token,
    }))
}

/// Makes sure that the session is over, without saying so in the log: for one that a sign-in or a
/// sign-out has just ended there.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn revoke(portal: &Portal, key: SessionKey) -> Result<()> {
    sqlx::query!(
        "update session set revoked_at = $2, id_token = null
         where id_hash = $1 and revoked_at is null",
        key.as_bytes(),
        portal.clock.now(),
    )
    .execute(&portal.pool)
    .await?;
    Ok(())
}
