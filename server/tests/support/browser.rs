//! A browser without a screen.

use std::{collections::BTreeMap, net::SocketAddr};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::ConnectInfo,
    response::Response,
};
use http::{HeaderMap, Method, Request, StatusCode, header};
use tower::ServiceExt as _;
use url::form_urlencoded;

/// Cookies, the token its forms carry, and where it is.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    origin: String,
    pub(crate) address: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) csrf: String,
}

impl Browser {
    pub(crate) fn new(router: Router, origin: String) -> Self {
        Self {
            router,
            origin,
            address: "192.0.2.10:50000".parse().expect("an address"),
            cookies: BTreeMap::new(),
            csrf: String::new(),
        }
    }

    /// The same one, at another address.
    pub(crate) fn at(mut self, address: &str) -> Self {
        self.address = format!("{address}:50000").parse().expect("an address");
        self
    }

    /// Follows a link.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self
            .request(Method::GET, path)
            .header("sec-fetch-site", "none")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document");
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// Sends a form of the portal's own pages, with the session's token.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        if !fields.iter().any(|(name, _)| *name == "csrf") {
            form.append_pair("csrf", &self.csrf);
        }
        let body = form.finish();
        let request = self
            .request(Method::POST, path)
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "navigate")
            .header(header::ORIGIN, self.origin.clone())
            .header(header::CONTENT_LENGTH, body.len())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).expect("a request"))
            .await
    }

    /// A request with this browser's cookies and nothing about where it comes from.
    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .extension(ConnectInfo(self.address))
            .header(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")
            .header(
                header::USER_AGENT,
                "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Firefox/150.0",
            );
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        request
    }

    /// Sends a request and keeps the cookies of the answer.
    pub(crate) async fn send(&mut self, request: Request<Body>) -> Answer {
        let answer = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("a router that never fails");
        let answer = Answer::read(answer).await;
        for line in answer.headers.get_all(header::SET_COOKIE) {
            self.keep(line.to_str().expect("text"));
        }
        answer
    }

    fn keep(&mut self, line: &str) {
        let cookie = cookie::Cookie::parse(line.to_owned()).expect("a cookie");
        assert!(cookie.name().starts_with("__Host-"), "{line}");
        assert_eq!(cookie.path(), Some("/"), "{line}");
        assert_eq!(cookie.domain(), None, "{line}");
        let gone = cookie
            .max_age()
            .is_some_and(|age| age.is_zero() || age.is_negative());
        if gone {
            self.cookies.remove(cookie.name());
        } else {
            assert_eq!(cookie.secure(), Some(true), "{line}");
            assert_eq!(cookie.http_only(), Some(true), "{line}");
            self.cookies
                .insert(cookie.name().to_owned(), cookie.value().to_owned());
        }
    }

    /// Whether the portal knows who this is.
    pub(crate) async fn is_signed_in(&mut self) -> bool {
        let answer = self.get("/account").await;
        assert!(!answer.status.is_server_error(), "{}", answer.text());
        answer.status == StatusCode::OK
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status,
            headers: head.headers,
            body: to_bytes(body, 16 * 1024 * 1024)
                .await
                .expect("a whole body"),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Where it leads.
    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// A value of the query of where it leads.
    pub(crate) fn location_query(&self, name: &str) -> Option<String> {
        let base = url::Url::parse("https://certdesk.example.com").expect("an address");
        let location = base.join(self.location()).expect("an address");
        location
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}
