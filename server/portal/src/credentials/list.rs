//! The credentials as they were last tried.

use std::collections::HashMap;

use strum::IntoEnumIterator as _;

use super::judge::{Told, Tried, judged};
use crate::{
    Error, Portal, Result,
    model::{CredentialRow, Purpose},
};

/// The credentials that are configured, with what came of the last try. A try of another credential
/// that was configured before says nothing.
///
/// # Errors
/// `Unavailable`.
pub async fn list(portal: &Portal) -> Result<Vec<CredentialRow>> {
    let mut kept: HashMap<String, _> = sqlx::query!(
        "select purpose, kind, name, tried_at, found, refusal, silence from credential_probe"
    )
    .fetch_all(&portal.pool)
    .await?
    .into_iter()
    .map(|row| (row.purpose.clone(), row))
    .collect();
    let mut all = Vec::new();
    for purpose in Purpose::iter() {
        let name = portal.atlas.credential(purpose);
        let row = kept
            .remove(<&str>::from(purpose))
            .filter(|row| row.kind == <&str>::from(name.kind) && row.name == name.public);
        let told = match row {
            None => None,
            Some(row) => {
                let told = match (row.found, row.refusal, row.silence) {
                    (Some(found), ..) => Told::Found(read(found)?),
                    (_, Some(refusal), _) => Told::Refused(read(refusal)?),
                    (.., silence) => Told::Unanswered(read(silence.unwrap_or_default())?),
                };
                Some((row.tried_at, told))
            }
        };
        all.push(Tried {
            purpose,
            name,
            told,
        });
    }
    Ok(judged(&all))
}

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T> {
    serde_json::from_value(value)
        .map_err(|error| Error::internal("what came of a credential could not be read", error))
}
