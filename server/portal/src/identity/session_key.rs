//! What a session is found by.

use std::fmt;

use sha2::{Digest, Sha256};

/// SHA-256 of a session's cookie: names the session without opening it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// The key of the session whose cookie has this value.
    pub fn of(cookie: &[u8]) -> Self {
        Self(Sha256::digest(cookie).into())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Hexadecimal, as in the audit log.
impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKey({self})")
    }
}
