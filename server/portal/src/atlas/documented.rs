//! What the documented codes of Atlas's errors mean.
//!
//! They are those of the Atlas documentation's page "Atlas Administration API Error Codes", of its
//! specification, of its page on rate limits, and of recorded answers; those in small letters are the
//! token endpoint's (RFC 6749 section 5.2).

use crate::model::RefusalReason::{self, self as R};

/// Every documented status and code, and what it means; `None` where it does not prove that nothing
/// was done.
pub const DOCUMENTED: &[(u16, &str, Option<RefusalReason>)] = &[
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
    (400, "ATLAS_INVALID_LDAP_NAME", Some(R::NameInvalid)),
    (400, "ATLAS_INVALID_DN_METACHARACTERS", Some(R::NameInvalid)),
    (400, "ATLAS_INVALID_USERNAME", Some(R::NameInvalid)),
    (400, "BLOCKED_USERNAME", Some(R::NameBlocked)),
    (400, "ATLAS_INVALID_ROLE", Some(R::RoleUnknown)),
    (400, "ATLAS_INVALID_ROLE_DATABASE", Some(R::RoleUnknown)),
    (400, "ATLAS_RESTRICTED_ROLE", Some(R::RoleRestricted)),
    (400, "DUPLICATE_DATABASE_ROLES", Some(R::RoleRepeated)),
    (400, "ATLAS_X509_USER_CANNOT_USE_LDAP", Some(R::SignInMixed)),
    (
        400,
        "ATLAS_X509_USER_CANNOT_USE_SCRAM",
        Some(R::SignInMixed),
    ),
    (
        400,
        "ATLAS_X509_USER_CANNOT_BE_TEMPORARY",
        Some(R::UserTemporary),
    ),
    (
        400,
        "EXPIRED_X509_CA_CERTIFICATE",
        Some(R::AuthorityRefused),
    ),
    (
        400,
        "INVALID_X509_CA_CERTIFICATE",
        Some(R::AuthorityRefused),
    ),
    // What the portal alone decides: nobody who uses it can put these right.
    (400, "DATABASE_NAME_INVALID_EXTERNAL", Some(R::CallRefused)),
    (400, "DATABASE_NAME_INVALID_ADMIN", Some(R::CallRefused)),
    (400, "GROUP_MISMATCH", Some(R::CallRefused)),
    (400, "INVALID_ATTRIBUTE", Some(R::InputRefused)),
    (400, "INVALID_JSON", Some(R::CallRefused)),
    (400, "MALFORMED_JSON", Some(R::CallRefused)),
    (400, "INVALID_JSON_ATTRIBUTE", Some(R::CallRefused)),
    (400, "MISSING_ATTRIBUTE", Some(R::CallRefused)),
    (400, "MISSING_ATTRIBUTES", Some(R::CallRefused)),
    (400, "INVALID_ENUM_VALUE", Some(R::InputRefused)),
    (400, "VALIDATION_ERROR", Some(R::InputRefused)),
    (400, "INVALID_QUERY_PARAMETER", Some(R::CallRefused)),
    (400, "INVALID_PATH_PARAMETER", Some(R::CallRefused)),
    // 401 is about the credential in four ways.
    (401, "UNEXPECTED_ERROR", Some(R::CredentialRefused)),
    (401, "USER_UNAUTHORIZED", Some(R::RoleMissing)),
    (401, "NOT_IN_GROUP", Some(R::NotInProject)),
    (401, "USER_CANNOT_ACCESS_GROUP", Some(R::NotInProject)),
    (401, "USER_CANNOT_ACCESS_ORG", Some(R::NotInOrganisation)),
    (402, "ACCOUNT_SUSPENDED", Some(R::AccountSuspended)),
    (402, "NO_PAYMENT_INFORMATION_FOUND", Some(R::PaymentMissing)),
    (
        403,
        "IP_ADDRESS_NOT_ON_ACCESS_LIST",
        Some(R::AddressNotAllowed),
    ),
    // Its name until 2023.
    (
        403,
        "IP_ADDRESS_NOT_ON_WHITELIST",
        Some(R::AddressNotAllowed),
    ),
    (403, "ORG_REQUIRES_ACCESS_LIST", Some(R::AccessListRequired)),
    // Its name until 2023.
    (403, "ORG_REQUIRES_WHITELIST", Some(R::AccessListRequired)),
    (403, "GROUP_USERS_LIMIT_EXCEEDED", Some(R::UserLimitReached)),
    (403, "FEATURE_UNSUPPORTED", Some(R::FeatureMissing)),
    (403, "ACCESS_FORBIDDEN", Some(R::Forbidden)),
    (404, "GROUP_NOT_FOUND", Some(R::ProjectNotFound)),
    (404, "INVALID_GROUP_ID", Some(R::ProjectNotFound)),
    // Which of the two the certificates' path answers with is not documented.
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
    (409, "USER_ALREADY_EXISTS", Some(R::UserExists)),
    (
        409,
        "DATABASE_USERNAME_CANNOT_BE_CHANGED",
        Some(R::UserUnchangeable),
    ),
    (
        409,
        "DATABASE_NAME_CANNOT_BE_CHANGED",
        Some(R::UserUnchangeable),
    ),
    (
        409,
        "AUTH_TYPE_CANNOT_BE_CHANGED",
        Some(R::UserUnchangeable),
    ),
    (410, "VERSION_GONE", Some(R::VersionGone)),
    (429, "RATE_LIMITED", Some(R::RateLimited)),
    (429, "RATE_LIMITED_TOKEN_BUCKET", Some(R::RateLimited)),
    (500, "UNEXPECTED_ERROR", None),
    (503, "SERVICE_UNAVAILABLE", None),
    (400, "invalid_request", Some(R::CallRefused)),
    (400, "unsupported_grant_type", Some(R::CallRefused)),
    // The same wrong secret is a matter of 400 or 401.
    (400, "invalid_grant", Some(R::SecretRefused)),
    (400, "invalid_client", Some(R::SecretRefused)),
    (400, "unauthorized_client", Some(R::SecretRefused)),
    (401, "invalid_client", Some(R::SecretRefused)),
    (403, "access_denied", Some(R::TokenDenied)),
    (500, "server_error", None),
];

