//! What came back: read to its end, and taken out of its envelope.

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc2822};
use zeroize::Zeroizing;

use super::{ErrorBody, ReadError, Unanswered, classify};
use crate::model::Refusal;

/// An answer, read to its end. The body may hold a private key: it is wiped when dropped.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Zeroizing<Vec<u8>>,
    /// When it was there, by the portal's clock.
    pub(super) at: OffsetDateTime,
    /// What is of interest is the body's `content`.
    wrapped: bool,
}

/// `envelope=true`, for clients that see neither status nor headers: an object becomes
/// `{"status":200,"content":{…}}`, and a list has `status` beside its `results`. Never asked for here,
/// and understood all the same: somebody between may ask for it.
#[derive(Deserialize)]
struct Envelope {
    status: u16,
    content: Option<IgnoredAny>,
}

/// What is in an envelope.
#[derive(Deserialize)]
struct Content<T> {
    content: T,
}

impl Answer {
    pub(super) fn new(
        status: u16,
        headers: HeaderMap,
        body: Zeroizing<Vec<u8>>,
        at: OffsetDateTime,
    ) -> Self {
        // Nothing this program reads has a number of that name by itself.
        let envelope = body
            .starts_with(b"{")
            .then(|| serde_json::from_slice::<Envelope>(&body).ok())
            .flatten()
            .filter(|envelope| (100..600).contains(&envelope.status));
        let wrapped = matches!(
            &envelope,
            Some(Envelope {
                content: Some(_),
                ..
            })
        );
        let status = match envelope {
            // It makes a failure of what looks like a success, and never a success of a failure.
            Some(envelope) if (200..300).contains(&status) => envelope.status,
            _ => status,
        };
        Self {
            status,
            headers,
            body,
            at,
            wrapped,
        }
    }

    /// What the JSON says.
    pub(super) fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        if self.wrapped {
            serde_json::from_slice::<Content<T>>(&self.body).map(|envelope| envelope.content)
        } else {
            serde_json::from_slice(&self.body)
        }
    }

    /// Whether what was sent is JSON text, in whatever else.
    pub(super) fn is_json_text(&self) -> bool {
        self.wrapped || self.body.starts_with(b"\"")
    }

    /// The explanation, where the answer is an error that has one.
    pub(super) fn error_body(&self) -> Option<ErrorBody> {
        if self.wrapped {
            let content = self.json::<Value>().ok()?;
            ErrorBody::parse(content.to_string().as_bytes())
        } else {
            ErrorBody::parse(&self.body)
        }
    }

    /// How far the clock here is ahead of Atlas's, as the answer dates itself (RFC 9110, section 6.6.1).
    pub(super) fn clock_ahead(&self) -> Option<Duration> {
        let date = self.headers.get(DATE)?.to_str().ok()?;
        let date = OffsetDateTime::parse(date, &Rfc2822).ok()?;
        Some(self.at - date)
    }

    /// Seconds to wait, where the answer says so. The form with a date is not used by Atlas.
    pub(super) fn retry_after(&self) -> Option<u32> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        text.trim().parse().ok()
    }

    /// The refusal, where the answer is one and explains itself.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        let refusal = classify(self.status, &self.error_body()?, self.retry_after())?;
        Some(Refusal {
            retry_at: refusal.retry_after.and_then(|wait| self.after(wait)),
            ..refusal
        })
    }

    fn after(&self, wait: u32) -> Option<OffsetDateTime> {
        self.at.checked_add(Duration::seconds(wait.into()))
    }

    /// What a reading call makes of an answer that is no success.
    pub(super) fn into_error(self) -> ReadError {
        if let Some(refusal) = self.refusal() {
            return ReadError::Refused(refusal);
        }
        let retry_after = self.retry_after();
        ReadError::Unavailable {
            source: Unanswered::Status {
                status: self.status,
                code: self.error_body().map(|body| body.code().to_owned()),
                retry_after,
                retry_at: retry_after.and_then(|wait| self.after(wait)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let body = Zeroizing::new(body.as_bytes().to_vec());
        Answer::new(
            status,
            HeaderMap::new(),
            body,
            datetime!(2026-08-10 12:00 UTC),
        )
    }

    #[test]
    fn clocks_that_differ_are_noticed() {
        let mut answer = answer(200, "{}");
        assert_eq!(answer.clock_ahead(), None);
        for (date, ahead) in [
            ("Mon, 10 Aug 2026 12:00:00 GMT", Some(0)),
            ("Mon, 10 Aug 2026 11:57:30 GMT", Some(150)),
            ("Mon, 10 Aug 2026 12:05:00 GMT", Some(-300)),
            ("yesterday", None),
        ] {
            answer
                .headers
                .insert(DATE, date.parse().expect("is a value"));
            let seen = answer.clock_ahead().map(Duration::whole_seconds);
            assert_eq!(seen, ahead, "{date}");
        }
    }

    #[test]
    fn the_status_of_an_envelope_counts_and_never_makes_a_success_of_a_failure() {
        for (status, body, counts) in [
            (200, r#"{"status":200,"content":{}}"#, 200),
            (200, r#"{"status":201,"content":{}}"#, 201),
            (200, r#"{"status":404,"content":{}}"#, 404),
            (200, r#"{"status":503,"error":503,"errorCode":"X"}"#, 503),
            (200, r#"{"status":200,"results":[]}"#, 200),
            (404, r#"{"status":200,"content":{}}"#, 404),
            (502, r#"{"status":200,"results":[]}"#, 502),
            // No envelope.
            (200, r#"{"status":"ok"}"#, 200),
            (200, r#"{"status":7,"content":{}}"#, 200),
            (200, r#"{"status":70000,"content":{}}"#, 200),
            (200, r#"[{"status":404}]"#, 200),
            (200, r#"{"changeStatus":"APPLIED"}"#, 200),
        ] {
            assert_eq!(answer(status, body).status, counts, "{status} {body}");
        }
    }

    #[test]
    fn the_content_of_an_envelope_is_read_and_so_is_what_has_none() {
        for body in [
            r#"{"status":200,"content":[2558523591213958694]}"#,
            "[2558523591213958694]",
        ] {
            let read: Vec<i64> = answer(200, body).json().expect("is JSON");
            assert_eq!(read, [2_558_523_591_213_958_694], "{body}");
        }
    }

    #[test]
    fn an_error_is_understood_with_and_without_its_envelope() {
        let error = r#"{"detail":"","error":429,"errorCode":"RATE_LIMITED_TOKEN_BUCKET","parameters":["x",55,10,5,60]}"#;
        let with_status = error.replacen('{', r#"{"status":429,"#, 1);
        for (status, body) in [
            (429, error.to_owned()),
            (429, format!(r#"{{"status":429,"content":{error}}}"#)),
            (200, format!(r#"{{"status":429,"content":{error}}}"#)),
            (200, with_status),
        ] {
            let refusal = answer(status, &body).refusal().expect("is a refusal");
            assert_eq!(refusal.code, "RATE_LIMITED_TOKEN_BUCKET", "{body}");
            assert_eq!((refusal.status, refusal.retry_after), (429, Some(55)));
            let at = datetime!(2026-08-10 12:00:55 UTC);
            assert_eq!(refusal.retry_at, Some(at));
        }
    }
}
