//! What Atlas's refusals mean.
//!
//! The meaning is decided by status and `errorCode` together: `UNEXPECTED_ERROR` comes with 401, 404
//! and 500 and says nothing by itself. Wording (`detail`) is never looked at nor kept.

use serde::Deserialize;
use serde_json::Value;

use crate::model::{Refusal, RefusalReason};

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
                Some(Self::Atlas {
                    error,
                    code: as_code(&code)?,
                    retry_after,
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

/// What an error answer means; `None` for a status that does not prove that nothing was done.
///
/// `retry_after` is the header of that name, in seconds.
pub fn classify(status: u16, body: &ErrorBody, retry_after: Option<u32>) -> Option<Refusal> {
    let told = match body {
        ErrorBody::Atlas { retry_after, .. } => *retry_after,
        ErrorBody::OAuth { .. } => None,
    };
    Some(Refusal {
        reason: reason(status, body.code())?,
        status,
        code: body.code().to_owned(),
        retry_after: retry_after.max(told),
    })
}

/// The table. Codes are those of the Atlas documentation's page "Atlas Administration API Error
/// Codes", and of recorded answers.
fn reason(status: u16, code: &str) -> Option<RefusalReason> {
    use RefusalReason as R;

    let reason = match (status, code) {
        (400, "USER_NOT_MANAGED_X509") => R::UserNotManaged,
        (400, "CANNOT_GENERATE_CERT_IF_ADVANCED_X509") => R::CustomerManagedOn,
        (400, "CERT_EXPIRY_CANNOT_EXCEED_TWO_YEARS") => R::LifetimeTooLong,
        (400, "ATLAS_GENERATED_CERTS_LIMIT_EXCEEDED") => R::TooManyCertificates,
        (
            400,
            "ATLAS_MANAGED_X509_NAME_INVALID"
            | "ATLAS_INVALID_LDAP_NAME"
            | "ATLAS_INVALID_DN_METACHARACTERS"
            | "ATLAS_INVALID_USERNAME"
            | "BLOCKED_USERNAME",
        ) => R::NameInvalid,
        // The token endpoint says 400 or 401 about the same wrong secret.
        (400, "invalid_client" | "invalid_grant" | "unauthorized_client") => R::CredentialRefused,
        (400, _) => R::InputRefused,

        (401 | 403, "USER_UNAUTHORIZED") => R::RoleMissing,
        (401 | 403, "NOT_IN_GROUP" | "USER_CANNOT_ACCESS_GROUP" | "USER_CANNOT_ACCESS_ORG") => {
            R::NotInProject
        }
        (401, _) => R::CredentialRefused,
        (402, _) => R::AccountSuspended,
        (403, "IP_ADDRESS_NOT_ON_ACCESS_LIST") => R::AddressNotAllowed,
        (403, "ORG_REQUIRES_ACCESS_LIST" | "ORG_REQUIRES_WHITELIST") => R::AccessListRequired,
        (403, _) => R::Forbidden,

        (404, "GROUP_NOT_FOUND" | "INVALID_GROUP_ID") => R::ProjectNotFound,
        // Which of the two the certificates' path answers with is not documented.
        (404, "USERNAME_NOT_FOUND" | "USER_NOT_FOUND") => R::UserNotFound,
        (404, _) => R::NotFound,
        (405, "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES") => R::WritesPaused,
        (405 | 406 | 410 | 415 | 422, _) => R::VersionRefused,
        (409, _) => R::Conflict,
        (429, _) => R::RateLimited,
        _ => return None,
    };
    Some(reason)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use strum::IntoEnumIterator;

    use super::*;

    /// Every status and code that the documentation or a recorded answer names, and what it means
    /// here; `None` where it proves nothing.
    const KNOWN: &[(u16, &str, Option<RefusalReason>)] = {
        use RefusalReason as R;
        &[
            (400, "USER_NOT_MANAGED_X509", Some(R::UserNotManaged)),
            (
                400,
                "CANNOT_GENERATE_CERT_IF_ADVANCED_X509",
                Some(R::CustomerManagedOn),
            ),
            (
                400,
                "CERT_EXPIRY_CANNOT_EXCEED_TWO_YEARS",
                Some(R::LifetimeTooLong),
            ),
            (
                400,
                "ATLAS_GENERATED_CERTS_LIMIT_EXCEEDED",
                Some(R::TooManyCertificates),
            ),
            (400, "ATLAS_MANAGED_X509_NAME_INVALID", Some(R::NameInvalid)),
            (
                400,
                "ATLAS_X509_USER_CANNOT_BE_TEMPORARY",
                Some(R::InputRefused),
            ),
            (
                400,
                "ATLAS_X509_USER_CANNOT_USE_LDAP",
                Some(R::InputRefused),
            ),
            (
                400,
                "ATLAS_X509_USER_CANNOT_USE_SCRAM",
                Some(R::InputRefused),
            ),
            (400, "DATABASE_NAME_INVALID_EXTERNAL", Some(R::InputRefused)),
            (400, "DATABASE_NAME_INVALID_ADMIN", Some(R::InputRefused)),
            (400, "ATLAS_INVALID_LDAP_NAME", Some(R::NameInvalid)),
            (400, "ATLAS_INVALID_DN_METACHARACTERS", Some(R::NameInvalid)),
            (400, "ATLAS_INVALID_USERNAME", Some(R::NameInvalid)),
            (400, "BLOCKED_USERNAME", Some(R::NameInvalid)),
            (400, "ATLAS_INVALID_ROLE", Some(R::InputRefused)),
            (400, "ATLAS_INVALID_ROLE_DATABASE", Some(R::InputRefused)),
            (400, "ATLAS_RESTRICTED_ROLE", Some(R::InputRefused)),
            (400, "DUPLICATE_DATABASE_ROLES", Some(R::InputRefused)),
            (400, "EXPIRED_X509_CA_CERTIFICATE", Some(R::InputRefused)),
            (400, "GROUP_MISMATCH", Some(R::InputRefused)),
            (400, "INVALID_ATTRIBUTE", Some(R::InputRefused)),
            (400, "INVALID_JSON", Some(R::InputRefused)),
            (400, "MALFORMED_JSON", Some(R::InputRefused)),
            (400, "INVALID_JSON_ATTRIBUTE", Some(R::InputRefused)),
            (400, "MISSING_ATTRIBUTE", Some(R::InputRefused)),
            (400, "MISSING_ATTRIBUTES", Some(R::InputRefused)),
            (400, "INVALID_ENUM_VALUE", Some(R::InputRefused)),
            (400, "VALIDATION_ERROR", Some(R::InputRefused)),
            (400, "INVALID_QUERY_PARAMETER", Some(R::InputRefused)),
            (400, "INVALID_PATH_PARAMETER", Some(R::InputRefused)),
            (401, "UNEXPECTED_ERROR", Some(R::CredentialRefused)),
            (401, "USER_UNAUTHORIZED", Some(R::RoleMissing)),
            (401, "NOT_IN_GROUP", Some(R::NotInProject)),
            (401, "USER_CANNOT_ACCESS_GROUP", Some(R::NotInProject)),
            (401, "USER_CANNOT_ACCESS_ORG", Some(R::NotInProject)),
            (402, "ACCOUNT_SUSPENDED", Some(R::AccountSuspended)),
            (
                402,
                "NO_PAYMENT_INFORMATION_FOUND",
                Some(R::AccountSuspended),
            ),
            (
                403,
                "IP_ADDRESS_NOT_ON_ACCESS_LIST",
                Some(R::AddressNotAllowed),
            ),
            (403, "ORG_REQUIRES_ACCESS_LIST", Some(R::AccessListRequired)),
            (403, "ORG_REQUIRES_WHITELIST", Some(R::AccessListRequired)),
            (403, "ACCESS_FORBIDDEN", Some(R::Forbidden)),
            (403, "FEATURE_UNSUPPORTED", Some(R::Forbidden)),
            (403, "GROUP_USERS_LIMIT_EXCEEDED", Some(R::Forbidden)),
            (404, "GROUP_NOT_FOUND", Some(R::ProjectNotFound)),
            (404, "INVALID_GROUP_ID", Some(R::ProjectNotFound)),
            (404, "USERNAME_NOT_FOUND", Some(R::UserNotFound)),
            (404, "USER_NOT_FOUND", Some(R::UserNotFound)),
            (404, "RESOURCE_NOT_FOUND", Some(R::NotFound)),
            (404, "UNEXPECTED_ERROR", Some(R::NotFound)),
            (
                405,
                "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES",
                Some(R::WritesPaused),
            ),
            (406, "INVALID_VERSION_DATE", Some(R::VersionRefused)),
            (409, "USER_ALREADY_EXISTS", Some(R::Conflict)),
            (
                409,
                "DATABASE_USERNAME_CANNOT_BE_CHANGED",
                Some(R::Conflict),
            ),
            (409, "DATABASE_NAME_CANNOT_BE_CHANGED", Some(R::Conflict)),
            (409, "AUTH_TYPE_CANNOT_BE_CHANGED", Some(R::Conflict)),
            (410, "VERSION_GONE", Some(R::VersionRefused)),
            (415, "UNSUPPORTED_MEDIA_TYPE", Some(R::VersionRefused)),
            (422, "UNPROCESSABLE", Some(R::VersionRefused)),
            (429, "RATE_LIMITED", Some(R::RateLimited)),
            (429, "RATE_LIMITED_TOKEN_BUCKET", Some(R::RateLimited)),
            (500, "UNEXPECTED_ERROR", None),
            (503, "SERVICE_UNAVAILABLE", None),
            // Of the token endpoint.
            (400, "invalid_request", Some(R::InputRefused)),
            (400, "unsupported_grant_type", Some(R::InputRefused)),
            (400, "invalid_grant", Some(R::CredentialRefused)),
            (401, "invalid_client", Some(R::CredentialRefused)),
            (403, "access_denied", Some(R::Forbidden)),
            (500, "server_error", None),
        ]
    };

    #[test]
    fn every_documented_code_has_its_meaning() {
        for (status, code, reason) in KNOWN {
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
    fn every_meaning_comes_from_some_code() {
        let meant: HashSet<_> = KNOWN.iter().filter_map(|(.., reason)| *reason).collect();
        let all: HashSet<_> = RefusalReason::iter().collect();
        assert_eq!(meant, all);
    }

    #[test]
    fn a_code_nobody_knows_means_what_its_status_means() {
        for status in 0..1000 {
            let body = ErrorBody::OAuth {
                code: "NEW_CODE".to_owned(),
            };
            let refuses = matches!(status, 400..=406 | 409 | 410 | 415 | 422 | 429);
            assert_eq!(classify(status, &body, None).is_some(), refuses, "{status}");
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
