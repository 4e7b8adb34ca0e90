//! Where the insides of an error stop.

use portal::atlas::Unanswered;
use uuid::Uuid;

use super::request::{set_status, wants_page, with_parts};
use crate::error::PortalError;

/// The only place where internals are dropped: logged once, with the number the person is shown.
impl From<portal::Error> for PortalError {
    fn from(error: portal::Error) -> Self {
        let failure = match error {
            portal::Error::SignInRequired => Self::SignInRequired,
            portal::Error::StepUpRequired => Self::StepUpRequired,
            portal::Error::NotFound => Self::NotFound,
            portal::Error::NotAllowed(denial) => Self::NotAllowed(denial),
            portal::Error::Conflict(conflict) => Self::Conflict(conflict),
            portal::Error::Invalid(errors) => Self::Invalid(errors),
            portal::Error::Refused(refusal) => Self::Refused(refusal),
            portal::Error::Unavailable { upstream, source } => {
                tracing::warn!(%upstream, cause = %chain(source.as_ref()), "{upstream} does not answer");
                match source.downcast_ref::<Unanswered>() {
                    Some(unanswered) => Self::Unanswered(unanswered.silence()),
                    None => Self::Unavailable { upstream },
                }
            }
            portal::Error::Internal { context, source } => {
                let incident = incident();
                tracing::error!(%incident, cause = %chain(source.as_ref()), "{context}");
                Self::Internal { incident }
            }
        };
        // A plain form is answered by a redirect and a page has a status of its own: a status set
        // here would replace either.
        if with_parts(wants_page) == Some(false) {
            set_status(failure.status());
        }
        failure
    }
}

/// What operators find the log lines of a request by. The server puts its number for the request
/// into the extensions; where there is none, a failure gets a number of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident(pub String);

fn incident() -> String {
    with_parts(|parts| {
        parts
            .extensions
            .get::<Incident>()
            .map(|number| number.0.clone())
    })
    .flatten()
    .unwrap_or_else(|| Uuid::now_v7().to_string())
}

/// An error with its causes, on one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
