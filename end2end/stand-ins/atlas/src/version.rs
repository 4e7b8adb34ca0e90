//! The two generations of the API, and the dated versions of the newer one.

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use time::Date;
use time::macros::{date, format_description};

use crate::errors::ApiError;

/// The path of the newer generation.
pub(crate) const V2: &str = "/api/atlas/v2";
/// The path of the older one.
pub(crate) const V1: &str = "/api/atlas/v1.0";

/// The version nearly every resource has.
pub(crate) const FIRST: Date = date!(2023 - 01 - 01);

/// What the client asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Version {
    /// API v1.0: plain JSON.
    Undated,
    /// API v2: the date in the `Accept` header.
    Dated(Date),
}

impl Version {
    /// The version of a resource that is used: the newest that is not newer than the date asked for.
    pub(crate) fn resolve(self, available: &[Date]) -> Result<Option<Date>, ApiError> {
        match self {
            Self::Undated => Ok(None),
            Self::Dated(asked) => {
                let used = available
                    .iter()
                    .copied()
                    .filter(|version| *version <= asked)
                    .max();
                used.map(Some).ok_or_else(ApiError::invalid_version)
            }
        }
    }
}

/// The middleware that refuses a v2 request without a version, and tells the handlers which one was asked for.
pub(crate) async fn negotiate(mut request: Request, next: Next) -> Response {
    let version = if request.uri().path().starts_with(V1) {
        Version::Undated
    } else {
        match asked(request.headers()).filter(|date| *date >= FIRST) {
            Some(date) => Version::Dated(date),
            None => return ApiError::invalid_version().into_response(),
        }
    };
    request.extensions_mut().insert(version);
    next.run(request).await
}

/// The date in `Accept: application/vnd.atlas.2023-01-01+json`.
fn asked(headers: &HeaderMap) -> Option<Date> {
    let values = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).find_map(dated)
}

/// The date of a media type, when it is one of Atlas's.
pub(crate) fn dated(media_type: &str) -> Option<Date> {
    let essence = media_type.split(';').next()?.trim();
    let date = essence
        .strip_prefix("application/vnd.atlas.")?
        .strip_suffix("+json")?;
    Date::parse(date, format_description!("[year]-[month]-[day]")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_date_resolves_down() {
        let users = [FIRST, date!(2025 - 02 - 19)];
        let resolve = |date| Version::Dated(date).resolve(&users).ok().flatten();
        assert_eq!(resolve(date!(2024 - 12 - 31)), Some(FIRST));
        assert_eq!(resolve(date!(2026 - 01 - 01)), Some(date!(2025 - 02 - 19)));
        assert!(
            Version::Dated(FIRST)
                .resolve(&[date!(2025 - 03 - 12)])
                .is_err()
        );
    }

    #[test]
    fn only_dated_media_types_count() {
        assert_eq!(
            dated("application/vnd.atlas.2023-01-01+json; charset=utf-8"),
            Some(FIRST)
        );
        assert_eq!(dated("application/json"), None);
        assert_eq!(dated("application/vnd.atlas.2023-13-01+json"), None);
    }
}
