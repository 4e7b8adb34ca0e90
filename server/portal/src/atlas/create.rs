//! Making a certificate: one request, and what its answer proves.

use reqwest::header::HeaderName;
use zeroize::Zeroizing;

use super::{
    AtlasClient, CreateError, IssuedPem, UnknownClass, WhyNotSent,
    client::certificates_of,
    exchange::{Answer, Failure, Manner, Operation},
    refusal::{ErrorBody, classify},
};
use crate::model::{GroupId, Months, Username};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Most characters of an answer's id that are kept.
const REQUEST_ID_MAX: usize = 100;

impl AtlasClient {
    /// Sends one request. There is no loop here, and nothing below this function has one.
    pub(super) async fn create(
        &self,
        operation: &Operation,
        group: &GroupId,
        username: &Username,
        months: Months,
    ) -> Result<IssuedPem, CreateError> {
        let path = certificates_of(group, username);
        let url = self
            .endpoint
            .url(&path)
            .map_err(|_| CreateError::not_sent(WhyNotSent::Unsendable))?;
        let body = format!(r#"{{"monthsUntilExpiration":{months}}}"#);
        let mut request = self.endpoint.post(url, body);
        let proof = self
            .issuer
            .sign_prepared(&mut request, &self.exchange)
            .ok_or_else(|| CreateError::not_sent(WhyNotSent::Unprepared))?;

        let answer = self
            .exchange
            .send(operation, Manner::Creating, request)
            .await?;
        self.issuer.observe(&answer);
        let judged = judge(&answer);
        if answer.status == 401 {
            // So that the next preparation begins anew.
            self.issuer.forget(&proof, &self.exchange);
        }
        judged
    }
}

/// What an answer proves. A refusal is believed only with Atlas's own explanation, which no proxy
/// between would write.
fn judge(answer: &Answer) -> Result<IssuedPem, CreateError> {
    let status = answer.status;
    let class = match status {
        200..300 => match pem(&answer.body) {
            Ok(pem) => return Ok(IssuedPem::new(pem, status, request_id(answer))),
            Err(class) => class,
        },
        300..400 => UnknownClass::Redirect,
        500..600 => UnknownClass::ServerError,
        _ => match refusal_of(answer) {
            Some(refused) => return Err(refused),
            None if REFUSES.contains(&status) => UnknownClass::Unexplained,
            None => UnknownClass::OddStatus,
        },
    };
    Err(CreateError::unknown(class, Some(status)))
}

/// The statuses with which nothing has been done.
const REFUSES: [u16; 12] = [400, 401, 402, 403, 404, 405, 406, 409, 410, 415, 422, 429];

fn refusal_of(answer: &Answer) -> Option<CreateError> {
    let body = ErrorBody::parse(&answer.body)?;
    let explained = match &body {
        ErrorBody::Atlas { error, .. } => *error == answer.status,
        // How a token that has run out is refused is not documented; if in the form of OAuth, then
        // with this status, and before anything was looked at.
        ErrorBody::OAuth { .. } => answer.status == 401,
    };
    explained
        .then(|| classify(answer.status, &body, answer.retry_after()))
        .flatten()
        .map(CreateError::Refused)
}

/// The text of a certificate and its key. Only whether it is all there: what it says is for those
/// who know what was asked for.
fn pem(body: &[u8]) -> Result<Zeroizing<String>, UnknownClass> {
    // Raw text in both generations, whatever its Content-Type says. The older one is documented to
    // send a string, so a JSON string is taken too.
    let text = if body.starts_with(b"\"") {
        serde_json::from_slice(body)
            .map(Zeroizing::new)
            .map_err(|_| UnknownClass::NotPem)?
    } else {
        let text = std::str::from_utf8(body).map_err(|_| UnknownClass::NotPem)?;
        Zeroizing::new(text.to_owned())
    };
    let labels = |prefix| -> Vec<&str> {
        text.lines()
            .filter_map(|line| line.strip_prefix(prefix)?.strip_suffix("-----"))
            .collect()
    };
    let begun = labels("-----BEGIN ");
    let has_key = begun.iter().any(|label| label.ends_with("PRIVATE KEY"));
    if begun == labels("-----END ") && has_key && begun.contains(&"CERTIFICATE") {
        Ok(text)
    } else if text.starts_with("-----BEGIN ") && (begun.is_empty() || begun[0] == "CERTIFICATE") {
        Err(UnknownClass::Truncated)
    } else {
        Err(UnknownClass::NotPem)
    }
}

fn request_id(answer: &Answer) -> Option<String> {
    let text = answer.headers.get(REQUEST_ID)?.to_str().ok()?;
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    (!text.is_empty() && text.len() <= REQUEST_ID_MAX && text.chars().all(word))
        .then(|| text.to_owned())
}

impl From<Failure> for CreateError {
    fn from(failure: Failure) -> Self {
        let (class, status, source) = match failure {
            Failure::Connect(cause) => {
                return Self::NotSent {
                    why: WhyNotSent::Connect,
                    source: Some(cause),
                };
            }
            Failure::Timeout { status } => (UnknownClass::Timeout, status, None),
            Failure::Broken {
                status: None,
                cause,
            } => (UnknownClass::Reset, None, Some(cause)),
            Failure::Broken { status, cause } => (UnknownClass::Truncated, status, Some(cause)),
            Failure::TooLong { status } => (UnknownClass::Oversize, Some(status), None),
        };
        Self::Unknown {
            class,
            status,
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n";
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n";

    #[track_caller]
    fn class(text: &str) -> UnknownClass {
        pem(text.as_bytes()).expect_err("is no certificate and key")
    }

    #[test]
    fn text_that_ends_early_is_truncated_wherever_it_ends() {
        let whole = format!("{CERTIFICATE}{KEY}");
        assert_eq!(pem(whole.as_bytes()).expect("is whole").as_str(), whole);
        let begun = "-----BEGIN ".len();
        // Without the last line feed it still says everything.
        for end in begun..whole.len() - "-----\n".len() {
            assert_eq!(
                class(&whole[..end]),
                UnknownClass::Truncated,
                "{}",
                &whole[..end]
            );
        }
    }

    #[test]
    fn text_that_is_something_else_is_not_pem() {
        for text in [
            "",
            "{}",
            "<html>",
            "\"",
            "\"text\"",
            "null",
            KEY,
            &format!("\"{CERTIFICATE}{KEY}\""),
        ] {
            assert_eq!(class(text), UnknownClass::NotPem, "{text}");
        }
        assert_eq!(
            pem(b"-----BEGIN \xff").expect_err("no text"),
            UnknownClass::NotPem
        );
    }
}
