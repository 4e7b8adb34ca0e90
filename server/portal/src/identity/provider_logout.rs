//! Sessions that the identity provider ends (OpenID Connect Back-Channel Logout 1.0).

use crate::{
    Actor, Client, Portal, Result, SignedIn,
    audit::{self, Entry, Event},
    model::PersonId,
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
pub async fn end_by_provider(portal: &Portal, logout: &ProviderLogout) -> Result<Option<usize>> {
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
        r#"update session s set revoked_at = $4, id_token = null
           from person p
           where p.id = s.person_id and p.iss = $1
             and ($2::text is null or p.sub = $2)
             and ($3::text is null or s.provider_sid = $3)
             and ($2::text is not null or $3::text is not null)
             and s.revoked_at is null and s.expires_at > $4 and s.ends_at > $4
           returning p.id, p.sub, p.name, s.groups, s.auth_time,
                     encode(s.id_hash, 'hex') as "session!""#,
        logout.iss,
        logout.sub,
        logout.sid,
        now,
    )
    .fetch_all(&mut *tx)
    .await?;
    let number = ended.len();
    for row in ended {
        // In the person's name, so that the log says whose session it was.
        let whose = Actor::Person(Box::new(SignedIn {
            id: PersonId(row.id),
            iss: logout.iss.clone(),
            sub: row.sub,
            name: row.name,
            groups: row.groups.into_iter().collect(),
            auth_time: row.auth_time,
            session: row.session,
            client: Client::default(),
        }));
        let event = Event::SessionEnded {
            how: "provider".to_owned(),
        };
        audit::append(&mut tx, &portal.random, &whose, Entry::new(event)).await?;
    }
    tx.commit().await?;
    Ok(Some(number))
}
