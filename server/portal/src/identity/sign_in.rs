//! The beginning of a session.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{ABSOLUTE, SessionKey, live::idle};
use crate::{
    Actor, Client, Portal, Result, SignedIn,
    audit::{self, Entry, Event},
    failpoint::failpoint,
    model::PersonId,
};

/// Characters of a `User-Agent` that are kept.
const USER_AGENT_MAX: usize = 256;

/// What the identity provider vouches for, after every check.
pub struct SignIn {
    /// Issuer.
    pub iss: String,
    /// Subject at that issuer.
    pub sub: String,
    /// Name to show.
    pub name: String,
    /// Address to show to the person alone.
    pub email: Option<String>,
    /// Groups.
    pub groups: BTreeSet<String>,
    /// When they proved who they are.
    pub auth_time: Option<OffsetDateTime>,
    /// The provider's own session.
    pub provider_sid: Option<String>,
    /// The ID token, for the provider's logout.
    pub id_token: String,
    /// Where they come from.
    pub client: Client,
    /// Their browser's `User-Agent`.
    pub user_agent: String,
}

/// Begins a session under `key` and ends the one it replaces, in one transaction with the audit
/// entries. The form token survives when the same person signs in again, so that a form in another
/// tab still counts.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn sign_in(
    portal: &Portal,
    sign_in: SignIn,
    key: SessionKey,
    replaces: Option<SessionKey>,
) -> Result<SignedIn> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let id = save_person(&mut tx, portal.new_id(), &sign_in, now).await?;
    failpoint!("session.person");
    let earlier = match replaces {
        Some(key) => end_replaced(&mut tx, portal, key, &sign_in.client, now).await?,
        None => None,
    };
    let csrf = match earlier {
        Some(session) if session.person_id == id => session.csrf,
        _ => URL_SAFE_NO_PAD.encode(portal.random.bytes::<32>()),
    };
    let person = SignedIn {
        id: PersonId(id),
        iss: sign_in.iss,
        sub: sign_in.sub,
        name: sign_in.name,
        groups: sign_in.groups,
        auth_time: sign_in.auth_time,
        session: key.to_string(),
        client: sign_in.client,
    };
    let groups: Vec<String> = person.groups.iter().cloned().collect();
    let user_agent: String = sign_in.user_agent.chars().take(USER_AGENT_MAX).collect();
    sqlx::query!(
        "insert into session
            (id_hash, handle, person_id, groups, csrf, auth_time, provider_sid, id_token, user_agent,
             address, started_at, last_used_at, expires_at, ends_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::inet, $11, $11, $12, $13)",
        key.as_bytes(),
        portal.new_id(),
        id,
        &groups,
        csrf,
        person.auth_time,
        sign_in.provider_sid,
        sign_in.id_token,
        user_agent,
        person.client.ip.map(|ip| ip.to_string()),
        now,
        now + idle(portal, &person),
        now + ABSOLUTE,
    )
    .execute(&mut *tx)
    .await?;
    failpoint!("session.inserted");
    let actor = Actor::Person(Box::new(person.clone()));
    let entry = Entry::new(Event::SessionStarted {});
    audit::append(&mut tx, &portal.random, &actor, entry).await?;
    failpoint!("session.audited");
    tx.commit().await?;
    failpoint!("session.committed");
    Ok(person)
}

async fn save_person(
    db: &mut PgConnection,
    new_id: Uuid,
    sign_in: &SignIn,
    now: OffsetDateTime,
) -> Result<Uuid> {
    let groups: Vec<String> = sign_in.groups.iter().cloned().collect();
    let id = sqlx::query_scalar!(
        "insert into person (id, iss, sub, name, email, groups, created_at, signed_in_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         on conflict (iss, sub) do update
            set name = excluded.name, email = excluded.email, groups = excluded.groups,
                signed_in_at = excluded.signed_in_at
         returning id",
        new_id,
        sign_in.iss,
        sign_in.sub,
        sign_in.name,
        sign_in.email,
        &groups,
        now,
    )
    .fetch_one(db)
    .await?;
    Ok(id)
}

struct Replaced {
    person_id: Uuid,
    csrf: String,
}

async fn end_replaced(
    db: &mut PgConnection,
    portal: &Portal,
    key: SessionKey,
    client: &Client,
    now: OffsetDateTime,
) -> Result<Option<Replaced>> {
    let replaced = sqlx::query!(
        "update session s set revoked_at = $2, id_token = null
         from person p
         where p.id = s.person_id and s.id_hash = $1
           and s.revoked_at is null and s.expires_at > $2 and s.ends_at > $2
         returning p.id, p.iss, p.sub, p.name, s.groups, s.auth_time, s.csrf",
        key.as_bytes(),
        now,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = replaced else {
        return Ok(None);
    };
    // In the name of whose session it was, who need not be the one signing in.
    let whose = Actor::Person(Box::new(SignedIn {
        id: PersonId(row.id),
        iss: row.iss,
        sub: row.sub,
        name: row.name,
        groups: row.groups.into_iter().collect(),
        auth_time: row.auth_time,
        session: key.to_string(),
        client: client.clone(),
    }));
    let event = Event::SessionEnded {
        how: "replaced".to_owned(),
    };
    audit::append(db, &portal.random, &whose, Entry::new(event)).await?;
    Ok(Some(Replaced {
        person_id: row.id,
        csrf: row.csrf,
    }))
}

/// Records that a sign-in failed, and of which class the failure was.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn record_failure(portal: &Portal, client: Client, class: &str) -> Result<()> {
    let mut tx = portal.pool.begin().await?;
    let event = Event::LoginFailed {
        class: class.to_owned(),
    };
    audit::append(
        &mut tx,
        &portal.random,
        &Actor::Nobody(client),
        Entry::new(event),
    )
    .await?;
    Ok(tx.commit().await?)
}
