//! What can go wrong, sorted by what is certain afterwards.

use std::{error::Error as StdError, sync::Arc};

use strum::{Display, EnumIter, EnumString, IntoStaticStr};
use time::OffsetDateTime;

use crate::model::{Refusal, Silence, SilenceReason, Upstream};

/// Why a call that changes nothing gave no answer to work with.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// Atlas said no.
    #[error("Atlas refused: {} {}", .0.status, .0.code)]
    Refused(Refusal),
    /// Atlas said nothing, or nothing that can be relied on.
    #[error("Atlas gave no usable answer")]
    Unavailable {
        /// What happened instead.
        #[from]
        source: Unanswered,
    },
}

impl From<ReadError> for crate::Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Refused(refusal) => Self::Refused(refusal),
            ReadError::Unavailable { source } => Self::Unavailable {
                upstream: Upstream::Atlas,
                source: source.into(),
            },
        }
    }
}

/// Why there is no usable answer, for the operator. Holds no part of any body, and no address
/// beyond the host's.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unanswered {
    /// No connection: name resolution, TCP or TLS.
    #[error("no connection to Atlas")]
    Connect(#[source] Cause),
    /// The answer took too long.
    #[error("Atlas took too long")]
    Timeout,
    /// The connection broke.
    #[error("the connection to Atlas broke")]
    Broken(#[source] Cause),
    /// A status that is no answer: 5xx, 3xx, or a refusal without Atlas's explanation.
    #[error("Atlas answered {status}")]
    Status {
        /// The status.
        status: u16,
        /// Atlas's own code, where the answer had one.
        code: Option<String>,
        /// Seconds to wait, where the answer said so.
        retry_after: Option<u32>,
        /// When that is over.
        retry_at: Option<OffsetDateTime>,
    },
    /// More bytes than any such answer has.
    #[error("Atlas's answer is too long")]
    TooLong,
    /// Bytes that do not say what they should.
    #[error("Atlas's answer cannot be read: {0}")]
    Malformed(&'static str),
    /// The list changed while it was read, more than once.
    #[error("Atlas's list would not hold still")]
    Unsteady,
}

impl Unanswered {
    /// What a person is told about it.
    pub fn silence(&self) -> Silence {
        let (reason, status) = match self {
            Self::Connect(_) => (SilenceReason::Connect, None),
            Self::Timeout => (SilenceReason::Timeout, None),
            Self::Broken(_) => (SilenceReason::Broken, None),
            Self::TooLong | Self::Malformed(_) => (SilenceReason::Unreadable, None),
            Self::Unsteady => (SilenceReason::Unsteady, None),
            Self::Status { status, .. } => {
                let reason = match status {
                    503 => SilenceReason::Paused,
                    500.. => SilenceReason::ServerError,
                    // Those that would refuse, had Atlas explained itself.
                    400..=406 | 409 | 410 | 415 | 422 | 429 => SilenceReason::Unexplained,
                    _ => SilenceReason::OddStatus,
                };
                (reason, Some(*status))
            }
        };
        let (code, retry_after, retry_at) = match self {
            Self::Status {
                code,
                retry_after,
                retry_at,
                ..
            } => (code.clone(), *retry_after, *retry_at),
            _ => (None, None, None),
        };
        Silence {
            reason,
            status,
            code,
            retry_after,
            retry_at,
        }
    }
}

/// A cause that can be told more than once.
pub type Cause = Arc<dyn StdError + Send + Sync>;

/// Why a writing call did not come to its end, sorted by whether something may have changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// No byte of the request left: certain that nothing changed.
    #[error("the request was not sent: {why}")]
    NotSent {
        /// Why.
        why: WhyNotSent,
        /// The cause, for the operator.
        #[source]
        source: Option<Cause>,
    },
    /// Atlas refused and said so itself: certain that nothing changed.
    #[error("Atlas refused: {} {}", .0.status, .0.code)]
    Refused(Refusal),
    /// Anything else: it may have been done, and only reading can tell.
    #[error("the outcome is unknown: {class}")]
    Unknown {
        /// What happened.
        class: UnknownClass,
        /// The status, where one was received.
        status: Option<u16>,
        /// The cause, for the operator.
        #[source]
        source: Option<Cause>,
    },
}

impl WriteError {
    /// Nothing was sent.
    pub fn not_sent(why: WhyNotSent) -> Self {
        Self::NotSent { why, source: None }
    }

    /// Nobody knows.
    pub fn unknown(class: UnknownClass, status: Option<u16>) -> Self {
        Self::Unknown {
            class,
            status,
            source: None,
        }
    }
}

/// Why nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumIter, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum WhyNotSent {
    /// No connection: name resolution, TCP or TLS failed.
    Connect,
    /// There is no token or nonce to send it with: not prepared, or prepared too long ago.
    Unprepared,
    /// The name cannot be part of an address.
    Unsendable,
}

/// What happened to a request whose outcome nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumIter, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum UnknownClass {
    /// No answer in time, or not all of it.
    Timeout,
    /// The connection broke before an answer began.
    Reset,
    /// 5xx.
    ServerError,
    /// 3xx, which is never followed.
    Redirect,
    /// The connection broke within the answer, or the answer ends within a PEM block.
    Truncated,
    /// A success with more bytes than any such answer has.
    Oversize,
    /// A success that is no certificate and key.
    NotPem,
    /// A success that does not say what was done: somebody between may have answered.
    Unconfirmed,
    /// A status that refuses, without Atlas's own explanation: somebody between may have answered.
    Unexplained,
    /// A status nothing is known about.
    OddStatus,
}
