//! What Atlas's refusals mean.
//!
//! The meaning is decided by status and `errorCode` together: `UNEXPECTED_ERROR` comes with 401, 404
//! and 500 and says nothing by itself. Wording (`detail`) is never kept, and looked at only for the address
//! that Atlas does not let in.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

use super::documented::reason;
use crate::model::Refusal;

/// Most characters of an error code that are kept; Atlas's longest has 49.
const CODE_MAX: usize = 100;

/// The body of an error answer, in either of the two shapes Atlas has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorBody {
    /// The Administration API's: `error` is the status, `errorCode` the code.
    Atlas {
        /// The status again.
        error: u16,
        /// The code.
        code: String,
        /// Seconds to wait, of `RATE_LIMITED_TOKEN_BUCKET`.
        retry_after: Option<u32>,
        /// The address that is not let in, of `IP_ADDRESS_NOT_ON_ACCESS_LIST`.
        address: Option<IpAddr>,
    },
    /// The token endpoint's, RFC 6749 section 5.2: `error` is the code.
    OAuth {
        /// The code.
        code: String,
    },
}

impl ErrorBody {
    /// Reads a body; `None` if it is of neither shape, so that nobody knows who wrote it.
    pub fn parse(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Raw {
            error: Value,
            error_code: Option<String>,
            #[serde(default)]
            parameters: Option<Vec<Value>>,
            #[serde(default)]
            detail: Option<Value>,
        }

        let raw: Raw = serde_json::from_slice(body).ok()?;
        match (raw.error, raw.error_code) {
            (Value::Number(error), Some(code)) => {
                let error = u16::try_from(error.as_u64()?).ok()?;
                let parameters = raw.parameters.unwrap_or_default();
                // "Please retry after 55 seconds": parameters are [endpoint, 55, capacity, refill, period].
                let retry_after = (code == "RATE_LIMITED_TOKEN_BUCKET")
                    .then(|| u32::try_from(parameters.get(1)?.as_u64()?).ok())
                    .flatten();
                // "IP address 203.0.113.7 is not allowed to access this resource."
                let address = code
                    .starts_with("IP_ADDRESS_NOT_ON_")
                    .then(|| address_in(parameters.iter().chain(&raw.detail)))
                    .flatten();
                Some(Self::Atlas {
                    error,
                    code: as_code(&code)?,
                    retry_after,
                    address,
                })
            }
            (Value::String(code), _) => Some(Self::OAuth {
                code: as_code(&code)?,
            }),
            _ => None,
        }
    }

    /// The code.
    pub fn code(&self) -> &str {
        match self {
            Self::Atlas { code, .. } | Self::OAuth { code } => code,
        }
    }
}

/// A code as it is kept: what is logged and shown is at most a word, whatever the other side sent.
fn as_code(text: &str) -> Option<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!text.is_empty() && text.len() <= CODE_MAX && text.chars().all(word)).then(|| text.to_owned())
}

/// The first word that is an IP address; nothing else of a text is kept.
fn address_in<'a>(mut texts: impl Iterator<Item = &'a Value>) -> Option<IpAddr> {
    texts.find_map(|text| {
        let mut words = text.as_str()?.split_whitespace();
        words.find_map(|word| word.trim_end_matches(['.', ',']).parse().ok())
    })
}

/// What an error answer means; `None` for a status that does not prove that nothing was done.
///
/// `retry_after` is the header of that name, in seconds.
pub fn classify(status: u16, body: &ErrorBody, retry_after: Option<u32>) -> Option<Refusal> {
    let (told, address) = match body {
        ErrorBody::Atlas {
            retry_after,
            address,
            ..
        } => (*retry_after, *address),
        ErrorBody::OAuth { .. } => (None, None),
    };
    Some(Refusal {
        reason: reason(status, body.code())?,
        status,
        code: body.code().to_owned(),
        retry_after: retry_after.max(told),
        retry_at: None,
        address: address.map(|address| address.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::atlas::DOCUMENTED;

    #[test]
    fn every_documented_code_has_its_meaning() {
        for (status, code, reason) in DOCUMENTED {
            let body = if code.starts_with(char::is_lowercase) {
                serde_json::json!({"error": code, "error_description": "in words"})
            } else {
                serde_json::json!({
                    "detail": "in words", "error": status, "errorCode": code,
                    "parameters": [], "reason": "Words",
                })
            };
            let body = ErrorBody::parse(body.to_string().as_bytes()).expect("is an error body");
            assert_eq!(body.code(), *code);
            let refusal = classify(*status, &body, None);
            assert_eq!(
                refusal.as_ref().map(|refusal| refusal.reason),
                *reason,
                "{status} {code}"
            );
            if let Some(refusal) = refusal {
                assert_eq!((refusal.status, refusal.code.as_str()), (*status, *code));
                assert_eq!(refusal.retry_after, None);
            }
        }
    }

    #[test]
    fn how_long_to_wait_is_the_longer_of_what_header_and_body_say() {
        let body = ErrorBody::parse(
            br#"{"detail":"Please retry after 55 seconds.","error":429,"errorCode":"RATE_LIMITED_TOKEN_BUCKET","parameters":["api/atlas/v2/orgs",55,10,5,60],"reason":"Too Many Requests"}"#,
        )
        .expect("is an error body");
        let wait = |header| classify(429, &body, header).and_then(|refusal| refusal.retry_after);
        assert_eq!(wait(None), Some(55));
        assert_eq!(wait(Some(10)), Some(55));
        assert_eq!(wait(Some(70)), Some(70));

        let token = ErrorBody::parse(
            br#"{"detail":"","error":429,"errorCode":"RATE_LIMITED","parameters":["/api/oauth/token",50,1],"reason":"Too Many Requests"}"#,
        )
        .expect("is an error body");
        // Here the second parameter is a number of requests.
        let refusal = classify(429, &token, None).expect("is a refusal");
        assert_eq!(refusal.retry_after, None);
    }

    #[test]
    fn what_neither_atlas_nor_its_token_endpoint_writes_is_no_error_body() {
        let long = format!(r#"{{"error":400,"errorCode":"{}"}}"#, "A".repeat(101));
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "<html><h1>403 Forbidden</h1></html>",
            r#"{"error":403}"#,
            r#"{"errorCode":"X"}"#,
            r#"{"error":"","error_description":"x"}"#,
            r#"{"error":403.5,"errorCode":"X"}"#,
            r#"{"error":-1,"errorCode":"X"}"#,
            r#"{"error":70000,"errorCode":"X"}"#,
            r#"{"error":403,"errorCode":""}"#,
            r#"{"error":403,"errorCode":"<script>"}"#,
            r#"{"error":403,"errorCode":"two words"}"#,
            r#"{"error":{"code":403},"errorCode":"X"}"#,
            r#"{"error":403,"errorCode":"X""#,
            &long,
        ] {
            assert_eq!(ErrorBody::parse(body.as_bytes()), None, "{body}");
        }
    }
}
