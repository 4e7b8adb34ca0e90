//! What clients asked the portal for, and what they were told.

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deed {
    /// Asks for a certificate.
    Ask,
    /// Says yes.
    Approve,
    /// Says no.
    Deny,
    /// Takes it back.
    Withdraw,
    /// Has it made.
    Issue,
    /// Downloads it.
    Collect,
    /// Says that it is saved.
    Acknowledge,
}

impl Deed {
    /// The event that is on record when the portal said that it was done.
    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::Ask => "request.submitted",
            Self::Approve => "request.approved",
            Self::Deny => "request.denied",
            Self::Withdraw => "request.withdrawn",
            Self::Issue => "issue.intent",
            Self::Collect => "cert.delivery_started",
            Self::Acknowledge => "cert.delivered",
        }
    }
}

/// What the portal answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub(crate) enum Answer {
    /// It was done.
    Done,
    /// It had been done already; nothing changed.
    AsItIs,
    /// Bytes of a certificate with its key.
    Key {
        /// When the first of them came.
        #[serde(with = "time::serde::rfc3339")]
        first_byte_at: OffsetDateTime,
        /// The certificate's serial number; none if it is no certificate.
        serial: Option<i64>,
    },
    /// It was not, for certain.
    Refused {
        /// The status.
        status: u16,
        /// The portal's code.
        code: String,
    },
    /// Nobody knows: no answer, or one that says nothing.
    Silence {
        /// What came instead.
        what: String,
    },
}

/// One deed, and what the client was told about it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Told {
    /// When the answer was there.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
    /// Whose deed.
    pub(crate) who: String,
    /// Which replica was asked.
    pub(crate) replica: &'static str,
    /// What.
    pub(crate) deed: Deed,
    /// About which request, as far as the client knows.
    pub(crate) request: Option<Uuid>,
    /// What it was told.
    #[serde(flatten)]
    pub(crate) answer: Answer,
}
