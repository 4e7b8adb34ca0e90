//! One request, one answer: sending, reading within limits, counting.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use reqwest::{Client, Request, Response, redirect, retry};
use time::{Duration, OffsetDateTime};
use tokio::time::{Instant, timeout};
use tracing::Span;
use zeroize::Zeroizing;

use super::{Cause, ReadError, Timing, Unanswered, answer::Answer, request::USER_AGENT};
use crate::clock::Clock;

/// The connections to Atlas, and when it last answered.
pub(super) struct Exchange {
    reading: Client,
    writing: Client,
    pub(super) timing: Timing,
    pub(super) clock: Arc<dyn Clock>,
    answered_at: Mutex<Option<OffsetDateTime>>,
    /// The clock here and Atlas's differ by more than they should.
    is_skewed: AtomicBool,
}

/// What a request is part of: its name in metrics, and the span it is recorded in.
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) span: Span,
}

/// An [`Operation`] whose span is named `atlas.` and then like it.
macro_rules! operation {
    ($name:literal $(, $($field:tt)+)?) => {
        $crate::atlas::exchange::Operation {
            name: $name,
            span: ::tracing::info_span!(
                concat!("atlas.", $name),
                $($($field)+,)?
                status = ::tracing::field::Empty,
                duration_ms = ::tracing::field::Empty,
            ),
        }
    };
}
pub(super) use operation;

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// It changes nothing: connections are reused.
    Reading,
    /// It must not be sent twice: a fresh connection, because a reused one that the other side has
    /// just closed cannot be told from one that broke after the request was taken.
    Writing,
}

/// Why there is no answer, or not all of it.
#[derive(Debug)]
pub(super) enum Failure {
    /// Not a byte was sent.
    Connect(Cause),
    /// It took too long.
    Timeout {
        /// The status, where an answer had begun.
        status: Option<u16>,
    },
    /// The connection broke.
    Broken {
        /// The status, where an answer had begun.
        status: Option<u16>,
        cause: Cause,
    },
    /// More bytes than allowed.
    TooLong { status: u16 },
}

impl Exchange {
    pub(super) fn new(
        timing: Timing,
        https_only: bool,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let builder = || {
            Client::builder()
                .user_agent(USER_AGENT)
                .https_only(https_only)
                // Whatever this program's environment says about proxies and compression, the bytes
                // go to Atlas and come back as they are.
                .no_proxy()
                .no_gzip()
                .no_brotli()
                .no_deflate()
                .no_zstd()
                // Nothing is sent twice behind our back: 307 and 308 repeat the body, and reqwest
                // repeats requests the protocol says were not taken.
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .http1_only()
                .connect_timeout(timing.connect)
        };
        Ok(Self {
            reading: builder().build()?,
            writing: builder().pool_max_idle_per_host(0).build()?,
            timing,
            clock,
            answered_at: Mutex::new(None),
            is_skewed: AtomicBool::new(false),
        })
    }

    pub(super) fn last_answered_at(&self) -> Option<OffsetDateTime> {
        *self
            .answered_at
            .lock()
            .expect("nothing panics while it holds the lock")
    }

    /// Sends a request and reads the answer.
    pub(super) async fn send(
        &self,
        operation: &Operation,
        manner: Manner,
        request: Request,
    ) -> Result<Answer, Failure> {
        let began = Instant::now();
        let result = self.send_within_limits(manner, request).await;
        let took = began.elapsed();

        let span = &operation.span;
        span.record(
            "duration_ms",
            u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        );
        let outcome = match &result {
            Ok(answer) => {
                span.record("status", answer.status);
                self.compare_clocks(answer);
                if answer.status < 500 {
                    *self
                        .answered_at
                        .lock()
                        .expect("nothing panics while it holds the lock") = Some(self.clock.now());
                }
                match answer.status {
                    200..300 => "ok",
                    300..400 => "redirect",
                    400..500 => "refused",
                    _ => "server_error",
                }
            }
            Err(Failure::Connect(_)) => "connect",
            Err(Failure::Timeout { .. }) => "timeout",
            Err(Failure::Broken { .. }) => "broken",
            Err(Failure::TooLong { .. }) => "too_long",
        };
        metrics::counter!("certdesk_atlas_calls_total", "operation" => operation.name, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("certdesk_atlas_call_seconds", "operation" => operation.name)
            .record(took.as_secs_f64());
        result
    }

    /// Deadlines are times of this clock, and certificates are dated by Atlas's.
    fn compare_clocks(&self, answer: &Answer) {
        let Some(ahead) = answer.clock_ahead() else {
            return;
        };
        metrics::gauge!("certdesk_atlas_clock_ahead_seconds").set(ahead.as_seconds_f64());
        let is_skewed = ahead.abs() > SKEW_MAX;
        if is_skewed && !self.is_skewed.swap(is_skewed, Ordering::Relaxed) {
            tracing::warn!(
                ahead_s = ahead.whole_seconds(),
                "This machine's clock and Atlas's differ by more than a minute: see that it is synchronised"
            );
        } else if !is_skewed {
            self.is_skewed.store(false, Ordering::Relaxed);
        }
    }

    async fn send_within_limits(
        &self,
        manner: Manner,
        request: Request,
    ) -> Result<Answer, Failure> {
        let (client, first_byte, total, limit) = match manner {
            Manner::Reading => (
                &self.reading,
                self.timing.read,
                self.timing.read,
                READ_BODY_MAX,
            ),
            Manner::Writing => (
                &self.writing,
                self.timing.first_byte,
                self.timing.write,
                WRITE_BODY_MAX,
            ),
        };
        let deadline = Instant::now() + total;
        let response = match timeout(first_byte, client.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(Failure::new(error, None)),
            Err(_) => return Err(Failure::Timeout { status: None }),
        };
        let status = response.status().as_u16();
        let left = deadline.saturating_duration_since(Instant::now());
        match timeout(left, read(response, limit, &*self.clock)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::Timeout {
                status: Some(status),
            }),
        }
    }
}

