//! What can go wrong, as codes the browser may see. The sentences are in [`crate::layout`].

use portal::model::{Conflict, Denial, FieldError, Refusal, Silence, Upstream};
use serde::{Deserialize, Serialize};
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

/// Why something did not happen.
///
/// Codes with typed fields and no text from inside: the worst a forged one can make a page say is
/// one of our own sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum PortalError {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignInRequired,
    /// The person must prove again who they are.
    #[error("a fresh sign-in is needed")]
    StepUpRequired,
    /// It does not exist, or the person may not know that it does.
    #[error("not found")]
    NotFound,
    /// The person may not.
    #[error("not allowed: {0}")]
    NotAllowed(Denial),
    /// Not now.
    #[error("conflict: {0:?}")]
    Conflict(Conflict),
    /// Values that cannot be taken.
    #[error("invalid input: {0:?}")]
    Invalid(Vec<FieldError>),
    /// Atlas said no, for certain.
    #[error("Atlas refused: {} {}", .0.status, .0.code)]
    Refused(Refusal),
    /// Atlas said nothing, or nothing that can be relied on.
    #[error("Atlas gave no usable answer")]
    Unanswered(Silence),
    /// Something outside does not answer.
    #[error("{upstream} does not answer")]
    Unavailable {
        /// What.
        upstream: Upstream,
    },
    /// A fault of ours.
    #[error("internal error, incident {incident}")]
    Internal {
        /// What to tell the operators; the log has the rest.
        incident: String,
    },
    /// The browser could not reach the portal, or did not understand its answer.
    #[error("the portal could not be reached")]
    Transport,
}

impl PortalError {
    /// The HTTP status that says it.
    pub fn status(&self) -> u16 {
        match self {
            Self::SignInRequired | Self::StepUpRequired => 401,
            Self::NotFound => 404,
            Self::NotAllowed(_) => 403,
            Self::Conflict(Conflict::TooMany { .. }) => 429,
            Self::Conflict(_) => 409,
            Self::Invalid(_) => 422,
            Self::Refused(_) => 502,
            Self::Unanswered(_) | Self::Unavailable { .. } => 503,
            Self::Internal { .. } | Self::Transport => 500,
        }
    }
}

impl FromServerFnError for PortalError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            // What was sent could not be read as the function's arguments.
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => Self::Invalid(Vec::new()),
            _ => Self::Transport,
        }
    }
}
