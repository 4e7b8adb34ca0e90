//! Commits whose answer is lost.
//!
//! A connection that breaks during `commit` leaves open whether the transaction was committed. Before a
//! call to Atlas, or after it, that must not stay open: Postgres remembers what became of a transaction,
//! and tells whoever knows its number.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, PgTransaction};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::CONNECT_WITHIN;
use crate::{Error, Portal, Result, error::chain, failpoint::failpoint};

/// How long Postgres may take to answer a commit.
const COMMIT_WITHIN: Duration = Duration::from_secs(5);
/// For how long it is asked what became of a commit whose answer was lost, and how often: until the server
/// notices that the connection is gone, the transaction may still be under way.
const ASK_FOR: Duration = Duration::from_secs(4);
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Commits. `Ok` only if the transaction is known to have been committed; after an error it may have been
/// all the same, so that nothing may be done that needs it, and nothing that must not come after it.
///
/// # Errors
/// Why it was not committed, or why that cannot be known.
pub(crate) async fn commit(portal: &Portal, mut tx: PgTransaction<'_>) -> Result<()> {
    // xid8 is never used twice, so that no later transaction can be taken for this one.
    let id = sqlx::query_scalar!(r#"select pg_current_xact_id()::text as "id!""#)
        .fetch_one(&mut *tx)
        .await?;
    failpoint!("commit.numbered");
    let lost = match timeout(COMMIT_WITHIN, tx.commit()).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) if is_refusal(&error) => return Err(error.into()),
        Ok(Err(error)) => Error::from(error),
        Err(_) => sqlx::Error::PoolTimedOut.into(),
    };
    let fate = fate(portal, &id).await;
    tracing::warn!(
        transaction.id = id,
        transaction.fate = ?fate,
        error = %chain(&lost),
        "The answer to a commit was lost"
    );
    metrics::counter!("certdesk_lost_commits_total", "fate" => fate.name()).increment(1);
    match fate {
        Fate::Committed => Ok(()),
        Fate::Aborted | Fate::Unclear => Err(lost),
    }
}

/// Whether the database has said that it will not commit: what it checks at the end does not hold.
fn is_refusal(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code.starts_with("23") || code.starts_with("40"))
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Committed,
    Aborted,
    /// Nobody can be asked, or nobody can tell.
    Unclear,
}

impl Fate {
    fn name(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Aborted => "aborted",
            Self::Unclear => "unclear",
        }
    }
}

async fn fate(portal: &Portal, id: &str) -> Fate {
    let until = Instant::now() + ASK_FOR;
    loop {
        match timeout_at(until, ask(portal, id)).await {
            Err(_) => return Fate::Unclear,
            Ok(Ok(Some(fate))) => return fate,
            // Still under way, or nobody answers: that may change.
            Ok(Ok(None)) => {}
            Ok(Err(error)) => {
                tracing::debug!(error = %chain(&error), "Nobody says what became of the commit");
            }
        }
        if Instant::now() + ASK_EVERY >= until {
            return Fate::Unclear;
        }
        sleep(ASK_EVERY).await;
    }
}

/// Asks on a connection of its own: those of the pool may have broken together. `None`: it is under way.
async fn ask(portal: &Portal, id: &str) -> Result<Option<Fate>> {
    let options = portal.pool.connect_options();
    let mut connection = timeout(CONNECT_WITHIN, PgConnection::connect_with(&options))
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)??;
    let status = sqlx::query_scalar!("select pg_xact_status($1::text::xid8)", id)
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(match status.as_deref() {
        Some("committed") => Some(Fate::Committed),
        Some("aborted") => Some(Fate::Aborted),
        Some("in progress") => None,
        // Too long ago to be remembered, which no transaction of a moment ago is.
        _ => Some(Fate::Unclear),
    })
}
