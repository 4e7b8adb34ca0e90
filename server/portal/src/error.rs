//! Why an operation did not happen.

use std::fmt;

use crate::model::{Conflict, Denial, FieldError, Refusal, Upstream};

/// Facts a caller can act on, and one variant for the rest.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignInRequired,
    /// It does not exist, or the actor may not know that it does. 404 either way.
    #[error("not found")]
    NotFound,
    /// The actor may see it, and may not do this to it. 403; recorded in the audit log.
    #[error("not allowed: {0}")]
    NotAllowed(Denial),
    /// The actor must prove again who they are.
    #[error("a fresh sign-in is needed")]
    StepUpRequired,
    /// Not now. 409.
    #[error("conflict: {0:?}")]
    Conflict(Conflict),
    /// Values that cannot be taken. 422.
    #[error("invalid input: {0:?}")]
    Invalid(Vec<FieldError>),
    /// Atlas said no, for certain.
    #[error("Atlas refused: {} {}", .0.status, .0.code)]
    Refused(Refusal),
    /// Something outside does not answer. 503.
    #[error("{upstream} does not answer")]
    Unavailable {
        /// What.
        upstream: Upstream,
        /// Why, for the operator.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A fault of ours. 500.
    #[error("{context}")]
    Internal {
        /// What was being done.
        context: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// `Result` with the portal's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A fault of ours, with what was being done.
    pub fn internal(
        context: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Internal {
            context,
            source: source.into(),
        }
    }
}

impl From<Conflict> for Error {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

impl From<Denial> for Error {
    fn from(denial: Denial) -> Self {
        Self::NotAllowed(denial)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            // The database is away, or too busy to answer in time: it may be back in a moment.
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Tls(_) => Self::Unavailable {
                upstream: Upstream::Database,
                source: error.into(),
            },
            // Class 57P: the server is starting, stopping or was told to end the connection.
            // 55P03 and 57014: a bounded wait ran out.
            sqlx::Error::Database(ref db)
                if db.code().is_some_and(|code| {
                    code.starts_with("57P")
                        || code.starts_with("08")
                        || code.starts_with("53")
                        || ["25006", "25P03", "40001", "40P01", "55P03", "57014"].contains(&&*code)
                }) =>
            {
                Self::Unavailable {
                    upstream: Upstream::Database,
                    source: error.into(),
                }
            }
            _ => Self::internal("a database query failed", error),
        }
    }
}

/// An error with all its causes, for one line of the log.
pub fn chain<'a>(error: &'a (dyn std::error::Error + 'a)) -> impl fmt::Display + 'a {
    Chain(error)
}

struct Chain<'a>(&'a (dyn std::error::Error + 'a));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
