//! How the provider is talked to.

use std::{future::Future, pin::Pin, time::Duration};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// The longest answer that is read: metadata and keys of real providers stay below a tenth of it.
const ANSWER_MAX: usize = 256 * 1024;
/// How long one call may take, answer included.
const TIMEOUT: Duration = Duration::from_secs(5);

/// An HTTP client that follows no redirects (RFC 9700, 4.12: a 307 would carry the credentials
/// along), retries nothing and reads no more than it should.
#[derive(Clone, Debug)]
pub(super) struct HttpClient(reqwest::Client);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// It did not get through.
    #[error("the identity provider could not be reached")]
    Call(#[from] reqwest::Error),
    /// It would not end.
    #[error("the identity provider's answer is longer than {ANSWER_MAX} bytes")]
    TooLong,
    /// It is no HTTP answer.
    #[error("the identity provider's answer could not be understood")]
    Malformed(#[from] http::Error),
}

impl HttpClient {
    pub(super) fn new() -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_secs(2))
            .timeout(TIMEOUT)
            .user_agent("certdesk")
            .build()?;
        Ok(Self(client))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, CallError> {
        let mut answer = self.0.execute(request.try_into()?).await?;
        let mut response = http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > ANSWER_MAX {
                return Err(CallError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(response.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = CallError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, CallError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
