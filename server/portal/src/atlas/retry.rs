//! How long to wait, and when to ask again. Only calls that change nothing are ever repeated.

use std::{fmt, sync::Arc, time::Duration};

use backon::{ExponentialBuilder, Retryable};
use futures::future::BoxFuture;

use super::{ReadError, Unanswered};
use crate::{model::RefusalReason, pace::Pace};

/// How long things may take.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Until a connection is there: name resolution, TCP and TLS together.
    pub connect: Duration,
    /// One attempt at a reading call, all of it.
    pub read: Duration,
    /// Until Atlas begins to answer a request that changes something.
    pub first_byte: Duration,
    /// A request that changes something, all of it.
    pub write: Duration,
    /// Before the first repetition of a reading call; doubled each time, with jitter.
    pub first_wait: Duration,
    /// How often a reading call is repeated.
    pub most_retries: usize,
    /// How long a reading call waits between attempts, all in all. When Atlas asks for more
    /// patience than is left, its refusal is the answer.
    pub most_waiting: Duration,
    /// How to wait.
    pub pause: Pause,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(15),
            // For a certificate Atlas makes an RSA 4096 key in the meantime: 1 to 3 seconds.
            first_byte: Duration::from_secs(30),
            write: Duration::from_secs(40),
            first_wait: Duration::from_millis(300),
            most_retries: 3,
            most_waiting: Duration::from_secs(20),
            pause: Pause::new(|wait| Box::pin(tokio::time::sleep(wait))),
        }
    }
}

impl Timing {
    /// The same patience at another pace.
    #[must_use]
    pub fn at(self, pace: Pace) -> Self {
        Self {
            connect: pace.wait(self.connect),
            read: pace.wait(self.read),
            first_byte: pace.wait(self.first_byte),
            write: pace.wait(self.write),
            first_wait: pace.wait(self.first_wait),
            most_waiting: pace.wait(self.most_waiting),
            ..self
        }
    }
}

/// How to wait; tests do not.
#[derive(Clone)]
pub struct Pause(Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>);

impl Pause {
    /// Waits as `pause` does.
    pub fn new(pause: impl Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(pause))
    }
}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pause")
    }
}

/// An attempt at a reading call, as often as needed.
pub(super) type Call<'a, T> = Box<dyn FnMut() -> BoxFuture<'a, Result<T, ReadError>> + Send + 'a>;

impl Timing {
    /// Calls until it works, another attempt makes no sense, or patience ends.
    pub(super) fn retrying<'a, T: Send + 'a>(
        &self,
        operation: &'static str,
        call: Call<'a, T>,
    ) -> BoxFuture<'a, Result<T, ReadError>> {
        let backoff = ExponentialBuilder::default()
            .with_min_delay(self.first_wait)
            .with_max_times(self.most_retries)
            .with_jitter();
        let pause = self.pause.clone();
        let mut patience = self.most_waiting;
        let attempts = call
            .retry(backoff)
            .sleep(move |wait| (pause.0)(wait))
            .when(worth_another_attempt)
            .adjust(move |error, backoff| {
                // At least as long as Atlas asked for; the jitter comes on top, or everybody who
                // was told the same would be back at the same moment.
                let wait = backoff? + asked_to_wait(error);
                patience = patience.checked_sub(wait)?;
                Some(wait)
            })
            .notify(move |error, wait| {
                let cause = match error {
                    ReadError::Refused(refusal) => refusal.code.clone(),
                    ReadError::Unavailable { source } => source.to_string(),
                };
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                tracing::warn!(operation, wait_ms, cause, "Asking Atlas again");
            });
        Box::pin(attempts)
    }
}

fn worth_another_attempt(error: &ReadError) -> bool {
    match error {
        ReadError::Refused(refusal) => refusal.reason == RefusalReason::RateLimited,
        ReadError::Unavailable { source } => match source {
            Unanswered::Connect(_) | Unanswered::Broken(_) => true,
            Unanswered::Status { status, .. } => *status >= 500 || *status == 429,
            Unanswered::Timeout
            | Unanswered::TooLong
            | Unanswered::Malformed(_)
            | Unanswered::Unsteady => false,
        },
    }
}

fn asked_to_wait(error: &ReadError) -> Duration {
    let seconds = match error {
        ReadError::Refused(refusal) => refusal.retry_after,
        ReadError::Unavailable {
            source: Unanswered::Status { retry_after, .. },
        } => *retry_after,
        ReadError::Unavailable { .. } => None,
    };
    Duration::from_secs(seconds.unwrap_or_default().into())
}
