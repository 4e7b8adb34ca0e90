//! Atlas's own trail of what happened in a project.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// One event.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) group_id: String,
    #[serde(rename = "eventTypeName")]
    pub(crate) kind: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created: OffsetDateTime,
    /// The API key that did it, when it was one.
    pub(crate) public_key: Option<String>,
    pub(crate) remote_address: String,
    /// Only events about users carry it. The event of a new certificate names neither the user nor the
    /// certificate, so it can confirm that something was issued and not what.
    pub(crate) db_user_username: Option<String>,
}

/// The names of events this program emits.
pub(crate) const CERT_CREATED: &str = "MONGODB_USER_X509_CERT_CREATED";
pub(crate) const USER_ADDED: &str = "MONGODB_USER_ADDED";
pub(crate) const USER_UPDATED: &str = "MONGODB_USER_UPDATED";
pub(crate) const USER_DELETED: &str = "MONGODB_USER_DELETED";

/// A new id in the form of an `ObjectId`: the second, then random digits.
pub(crate) fn object_id(now: OffsetDateTime) -> String {
    let random: u64 = rand::random();
    format!("{:08x}{random:016x}", now.unix_timestamp() & 0xffff_ffff)
}
