//! How an answer is presented: media type, `pretty`, `envelope`, pages and links.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use time::Date;

use crate::errors::ApiError;
use crate::faults::Twist;
use crate::version::{FIRST, V1, V2, Version};

/// What stays as it is in a path: Atlas writes `$external` with a plain dollar sign, and everything unusual encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'$');

/// The wishes of a request about its answer.
pub(crate) struct View {
    version: Version,
    query: Vec<(String, String)>,
    host: String,
    path: String,
    pretty: bool,
    envelope: bool,
    page: usize,
    per_page: usize,
    include_count: Option<bool>,
    unstable: bool,
}

impl<S: Sync> FromRequestParts<S> for View {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let query: Vec<_> = query.into_owned().collect();
        let flag = |name| one(&query, name, |text| text.parse::<bool>().ok());
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or("localhost");
        Ok(Self {
            version: parts.extensions.get().copied().unwrap_or(Version::Undated),
            host: format!("http://{host}"),
            path: parts.uri.path().to_owned(),
            pretty: flag("pretty")?.unwrap_or(false),
            envelope: flag("envelope")?.unwrap_or(false),
            page: one(&query, "pageNum", |text| {
                text.parse().ok().filter(|n| *n >= 1)
            })?
            .unwrap_or(1),
            per_page: one(&query, "itemsPerPage", |text| {
                text.parse().ok().filter(|n| (1..=500).contains(n))
            })?
            .unwrap_or(100),
            include_count: flag("includeCount")?,
            unstable: parts
                .extensions
                .get::<Twist>()
                .is_some_and(|twist| twist.unstable_paging),
            query,
        })
    }
}

/// The only value of a query parameter, or the answer for one that makes no sense.
fn one<T>(
    query: &[(String, String)],
    name: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let Some((_, text)) = query.iter().find(|(key, _)| key == name) else {
        return Ok(None);
    };
    read(text)
        .map(Some)
        .ok_or_else(|| ApiError::invalid_query(name))
}

impl View {
    /// All values of a query parameter; a comma separates values as well.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let values = self.query.iter().filter(|(key, _)| key == name);
        values
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// One query parameter, read by a function that may refuse it.
    pub(crate) fn value<T>(
        &self,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        one(&self.query, name, read)
    }

    /// Which version of a resource to use; `None` in API v1.0.
    pub(crate) fn resolve(&self, available: &[Date]) -> Result<Option<Date>, ApiError> {
        self.version.resolve(available)
    }

    /// The address of a resource, made of path segments that are encoded as Atlas encodes them.
    pub(crate) fn href(&self, segments: &[&str]) -> String {
        let generation = if self.version == Version::Undated {
            V1
        } else {
            V2
        };
        let mut href = format!("{}{generation}", self.host);
        for segment in segments {
            href.push('/');
            href.extend(utf8_percent_encode(segment, SEGMENT));
        }
        href
    }

    /// `links` with nothing but the resource itself.
    pub(crate) fn self_link(&self, segments: &[&str]) -> Value {
        json!([{"href": self.href(segments), "rel": "self"}])
    }

    /// One object, in the resource's only version.
    pub(crate) fn object(&self, status: StatusCode, object: Value) -> Response {
        self.object_of(status, FIRST, object)
    }

    /// One object, in a later version.
    pub(crate) fn object_of(&self, status: StatusCode, version: Date, object: Value) -> Response {
        self.render(status, version, &self.enveloped(status, object))
    }

    fn enveloped(&self, status: StatusCode, object: Value) -> Value {
        if self.envelope {
            json!({"status": status.as_u16(), "content": object})
        } else {
            object
        }
    }

    /// A page of a list, counted unless the client says no.
    pub(crate) fn list(&self, items: Vec<Value>) -> Response {
        self.list_of(items, FIRST, true)
    }

    /// A page of a list, in a given version and with a given habit of counting.
    pub(crate) fn list_of(&self, mut items: Vec<Value>, version: Date, counts: bool) -> Response {
        let counts = self.include_count.unwrap_or(counts);
        // Not counting does not drop the field: Atlas then says 0.
        let mut total = if counts { items.len() } else { 0 };
        let last_page = items.len().div_ceil(self.per_page).max(1);
        if self.unstable {
            // Every other page is cut from a list in another order, and its count is off.
            total += self.page % 2;
            if self.page.is_multiple_of(2) {
                items.reverse();
            }
        }
        let start = (self.page - 1).saturating_mul(self.per_page);
        let results: Vec<_> = items.into_iter().skip(start).take(self.per_page).collect();
        let mut links = vec![self.page_link("self", self.page, counts)];
        if self.page > 1 {
            links.push(self.page_link("previous", self.page - 1, counts));
        }
        if self.page < last_page {
            links.push(self.page_link("next", self.page + 1, counts));
        }
        let mut body = json!({"links": links, "results": results, "totalCount": total});
        if self.envelope {
            body["status"] = json!(200);
        }
        self.render(StatusCode::OK, version, &body)
    }

    fn page_link(&self, rel: &str, page: usize, counts: bool) -> Value {
        let (host, path, items) = (&self.host, &self.path, self.per_page);
        let mut others = url::form_urlencoded::Serializer::new(String::new());
        let ours = ["includeCount", "pageNum", "itemsPerPage"];
        others.extend_pairs(
            self.query
                .iter()
                .filter(|(key, _)| !ours.contains(&key.as_str())),
        );
        let mut others = others.finish();
        if !others.is_empty() {
            others.insert(0, '&');
        }
        let href = format!(
            "{host}{path}?includeCount={counts}&pageNum={page}&itemsPerPage={items}{others}"
        );
        json!({"href": href, "rel": rel})
    }

    /// The PEM of a new certificate. Atlas sends it as it is, and still calls it JSON.
    pub(crate) fn pem(&self, text: String) -> Response {
        self.respond(StatusCode::CREATED, FIRST, Body::from(text))
    }

    /// 204. The media type comes with it although there is nothing it could describe.
    pub(crate) fn nothing(&self) -> Response {
        self.respond(StatusCode::NO_CONTENT, FIRST, Body::empty())
    }

    fn render(&self, status: StatusCode, version: Date, value: &Value) -> Response {
        let text = if self.pretty {
            format!("{value:#}")
        } else {
            value.to_string()
        };
        self.respond(status, version, Body::from(text))
    }

    fn respond(&self, status: StatusCode, version: Date, body: Body) -> Response {
        let media_type = match self.version {
            Version::Undated => "application/json".to_owned(),
            Version::Dated(_) => format!("application/vnd.atlas.{version}+json;charset=utf-8"),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        if let Ok(value) = HeaderValue::from_str(&media_type) {
            response.headers_mut().insert(header::CONTENT_TYPE, value);
        }
        response
    }
}

/// Says that the version used has a successor, with the dates Atlas gives.
pub(crate) fn deprecate(headers: &mut HeaderMap) {
    const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
    const SUNSET: HeaderName = HeaderName::from_static("sunset");
    headers.insert(
        DEPRECATION,
        HeaderValue::from_static("Wed, 19 Feb 2025 00:00:00 GMT"),
    );
    headers.insert(
        SUNSET,
        HeaderValue::from_static("Thu, 1 Jul 2027 00:00:00 GMT"),
    );
}
