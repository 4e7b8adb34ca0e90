//! Whether the process that began a call still lives.

use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::CONNECT_WITHIN;
use crate::{Error, Portal, Result};

/// A lock held for as long as this process, and its connection, live. Nobody else concludes anything
/// about what it stands around (an attempt, a change) meanwhile.
///
/// A connection of its own: a pooled one could be handed on with the lock still held. It needs a
/// direct connection to Postgres, or a pooler in session mode.
pub(crate) struct Fence(PgConnection);

impl Fence {
    /// Puts the fence up around `id`. `None`: somebody else has one there, or is concluding that nobody
    /// lives.
    pub(crate) async fn raise(portal: &Portal, id: Uuid) -> Result<Option<Self>> {
        let options = portal.pool.connect_options();
        let connect = PgConnection::connect_with(&options);
        let mut connection = tokio::time::timeout(CONNECT_WITHIN, connect)
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)??;
        let raised =
            sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "raised!""#, key(id))
                .fetch_one(&mut connection)
                .await?;
        Ok(raised.then_some(Self(connection)))
    }

    /// Refuses if the connection, and with it the fence, is gone.
    pub(crate) async fn stands(&mut self) -> Result<()> {
        let answer = tokio::time::timeout(CONNECT_WITHIN, self.0.ping()).await;
        let answer = answer.map_err(|_| sqlx::Error::PoolTimedOut)?;
        answer.map_err(Error::from)
    }

    /// Takes the fence down. When this returns it is down for everybody: a closed connection alone gives
    /// its locks back only when the server comes to it.
    pub(crate) async fn lower(mut self) {
        let unlock = sqlx::query("select pg_advisory_unlock_all()").execute(&mut self.0);
        let unlocked = tokio::time::timeout(CONNECT_WITHIN, unlock).await;
        if let Ok(Err(error)) = unlocked {
            tracing::debug!(%error, "The fence's connection was gone before the fence was down");
        }
        if let Err(error) = self.0.close().await {
            tracing::debug!(%error, "The fence's connection was gone before it was closed");
        }
    }
}

/// Whether nobody stands behind the fence. If so it stays closed to others until `tx` ends.
pub(crate) async fn is_down(tx: &mut PgConnection, id: Uuid) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock($1) as "down!""#,
        key(id)
    )
    .fetch_one(tx)
    .await?)
}

fn key(id: Uuid) -> i64 {
    let hash: [u8; 32] =
        Sha256::digest([b"certdesk/fence/v1", id.as_bytes().as_slice()].concat()).into();
    i64::from_be_bytes(hash[..8].try_into().expect("eight of 32 bytes"))
}
