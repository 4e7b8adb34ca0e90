//! Sign-ins that have begun.

use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use crate::{Portal, Result, failpoint::failpoint};

/// How long somebody may take at the identity provider.
pub const ATTEMPT_LIFE: Duration = Duration::minutes(10);

/// What was sent along to the provider, and must fit its answer.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginAttempt {
    /// Must come back in the ID token (OpenID Connect Core 1.0, 3.1.2.1).
    pub nonce: String,
    /// Proves at the token endpoint that it is us who asked (RFC 7636).
    pub pkce_verifier: String,
    /// Who was asked.
    pub issuer: String,
    /// Where to go afterwards: a path of this portal.
    pub return_to: String,
    /// A fresh sign-in was demanded, at most so many seconds old.
    pub max_age_s: Option<i32>,
    /// When it began.
    pub created_at: OffsetDateTime,
}

fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text).to_vec()
}

/// Keeps an attempt under the browser's login cookie and the state.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn begin_attempt(
    portal: &Portal,
    cookie: &str,
    state: &str,
    attempt: &LoginAttempt,
) -> Result<()> {
    sqlx::query!(
        "insert into login_attempt
            (cookie_hash, state_hash, nonce, pkce_verifier, issuer, return_to, max_age_s, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        hash(cookie),
        hash(state),
        attempt.nonce,
        attempt.pkce_verifier,
        attempt.issuer,
        attempt.return_to,
        attempt.max_age_s,
        attempt.created_at,
    )
    .execute(&portal.pool)
    .await?;
    failpoint!("login.begun");
    Ok(())
}

/// Takes the attempt out: of any number of callers at once, one gets it. `None` if there is none of
/// this browser with this state, it has been used, or it is too old.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn take_attempt(
    portal: &Portal,
    cookie: &str,
    state: &str,
) -> Result<Option<LoginAttempt>> {
    let attempt = sqlx::query_as!(
        LoginAttempt,
        "delete from login_attempt where cookie_hash = $1 and state_hash = $2
         returning nonce, pkce_verifier, issuer, return_to, max_age_s, created_at",
        hash(cookie),
        hash(state),
    )
    .fetch_optional(&portal.pool)
    .await?;
    failpoint!("login.taken");
    let oldest = portal.clock.now() - ATTEMPT_LIFE;
    Ok(attempt.filter(|attempt| attempt.created_at >= oldest))
}
