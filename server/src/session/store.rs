//! Where `tower-sessions` finds its sessions.

use std::fmt;

use async_trait::async_trait;
use portal::{Client, Portal, identity};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::key_of;

/// Under this name a sign-in tells the store which id it made a row for.
pub(super) const ADOPTED: &str = "adopted";

/// Sessions in Postgres. Unlike the stores that come with the library, it makes no row by itself
/// (visitors who are not signed in have none) and brings none back (`save` only changes what is
/// there and not over).
#[derive(Clone)]
pub struct Store {
    portal: Portal,
}

impl Store {
    /// A store over the portal's database.
    pub fn new(portal: Portal) -> Self {
        Self { portal }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn backend(error: portal::Error) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let adopted = record.data.remove(ADOPTED);
        let id = adopted.as_ref().and_then(|id| id.as_str()?.parse().ok());
        record.id =
            id.ok_or_else(|| Error::Backend("a session begins with a sign-in".to_owned()))?;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data =
            serde_json::to_value(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        let saved = identity::save_data(&self.portal, key_of(record.id), &data)
            .await
            .map_err(backend)?;
        if saved {
            Ok(())
        } else {
            Err(Error::Backend("the session is over".to_owned()))
        }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let live = identity::find(&self.portal, key_of(*id), Client::default())
            .await
            .map_err(backend)?;
        let record = live.map(|live| {
            Ok(Record {
                id: *id,
                data: serde_json::from_value(live.data)
                    .map_err(|error| Error::Decode(error.to_string()))?,
                expiry_date: live.ends_at,
            })
        });
        record.transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        identity::revoke(&self.portal, key_of(*id))
            .await
            .map_err(backend)
    }
}
