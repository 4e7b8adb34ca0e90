//! The one place that builds requests.

use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{
    Method, Request,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use url::{Position, Url};

use super::ApiVersion;

/// What stays as it is in a path segment: RFC 3986's unreserved characters. Everything else is
/// encoded, `/` and `%` above all: Atlas takes an unescaped `/` for another path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The v2 version asked for: newer than some resources' newest, which Atlas resolves downwards.
const V2_MEDIA_TYPE: HeaderValue =
    HeaderValue::from_static("application/vnd.atlas.2025-02-19+json");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// How this program names itself.
pub(super) const USER_AGENT: &str = concat!("certdesk/", env!("CARGO_PKG_VERSION"));

/// Builds requests to one Atlas.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    base_url: Url,
    api: ApiVersion,
}

/// A value that cannot be part of an address: `.` and `..` mean folders there, encoded or not
/// (WHATWG URL, "single-dot" and "double-dot URL path segment").
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name made of dots cannot be part of an address")]
pub(super) struct Unsendable;

impl Endpoint {
    pub(super) fn new(base_url: Url, api: ApiVersion) -> Self {
        Self { base_url, api }
    }

    pub(super) fn base_url(&self) -> &Url {
        &self.base_url
    }

    pub(super) fn api(&self) -> ApiVersion {
        self.api
    }

    /// A resource's address; every segment is encoded here.
    pub(super) fn url(&self, segments: &[&str]) -> Result<Url, Unsendable> {
        let mut path = String::from(match self.api {
            ApiVersion::V2 => "/api/atlas/v2",
            ApiVersion::V1 => "/api/atlas/v1.0",
        });
        for segment in segments {
            if matches!(*segment, "" | "." | "..") {
                return Err(Unsendable);
            }
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        Ok(self.at(&path))
    }

    fn at(&self, path: &str) -> Url {
        let base = self.base_url.as_str().trim_end_matches('/');
        Url::from_str(&format!("{base}{path}"))
            .expect("an address stays one when encoded text is added")
    }

    /// A call that any credential may make and that costs next to nothing.
    pub(super) fn harmless(&self) -> Url {
        let mut url = self.url(&["groups"]).expect("this path is sendable");
        url.set_query(Some("itemsPerPage=1"));
        url
    }

    /// Reads.
    pub(super) fn get(&self, url: Url) -> Request {
        let mut request = Request::new(Method::GET, url);
        request.headers_mut().insert(ACCEPT, self.media_type());
        request
    }

    /// Creates.
    pub(super) fn post(&self, url: Url, json: String) -> Request {
        self.with_body(Method::POST, url, json)
    }

    /// Changes.
    pub(super) fn patch(&self, url: Url, json: String) -> Request {
        self.with_body(Method::PATCH, url, json)
    }

    /// Removes.
    pub(super) fn delete(&self, url: Url) -> Request {
        let mut request = Request::new(Method::DELETE, url);
        request.headers_mut().insert(ACCEPT, self.media_type());
        request
    }

    fn with_body(&self, method: Method, url: Url, json: String) -> Request {
        let mut request = Request::new(method, url);
        request.headers_mut().insert(ACCEPT, self.media_type());
        request.headers_mut().insert(CONTENT_TYPE, JSON);
        *request.body_mut() = Some(json.into());
        request
    }

    /// Asks for a token (RFC 6749 section 4.4). The address is the same for both generations.
    pub(super) fn post_for_token(&self) -> Request {
        let mut request = Request::new(Method::POST, self.at("/api/oauth/token"));
        request.headers_mut().insert(ACCEPT, JSON);
        request.headers_mut().insert(CONTENT_TYPE, FORM);
        *request.body_mut() = Some("grant_type=client_credentials".into());
        request
    }

    fn media_type(&self) -> HeaderValue {
        match self.api {
            ApiVersion::V2 => V2_MEDIA_TYPE,
            ApiVersion::V1 => JSON,
        }
    }
}

/// The address of a list's page. What the list is limited to stands before.
pub(super) fn page(list: &Url, number: u32, items: usize) -> Url {
    let mut url = list.clone();
    let limits = list
        .query()
        .map_or_else(String::new, |query| format!("{query}&"));
    url.set_query(Some(&format!(
        "{limits}includeCount=true&itemsPerPage={items}&pageNum={number}"
    )));
    url
}

/// The request target as it goes over the wire: path and query.
pub(super) fn target(url: &Url) -> &str {
    &url[Position::BeforePath..Position::AfterQuery]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn endpoint(base: &str) -> Endpoint {
        Endpoint::new(base.parse().expect("an address"), ApiVersion::V2)
    }

    #[test]
    fn the_path_is_put_behind_a_base_address_with_or_without_a_slash() {
        for base in ["https://atlas.test", "https://atlas.test/"] {
            let url = endpoint(base).url(&["groups"]).expect("sendable");
            assert_eq!(url.as_str(), "https://atlas.test/api/atlas/v2/groups");
        }
        let behind_a_prefix = endpoint("https://proxy.test/atlas/");
        assert_eq!(
            behind_a_prefix.post_for_token().url().as_str(),
            "https://proxy.test/atlas/api/oauth/token"
        );
    }

    #[test]
    fn names_that_mean_folders_are_refused() {
        for name in [".", "..", ""] {
            let url = endpoint("https://atlas.test").url(&["databaseUsers", name, "certs"]);
            assert_eq!(url, Err(Unsendable), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn any_other_name_is_exactly_one_segment_and_decodes_to_itself(name in ".{1,40}") {
            prop_assume!(name != "." && name != "..");
            let url = endpoint("https://atlas.test")
                .url(&["databaseUsers", &name, "certs"])
                .expect("sendable");
            let segments: Vec<&str> = url.path_segments().expect("has a path").collect();
            prop_assert_eq!(segments.len(), 6);
            let decoded = percent_encoding::percent_decode_str(segments[4]).decode_utf8().expect("is UTF-8");
            prop_assert_eq!(decoded, name.as_str());
            prop_assert!(target(&url).is_ascii());
        }
    }
}