/// What a status and code mean. A code nobody knows means what its status means.
pub(super) fn reason(status: u16, code: &str) -> Option<RefusalReason> {
    // What Atlas documents with 401 it may one day say with 403, which is the better status for it.
    let documented = |status| {
        DOCUMENTED
            .iter()
            .find(|(of, named, _)| (*of, *named) == (status, code))
    };
    let found = documented(status).or_else(|| match (status, code) {
        (403, "UNEXPECTED_ERROR") => None,
        (403, _) => documented(401),
        _ => None,
    });
    match (found, status) {
        (Some((.., reason)), _) => *reason,
        (None, 400) => Some(R::InputRefused),
        (None, 401) => Some(R::CredentialRefused),
        (None, 402) => Some(R::AccountSuspended),
        (None, 403) => Some(R::Forbidden),
        (None, 404) => Some(R::NotFound),
        (None, 405 | 406 | 415 | 422) => Some(R::VersionRefused),
        (None, 409) => Some(R::Conflict),
        (None, 410) => Some(R::VersionGone),
        (None, 429) => Some(R::RateLimited),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn each_is_documented_once() {
        let all: HashSet<_> = (DOCUMENTED.iter())
            .map(|(status, code, _)| (status, code))
            .collect();
        assert_eq!(all.len(), DOCUMENTED.len());
    }

    #[test]
    fn every_meaning_comes_from_some_code() {
        let mut meant: HashSet<_> = (DOCUMENTED.iter())
            .filter_map(|(status, code, _)| reason(*status, code))
            .collect();
        // 409 of a call about certificates is in the specification without a code.
        meant.extend(reason(409, "NEW_CODE"));
        let all: HashSet<_> = RefusalReason::iter().collect();
        assert_eq!(meant, all);
    }

    #[test]
    fn a_code_nobody_knows_means_what_its_status_means() {
        for status in 0..1000 {
            let refuses = matches!(status, 400..=406 | 409 | 410 | 415 | 422 | 429);
            assert_eq!(reason(status, "NEW_CODE").is_some(), refuses, "{status}");
        }
        assert_eq!(reason(403, "NOT_IN_GROUP"), Some(R::NotInProject));
        assert_eq!(reason(403, "UNEXPECTED_ERROR"), Some(R::Forbidden));
    }
}
