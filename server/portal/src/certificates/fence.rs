//! Whether the process that began an attempt still lives.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, PgConnection};

use crate::{Error, Portal, Result, model::AttemptId};

/// A database that does not let us in within this time is away.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// A lock held for as long as this process, and its connection, live. Nobody else concludes anything
/// about the attempt meanwhile.
///
/// A connection of its own: a pooled one could be handed on with the lock still held. It needs a
/// direct connection to Postgres, or a pooler in session mode.
pub(super) struct Fence(PgConnection);

impl Fence {
    /// Puts the fence up. `None`: somebody else has concluded, or is concluding, that nobody lives.
    pub(super) async fn raise(portal: &Portal, attempt: AttemptId) -> Result<Option<Self>> {
        let options = portal.pool.connect_options();
        let connect = PgConnection::connect_with(&options);
        let mut connection = tokio::time::timeout(CONNECT_WITHIN, connect)
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)??;
        let raised = sqlx::query_scalar!(
            r#"select pg_try_advisory_lock($1) as "raised!""#,
            key(attempt)
        )
        .fetch_one(&mut connection)
        .await?;
        Ok(raised.then_some(Self(connection)))
    }

    /// Refuses if the connection, and with it the fence, is gone.
    pub(super) async fn stands(&mut self) -> Result<()> {
        self.0.ping().await.map_err(Error::from)
    }

    /// Takes the fence down.
    pub(super) async fn lower(self) {
        if let Err(error) = self.0.close().await {
            tracing::debug!(%error, "The fence's connection was gone before it was closed");
        }
    }
}

/// Whether nobody stands behind the fence. If so it stays closed to others until `tx` ends.
pub(super) async fn is_down(tx: &mut PgConnection, attempt: AttemptId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock($1) as "down!""#,
        key(attempt)
    )
    .fetch_one(tx)
    .await?)
}

fn key(attempt: AttemptId) -> i64 {
    let hash: [u8; 32] =
        Sha256::digest([b"certdesk/fence/v1", attempt.0.as_bytes().as_slice()].concat()).into();
    i64::from_be_bytes(hash[..8].try_into().expect("eight of 32 bytes"))
}
