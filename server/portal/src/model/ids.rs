//! Names of things. Each is its own type, so that one cannot stand in for another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Problem;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Problem;

            fn from_str(text: &str) -> Result<Self, Problem> {
                Uuid::from_str(text).map(Self).map_err(|_| Problem::Malformed)
            }
        }
    };
}

uuid_id! {
    /// One person, as known by `(iss, sub)` of the identity provider.
    PersonId
}
uuid_id! {
    /// One request for a certificate.
    RequestId
}
uuid_id! {
    /// One attempt to have an approved request's certificate made.
    AttemptId
}
uuid_id! {
    /// One change of a project at Atlas.
    ChangeId
}
uuid_id! {
    /// One certificate the portal knows of.
    CertificateId
}

/// An Atlas project id ("group id"): 24 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GroupId(String);

impl GroupId {
    /// The id as Atlas writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GroupId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 24 && text.bytes().all(lower_hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::Malformed)
        }
    }
}

impl TryFrom<String> for GroupId {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

impl From<GroupId> for String {
    fn from(id: GroupId) -> Self {
        id.0
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A certificate's serial number: Atlas's `_id`, a positive 63-bit integer.
///
/// Above 2^53, so it travels as text: a JavaScript number would round it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Serial(pub i64);

impl FromStr for Serial {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text.parse() {
            Ok(number) if number > 0 => Ok(Self(number)),
            _ => Err(Problem::Malformed),
        }
    }
}

impl TryFrom<String> for Serial {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> Self {
        serial.to_string()
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
