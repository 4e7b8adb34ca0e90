//! Between a client and the stand-in: hands on everything, and writes it down.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use tokio::net::TcpListener;

/// A request and its answer, whole.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) status: StatusCode,
    pub(crate) answer_headers: HeaderMap,
    pub(crate) answer: Bytes,
}

impl Exchange {
    pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A recorder that listens.
pub(crate) struct Recorder {
    pub(crate) url: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

#[derive(Clone)]
struct Way {
    http: reqwest::Client,
    to: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Recorder {
    /// A recorder before the server at this address.
    pub(crate) async fn before(to: String) -> Self {
        let exchanges = Arc::<Mutex<Vec<Exchange>>>::default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let way = Way {
            http,
            to,
            exchanges: Arc::clone(&exchanges),
        };
        let router = Router::new().fallback(hand_on).with_state(way);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, exchanges }
    }

    /// What went through so far.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap().clone()
    }
}

async fn hand_on(State(way): State<Way>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut headers = parts.headers.clone();
    headers.remove(header::HOST);
    let answer = way
        .http
        .request(parts.method.clone(), format!("{}{}", way.to, parts.uri))
        .headers(headers)
        .body(body.clone())
        .send()
        .await
        .unwrap();
    let status = answer.status();
    let answer_headers = answer.headers().clone();
    let bytes = answer.bytes().await.unwrap();
    way.exchanges.lock().unwrap().push(Exchange {
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        body,
        status,
        answer_headers: answer_headers.clone(),
        answer: bytes.clone(),
    });
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    *response.headers_mut() = answer_headers;
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    response
}
