//! What a person sees and settles about themselves.

use uuid::Uuid;

use super::browser;
use crate::{
    Actor, Error, Portal, Result, SignedIn,
    audit::{self, Entry, Event},
    model::{AccountPage, Language, SessionRow, Theme},
    projects,
};

fn signed_in(actor: &Actor) -> Result<&SignedIn> {
    actor.person().ok_or(Error::SignInRequired)
}

/// The account page of the actor.
///
/// # Errors
/// `SignInRequired`, `Unavailable`.
pub async fn account(portal: &Portal, actor: &Actor) -> Result<AccountPage> {
    let me = signed_in(actor)?;
    let row = sqlx::query!(
        "select name, email, language, theme from person where id = $1",
        me.id.0
    )
    .fetch_one(&portal.pool)
    .await?;
    let projects = projects::list(portal, actor).await?;
    let named = |keep: fn(&crate::model::ProjectRow) -> bool| {
        let kept = projects.iter().filter(|row| keep(row));
        kept.map(|row| row.project.clone()).collect()
    };
    Ok(AccountPage {
        person: actor.sees(me.id, row.name),
        email: row.email,
        roles: portal.role_groups.roles_of(me),
        groups: me.groups.iter().cloned().collect(),
        owns: named(|row| row.you_own),
        requests_in: named(|row| row.you_may_request),
        language: row.language.and_then(|language| language.parse().ok()),
        theme: row.theme.parse().unwrap_or_default(),
        sessions: open_sessions(portal, me).await?,
        now: portal.clock.now(),
    })
}

/// This session first, then by last use.
async fn open_sessions(portal: &Portal, me: &SignedIn) -> Result<Vec<SessionRow>> {
    let rows = sqlx::query!(
        r#"select handle, encode(id_hash, 'hex') as "id_hash!", started_at, last_used_at, user_agent,
                  host(address) as address
           from session
           where person_id = $1 and revoked_at is null and expires_at > $2 and ends_at > $2
           order by encode(id_hash, 'hex') = $3 desc, last_used_at desc
           limit 50"#,
        me.id.0,
        portal.clock.now(),
        me.session,
    )
    .fetch_all(&portal.pool)
    .await?;
    let rows = rows.into_iter().map(|row| SessionRow {
        handle: row.handle,
        is_this: row.id_hash == me.session,
        started_at: row.started_at,
        last_used_at: row.last_used_at,
        browser: browser::in_words(&row.user_agent),
        address: row.address,
    });
    Ok(rows.collect())
}

/// Keeps the actor's language and theme.
///
/// # Errors
/// `SignInRequired`, `Unavailable`.
pub async fn set_preferences(
    portal: &Portal,
    actor: &Actor,
    language: Option<Language>,
    theme: Theme,
) -> Result<()> {
    let me = signed_in(actor)?;
    sqlx::query!(
        "update person set language = $2, theme = $3 where id = $1",
        me.id.0,
        language.map(|language| language.to_string()),
        theme.to_string(),
    )
    .execute(&portal.pool)
    .await?;
    Ok(())
}

/// Ends one of the actor's own sessions, by its public handle.
///
/// # Errors
/// `NotFound` if it is not theirs or already over.
pub async fn end_session(portal: &Portal, actor: &Actor, handle: Uuid) -> Result<()> {
    let me = signed_in(actor)?;
    let mut tx = portal.pool.begin().await?;
    let ended = sqlx::query!(
        "update session set revoked_at = $3, id_token = null
         where handle = $1 and person_id = $2
           and revoked_at is null and expires_at > $3 and ends_at > $3",
        handle,
        me.id.0,
        portal.clock.now(),
    )
    .execute(&mut *tx)
    .await?;
    if ended.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    let event = Event::SessionEnded {
        how: "ended_by_owner".to_owned(),
    };
    audit::append(&mut tx, &portal.random, actor, Entry::new(event)).await?;
    Ok(tx.commit().await?)
}
