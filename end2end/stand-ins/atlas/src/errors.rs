//! Errors in the shape Atlas gives them.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error of the Administration API: a JSON object with an integer `error`, and the code again in `X-Error-Code`.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: String,
    parameters: Vec<Value>,
    retry_after: Option<u64>,
}

impl ApiError {
    /// Any error, documented or not.
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            detail: detail.into(),
            parameters: Vec::new(),
            retry_after: None,
        }
    }

    /// With what `parameters` repeats of the detail.
    pub(crate) fn with(mut self, parameters: impl IntoIterator<Item = Value>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// With the header that only 429 and 503 carry.
    pub(crate) fn retry_after(mut self, seconds: Option<u64>) -> Self {
        self.retry_after = seconds;
        self
    }

    fn bad(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    fn missing(code: &'static str, what: &str, which: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            code,
            format!("{what} {which} exists."),
        )
        .with([json!(which)])
    }
}

/// Generic input.
impl ApiError {
    pub(crate) fn malformed_json() -> Self {
        Self::bad("MALFORMED_JSON", "Received JSON is malformed.")
    }

    pub(crate) fn invalid_json_attribute(detail: &str) -> Self {
        Self::bad(
            "INVALID_JSON_ATTRIBUTE",
            format!("Received JSON does not fit: {detail}."),
        )
    }

    pub(crate) fn invalid_attribute(name: &str) -> Self {
        Self::bad(
            "INVALID_ATTRIBUTE",
            format!("Invalid attribute {name} specified."),
        )
        .with([json!(name)])
    }

    pub(crate) fn missing_attribute(name: &str) -> Self {
        Self::bad(
            "MISSING_ATTRIBUTE",
            format!("The required attribute {name} was not specified."),
        )
        .with([json!(name)])
    }

    pub(crate) fn invalid_query(name: &str) -> Self {
        Self::bad(
            "INVALID_QUERY_PARAMETER",
            format!("Invalid query parameter {name} specified."),
        )
        .with([json!(name)])
    }

    pub(crate) fn invalid_path() -> Self {
        Self::bad(
            "INVALID_PATH_PARAMETER",
            "Invalid path parameter specified.",
        )
    }

    pub(crate) fn invalid_version() -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "INVALID_VERSION_DATE",
            "Invalid accept header or version date.",
        )
    }

    pub(crate) fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "The media type of the request is not supported.",
        )
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            "The method is not allowed here.",
        )
    }
}

/// Who may.
impl ApiError {
    pub(crate) fn user_unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "USER_UNAUTHORIZED",
            "Current user is not authorized to perform this action.",
        )
    }

    pub(crate) fn not_in_group() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "NOT_IN_GROUP",
            "The current user is not in the group, or the group does not exist.",
        )
    }

    pub(crate) fn rate_limited(set: &str, seconds: u64, capacity: u32, refill: u32) -> Self {
        let detail = format!(
            "Rate limit exceeded for {set}. Please retry after {seconds} seconds. Request capacity: {capacity}. \
             Refill rate: {refill} per 60 seconds."
        );
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "RATE_LIMITED_TOKEN_BUCKET",
            detail,
        )
        .with([
            json!(set),
            json!(seconds),
            json!(capacity),
            json!(refill),
            json!(60),
        ])
        .retry_after(Some(seconds))
    }

    pub(crate) fn token_rate_limited(limit: u32, seconds: u64) -> Self {
        let detail =
            format!("Resource /api/oauth/token is limited to {limit} requests every 1 minutes.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", detail)
            .with([json!("/api/oauth/token"), json!(limit), json!(1)])
            .retry_after(Some(seconds))
    }
}

/// What is not there.
impl ApiError {
    pub(crate) fn group_not_found(id: &str) -> Self {
        Self::missing("GROUP_NOT_FOUND", "No group with ID", id)
    }

    pub(crate) fn invalid_group_id(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "INVALID_GROUP_ID",
            format!("An invalid group ID {id} was specified."),
        )
        .with([json!(id)])
    }

    pub(crate) fn username_not_found(username: &str) -> Self {
        Self::missing("USERNAME_NOT_FOUND", "No user with username", username)
    }

    pub(crate) fn user_not_found(username: &str) -> Self {
        Self::missing("USER_NOT_FOUND", "No user with ID", username)
    }

    pub(crate) fn resource_not_found(path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "RESOURCE_NOT_FOUND",
            format!("Cannot find resource {path}."),
        )
        .with([json!(path)])
    }

    pub(crate) fn cluster_not_found(name: &str, group: &str) -> Self {
        let detail = format!("No cluster named {name} exists in group {group}.");
        Self::new(StatusCode::NOT_FOUND, "CLUSTER_NOT_FOUND", detail)
            .with([json!(name), json!(group)])
    }
}

