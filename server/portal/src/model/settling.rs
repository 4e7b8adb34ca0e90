//! Finding out what became of attempts whose answer was lost.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{CertificateId, Problem, Serial};

/// How the finding out about a lost answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settling {
    /// When the answer counted as lost.
    pub since: OffsetDateTime,
    /// How often Atlas's list has been read for it.
    pub polls: u32,
    /// When it is read next.
    pub next_at: OffsetDateTime,
    /// From then on a list that shows nothing new means that nothing was made.
    pub window_ends: OffsetDateTime,
}

/// What security has to decide about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ambiguity {
    /// Certificates each of which could be the one. None where Atlas's list contradicts itself.
    pub candidates: Vec<Candidate>,
    /// Whether the approval is given back if nothing was made; otherwise the request ends.
    pub gives_back: bool,
}

/// A certificate that could be the one an attempt has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its serial number.
    pub serial: Serial,
    /// When it began to be valid: an hour before it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// When it ends.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// Its subject, RFC 2253.
    pub subject: String,
    /// Its page, where it is on record as unexplained.
    #[serde(default)]
    pub certificate: Option<CertificateId>,
}

/// What security says was made by an attempt. In a form it is the serial number, or `nothing_made`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Verdict {
    /// This certificate; its key is lost.
    Lost(Serial),
    /// Nothing.
    NothingMade,
}

const NOTHING_MADE: &str = "nothing_made";

impl FromStr for Verdict {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text {
            "" => Err(Problem::Missing),
            NOTHING_MADE => Ok(Self::NothingMade),
            serial => serial.parse().map(Self::Lost),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(serial) => serial.fmt(f),
            Self::NothingMade => f.write_str(NOTHING_MADE),
        }
    }
}

impl TryFrom<String> for Verdict {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

impl From<Verdict> for String {
    fn from(verdict: Verdict) -> Self {
        verdict.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_reads_back_as_it_is_written() {
        for verdict in [
            Verdict::NothingMade,
            Verdict::Lost(Serial(2_558_523_591_213_958_694)),
        ] {
            assert_eq!(verdict.to_string().parse(), Ok(verdict));
        }
        assert_eq!("".parse::<Verdict>(), Err(Problem::Missing));
        for text in ["0", "-4", "everything", "2558523591213958694 "] {
            assert_eq!(text.parse::<Verdict>(), Err(Problem::Malformed), "{text}");
        }
    }
}
