//! Trying the credentials.

use std::time::Duration as StdDuration;

use strum::IntoEnumIterator as _;
use time::Duration;

use super::{
    judge::{Told, Tried, judged},
    words::sentence,
};
use crate::{
    Actor, Error, Portal, Result,
    atlas::{Atlas, ReadError},
    clock::Clock,
    error::chain,
    jobs::{self, Job},
    model::{Conflict, CredentialName, PowerVerdict, Purpose},
    policy::{self, Action, On},
};

/// How long after a try nobody may ask for the next: each is some calls for every project.
const PAUSE: Duration = Duration::seconds(30);
/// How long somebody who asked for a try waits for what comes of it.
const PATIENCE: StdDuration = StdDuration::from_secs(5);

/// What became of a try that somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nudged {
    /// It is over.
    Ended,
    /// It goes on.
    GoesOn,
}

/// Tries each credential once, whatever it serves for. Changes nothing at Atlas.
pub async fn try_all(atlas: &dyn Atlas, clock: &dyn Clock) -> Vec<Tried> {
    let mut all: Vec<Tried> = Vec::new();
    for purpose in Purpose::iter() {
        let name = atlas.credential(purpose);
        let same = all.iter().find(|other| other.name == name);
        let told = match same {
            Some(same) => same.told.clone(),
            None => Some((clock.now(), told(atlas, purpose, &name).await)),
        };
        all.push(Tried {
            purpose,
            name,
            told,
        });
    }
    all
}

async fn told(atlas: &dyn Atlas, purpose: Purpose, name: &CredentialName) -> Told {
    match atlas.probe(purpose).await {
        Ok(probe) => Told::Found(probe),
        Err(error) => {
            tracing::warn!(
                %purpose, credential = name.public, error = %chain(&error),
                "A credential at Atlas could not be tried"
            );
            match error {
                ReadError::Refused(refusal) => Told::Refused(refusal),
                ReadError::Unavailable { source } => Told::Unanswered(source.silence()),
            }
        }
    }
}

/// The job: tries the credentials, keeps what came of it, and says it in the log.
///
/// # Errors
/// When the database is away.
pub async fn probe(portal: &Portal) -> Result<()> {
    let all = try_all(&*portal.atlas, &*portal.clock).await;
    for row in judged(&all) {
        if row.verdict() == PowerVerdict::Fits {
            tracing::info!("{}", sentence(&row));
        } else {
            tracing::warn!("{}", sentence(&row));
        }
    }
    for tried in &all {
        keep(portal, tried).await?;
    }
    Ok(())
}

async fn keep(portal: &Portal, tried: &Tried) -> Result<()> {
    let Some((at, told)) = &tried.told else {
        return Ok(());
    };
    let (mut found, mut refusal, mut silence) = (None, None, None);
    match told {
        Told::Found(probe) => found = Some(json(probe)?),
        Told::Refused(why) => refusal = Some(json(why)?),
        Told::Unanswered(why) => silence = Some(json(why)?),
    }
    sqlx::query!(
        "insert into credential_probe (purpose, kind, name, tried_at, found, refusal, silence)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (purpose) do update
            set kind = excluded.kind, name = excluded.name, tried_at = excluded.tried_at,
                found = excluded.found, refusal = excluded.refusal, silence = excluded.silence",
        <&str>::from(tried.purpose),
        <&str>::from(tried.name.kind),
        tried.name.public,
        at,
        found,
        refusal,
        silence
    )
    .execute(&portal.pool)
    .await?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(value)
        .map_err(|error| Error::internal("what came of a credential could not be written", error))
}

/// Tries the credentials now, because an operator asks. Goes on by itself where it takes long.
///
/// # Errors
/// `NotFound` for all but operators, `Conflict` where the last try was a moment ago, `Unavailable`.
pub async fn probe_now(portal: &Portal, actor: &Actor) -> Result<Nudged> {
    let groups = &portal.role_groups;
    policy::may(groups, actor, Action::ProbeCredentials, On::Portal)
        .map_err(|_| Error::NotFound)?;
    let last = sqlx::query_scalar!("select max(tried_at) from credential_probe")
        .fetch_one(&portal.pool)
        .await?;
    if let Some(after) = last.map(|last| last + PAUSE)
        && portal.clock.now() < after
    {
        return Err(Conflict::TooMany { after }.into());
    }
    let job = portal.tasks.spawn({
        let portal = portal.clone();
        async move { jobs::run(&portal, Job::ProbeCredentials).await }
    });
    match tokio::time::timeout(PATIENCE, job).await {
        Ok(_) => Ok(Nudged::Ended),
        Err(_) => Ok(Nudged::GoesOn),
    }
}