/// How far the clocks may differ before it is said.
const SKEW_MAX: Duration = Duration::minutes(1);

/// A full page of database users with long lists of roles is far below this.
const READ_BODY_MAX: usize = 8 * 1024 * 1024;

/// A certificate and its key have 5,077 bytes.
const WRITE_BODY_MAX: usize = 64 * 1024;

async fn read(mut response: Response, limit: usize, clock: &dyn Clock) -> Result<Answer, Failure> {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    // For a certificate's answer this is room for all of it, so that the buffer never moves and
    // leaves a copy of the key behind.
    let mut body = Zeroizing::new(Vec::with_capacity(limit.min(WRITE_BODY_MAX)));
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                return Err(Failure::TooLong { status });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => {
                return Ok(Answer::new(status, headers, body, clock.now()));
            }
            Err(error) => return Err(Failure::new(error, Some(status))),
        }
    }
}

impl Failure {
    fn new(error: reqwest::Error, status: Option<u16>) -> Self {
        // The address names projects and users; the cause is enough.
        let connect = error.is_connect();
        let timeout = error.is_timeout();
        let cause: Cause = Arc::new(error.without_url());
        if connect {
            // Before anything else, also when connecting timed out: not a byte was sent. hyper says
            // `Connect` for name resolution, TCP and TLS, and never once a connection stands.
            Self::Connect(cause)
        } else if timeout {
            Self::Timeout { status }
        } else {
            Self::Broken { status, cause }
        }
    }
}

impl From<Failure> for ReadError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable {
            source: match failure {
                Failure::Connect(cause) => Unanswered::Connect(cause),
                Failure::Timeout { .. } => Unanswered::Timeout,
                Failure::Broken { cause, .. } => Unanswered::Broken(cause),
                Failure::TooLong { .. } => Unanswered::TooLong,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::Method;
    use tokio::{
        io::AsyncReadExt,
        net::{TcpListener, TcpStream},
    };

    use super::*;
    use crate::clock::SystemClock;

    /// Sends a request as one that must not be sent twice.
    async fn send(url: &str, connect: Duration) -> Result<Answer, Failure> {
        let timing = Timing {
            connect,
            ..Timing::default()
        };
        let exchange = Exchange::new(timing, false, Arc::new(SystemClock)).expect("can be set up");
        let request = Request::new(Method::POST, url.parse().expect("is an address"));
        let operation = operation!("test");
        exchange.send(&operation, Manner::Writing, request).await
    }

    async fn listener() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let address = listener.local_addr().expect("is bound").to_string();
        (listener, address)
    }

    async fn all_of(mut stream: TcpStream) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        bytes
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_is_a_failure_before_the_first_byte() {
        // Longer than a label may be, so that no name server is asked.
        let url = format!("http://{}.test/", "x".repeat(64));
        let failure = send(&url, Duration::from_secs(5)).await.err();
        assert!(matches!(failure, Some(Failure::Connect(_))), "{failure:?}");
    }

    #[tokio::test]
    async fn a_refused_connection_is_a_failure_before_the_first_byte() {
        let (listener, address) = listener().await;
        drop(listener);
        let failure = send(&format!("http://{address}/"), Duration::from_secs(5)).await;
        let failure = failure.err();
        assert!(matches!(failure, Some(Failure::Connect(_))), "{failure:?}");
    }

    #[tokio::test]
    async fn tls_that_fails_is_a_failure_before_the_first_byte() {
        let (listener, address) = listener().await;
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("accepts");
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"this is not TLS\r\n")
                .await
                .expect("the client listens");
            all_of(stream).await
        });
        let failure = send(&format!("https://{address}/"), Duration::from_secs(5)).await;
        let failure = failure.err();
        assert!(matches!(failure, Some(Failure::Connect(_))), "{failure:?}");
        let sent = server.await.expect("does not panic");
        assert!(!sent.windows(4).any(|window| window == b"POST"));
    }

    #[tokio::test]
    async fn tls_that_takes_too_long_is_a_failure_before_the_first_byte_and_no_timeout() {
        let (listener, address) = listener().await;
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("accepts");
            all_of(stream).await
        });
        let failure = send(&format!("https://{address}/"), Duration::from_millis(100)).await;
        let failure = failure.err();
        assert!(matches!(failure, Some(Failure::Connect(_))), "{failure:?}");
        let sent = server.await.expect("does not panic");
        assert!(!sent.windows(4).any(|window| window == b"POST"));
    }

    #[tokio::test]
    async fn a_connection_that_ends_as_soon_as_it_stands_is_not_taken_for_one_that_never_was() {
        let (listener, address) = listener().await;
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("accepts");
            stream.set_zero_linger().expect("can be set");
        });
        let failure = send(&format!("http://{address}/"), Duration::from_secs(5)).await;
        server.await.expect("does not panic");
        assert!(
            matches!(failure, Err(Failure::Broken { status: None, .. })),
            "{:?}",
            failure.err()
        );
    }
}
