//! Making a certificate: the one request, and whether its answer is one.

use reqwest::header::HeaderName;
use zeroize::Zeroizing;

use super::{
    AtlasClient, IssuedPem, Purpose, UnknownClass, WhyNotSent, WriteError, answer::Answer,
    calls::certificates_of, exchange::Operation, write::not_done,
};
use crate::model::{GroupId, Months, Username};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Most characters of an answer's id that are kept.
const REQUEST_ID_MAX: usize = 100;

impl AtlasClient {
    /// Asks for one certificate.
    pub(super) async fn create(
        &self,
        operation: &Operation,
        group: &GroupId,
        username: &Username,
        months: Months,
    ) -> Result<IssuedPem, WriteError> {
        let path = certificates_of(group, username);
        let url = self
            .endpoint
            .url(&path)
            .map_err(|_| WriteError::not_sent(WhyNotSent::Unsendable))?;
        let body = format!(r#"{{"monthsUntilExpiration":{months}}}"#);
        let request = self.endpoint.post(url, body);
        let answer = self.send_once(operation, Purpose::Issuer, request).await?;
        judge(&answer)
    }
}

/// What an answer proves.
fn judge(answer: &Answer) -> Result<IssuedPem, WriteError> {
    if !(200..300).contains(&answer.status) {
        return Err(not_done(answer));
    }
    pem(answer)
        .map(|pem| IssuedPem::new(pem, answer.status, request_id(answer)))
        .map_err(|class| WriteError::unknown(class, Some(answer.status)))
}

/// The text of a certificate and its key. Only whether it is all there: what it says is for those
/// who know what was asked for.
fn pem(answer: &Answer) -> Result<Zeroizing<String>, UnknownClass> {
    // Raw text in both generations, whatever its Content-Type says. The older one is documented to
    // send a string, so a JSON string is taken too.
    let text = if answer.is_json_text() {
        answer
            .json()
            .map(Zeroizing::new)
            .map_err(|_| UnknownClass::NotPem)?
    } else {
        let text = std::str::from_utf8(&answer.body).map_err(|_| UnknownClass::NotPem)?;
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

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use time::OffsetDateTime;

    use super::*;

    fn pem(body: &[u8]) -> Result<Zeroizing<String>, UnknownClass> {
        let body = Zeroizing::new(body.to_vec());
        super::pem(&Answer::new(
            201,
            HeaderMap::new(),
            body,
            OffsetDateTime::UNIX_EPOCH,
        ))
    }

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