/// Clusters.
impl ApiError {
    /// Documented for features in general; which code the access history answers with is not known.
    pub(crate) fn too_small(least: &str) -> Self {
        let detail = format!("This feature requires instance size {least} or larger.");
        Self::bad("INSUFFICIENT_INSTANCE_SIZE", detail).with([json!(least)])
    }
}

/// Certificates.
impl ApiError {
    pub(crate) fn not_managed() -> Self {
        Self::bad(
            "USER_NOT_MANAGED_X509",
            "The user does not have managed mode X509 enabled.",
        )
    }

    pub(crate) fn advanced_mode() -> Self {
        Self::bad(
            "CANNOT_GENERATE_CERT_IF_ADVANCED_X509",
            "The user cannot create managed X.509 certs if advanced mode is on.",
        )
    }

    pub(crate) fn too_long() -> Self {
        Self::bad(
            "CERT_EXPIRY_CANNOT_EXCEED_TWO_YEARS",
            "Atlas-generated X.509 certificates have a maximum expiration of 24 months.",
        )
    }

    pub(crate) fn too_many_certificates() -> Self {
        Self::bad(
            "ATLAS_GENERATED_CERTS_LIMIT_EXCEEDED",
            "The limit on generated certificates per user has been reached.",
        )
    }
}

/// Database users.
impl ApiError {
    pub(crate) fn managed_name_invalid(username: &str) -> Self {
        let detail = format!(
            "The username {username} is invalid for Atlas-managed X.509 user authentication. It must take the form \
             CN=<username> with no additional OIDs."
        );
        Self::bad("ATLAS_MANAGED_X509_NAME_INVALID", detail).with([json!(username)])
    }

    pub(crate) fn x509_temporary() -> Self {
        Self::bad(
            "ATLAS_X509_USER_CANNOT_BE_TEMPORARY",
            "X.509 users cannot be temporary.",
        )
    }

    pub(crate) fn x509_and_ldap() -> Self {
        Self::bad(
            "ATLAS_X509_USER_CANNOT_USE_LDAP",
            "X.509 users cannot use LDAP authentication.",
        )
    }

    pub(crate) fn x509_and_scram() -> Self {
        Self::bad(
            "ATLAS_X509_USER_CANNOT_USE_SCRAM",
            "X.509 users cannot use SCRAM authentication.",
        )
    }

    pub(crate) fn database_must_be(external: bool) -> Self {
        if external {
            Self::bad(
                "DATABASE_NAME_INVALID_EXTERNAL",
                "The database name must be $external for this user.",
            )
        } else {
            Self::bad(
                "DATABASE_NAME_INVALID_ADMIN",
                "The database name must be admin for this user.",
            )
        }
    }

    pub(crate) fn invalid_distinguished_name(name: &str) -> Self {
        let detail = format!("The username {name} is not a distinguished name of RFC 2253.");
        Self::bad("ATLAS_INVALID_LDAP_NAME", detail).with([json!(name)])
    }

    pub(crate) fn group_mismatch(id: &str) -> Self {
        Self::bad(
            "GROUP_MISMATCH",
            format!("The specified group ID {id} does not match the URL."),
        )
        .with([json!(id)])
    }

    pub(crate) fn user_limit(limit: usize) -> Self {
        let detail = format!("Groups can contain at most {limit} database users.");
        Self::new(StatusCode::FORBIDDEN, "GROUP_USERS_LIMIT_EXCEEDED", detail).with([json!(limit)])
    }

    pub(crate) fn user_already_exists(username: &str) -> Self {
        let detail = format!("A user with username {username} already exists.");
        Self::new(StatusCode::CONFLICT, "USER_ALREADY_EXISTS", detail).with([json!(username)])
    }

    pub(crate) fn cannot_change(code: &'static str) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            code,
            "The user cannot be changed in this way.",
        )
    }
}

/// Security settings.
impl ApiError {
    pub(crate) fn invalid_ca() -> Self {
        Self::bad(
            "INVALID_X509_CA_CERTIFICATE",
            "The X.509 CA certificate is invalid.",
        )
    }

    pub(crate) fn expired_ca() -> Self {
        Self::bad(
            "EXPIRED_X509_CA_CERTIFICATE",
            "The X.509 CA certificate has expired.",
        )
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "detail": self.detail,
            "error": self.status.as_u16(),
            "errorCode": self.code,
            "parameters": self.parameters,
            "reason": self.status.canonical_reason(),
        });
        let mut response = (self.status, Json(body)).into_response();
        if let Ok(code) = HeaderValue::from_str(&self.code) {
            response.headers_mut().insert("x-error-code", code);
        }
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Something in this program itself went wrong, such as a full disk under the state file.
impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!("{error:#}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "UNEXPECTED_ERROR",
            "Unexpected error.",
        )
    }
}
