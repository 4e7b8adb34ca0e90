//! An OpenID provider that does as it is told, also what no provider should.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Form, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::TcpListener;

use super::{
    Answer, Browser,
    jwt::{KEYS, Token},
};

type Fields = Vec<(String, String)>;

/// What it answers, to be changed by tests.
pub(crate) struct Script {
    pub(crate) discovery: Value,
    pub(crate) keys: Value,
    /// Status, content type and body of the token endpoint.
    pub(crate) token: (StatusCode, &'static str, String),
    pub(crate) token_headers: HeaderMap,
    pub(crate) userinfo: (StatusCode, String),
    /// The last form the token endpoint got, and its `Authorization`.
    pub(crate) token_request: Option<(Fields, String)>,
}

#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) discovery: AtomicUsize,
    pub(crate) keys: AtomicUsize,
    pub(crate) token: AtomicUsize,
    pub(crate) userinfo: AtomicUsize,
    pub(crate) other: AtomicUsize,
}

struct Inner {
    script: Mutex<Script>,
    calls: Calls,
}

/// The provider, listening on this machine.
#[derive(Clone)]
pub(crate) struct IdentityProvider {
    pub(crate) issuer: String,
    inner: Arc<Inner>,
}

/// A sign-in as the provider sees it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
    pub(crate) address: url::Url,
}

impl IdentityProvider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let script = Script {
            discovery: discovery(&issuer),
            keys: json!({ "keys": [KEYS[0].jwk()] }),
            token: (StatusCode::BAD_REQUEST, "application/json", "{}".to_owned()),
            token_headers: HeaderMap::new(),
            userinfo: (StatusCode::OK, "{}".to_owned()),
            token_request: None,
        };
        let inner = Arc::new(Inner {
            script: Mutex::new(script),
            calls: Calls::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(answer_discovery))
            .route("/keys", get(answer_keys))
            .route("/token", post(answer_token))
            .route("/userinfo", get(answer_userinfo))
            .fallback(answer_other)
            .with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { issuer, inner }
    }

    pub(crate) fn script<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        change(
            &mut self
                .inner
                .script
                .lock()
                .expect("nothing panics while it holds the lock"),
        )
    }

    pub(crate) fn calls(&self) -> &Calls {
        &self.inner.calls
    }

    pub(crate) fn token_calls(&self) -> usize {
        self.inner.calls.token.load(Ordering::SeqCst)
    }

    pub(crate) fn key_calls(&self) -> usize {
        self.inner.calls.keys.load(Ordering::SeqCst)
    }

    /// Begins a sign-in with a browser.
    pub(crate) async fn begin(&self, browser: &mut Browser, path: &str) -> Asked {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let take = |name: &str| answer.location_query(name).unwrap_or_default();
        Asked {
            state: take("state"),
            nonce: take("nonce"),
            challenge: take("code_challenge"),
            address: answer.location().parse().expect("an address"),
        }
    }

    /// A token that is right in everything.
    pub(crate) fn good_token(&self, asked: &Asked, sub: &str, now: OffsetDateTime) -> Token {
        let now = now.unix_timestamp();
        Token::new(json!({
            "iss": self.issuer, "aud": "certdesk", "sub": sub, "nonce": asked.nonce,
            "iat": now, "exp": now + 300, "auth_time": now, "sid": format!("sid-of-{sub}"),
            "name": sub, "groups": ["staff"],
        }))
    }

    /// Has the token endpoint answer with this token.
    pub(crate) fn give(&self, token: &Token) {
        let answer = json!({
            "access_token": "the-access-token", "token_type": "Bearer", "expires_in": 300,
            "id_token": token.compact(),
        });
        self.script(|script| {
            script.token = (StatusCode::OK, "application/json", answer.to_string());
        });
    }

    /// The address the browser comes back to.
    pub(crate) fn callback(&self, asked: &Asked) -> String {
        let iss = url::form_urlencoded::byte_serialize(self.issuer.as_bytes()).collect::<String>();
        format!(
            "/auth/callback?code=the-code&state={}&iss={iss}",
            asked.state
        )
    }

    /// A whole sign-in, with a token a test may change.
    pub(crate) async fn sign_in(
        &self,
        browser: &mut Browser,
        sub: &str,
        now: OffsetDateTime,
        change: impl FnOnce(&mut Token),
    ) -> Answer {
        let asked = self.begin(browser, "/auth/login?return_to=/account").await;
        let mut token = self.good_token(&asked, sub, now);
        change(&mut token);
        self.give(&token);
        browser.get(&self.callback(&asked)).await
    }
}

fn discovery(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/keys"),
        "end_session_endpoint": format!("{issuer}/logout"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "PS256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
    })
}

async fn answer_discovery(State(inner): State<Arc<Inner>>) -> Response {
    inner.calls.discovery.fetch_add(1, Ordering::SeqCst);
    let script = inner
        .script
        .lock()
        .expect("nothing panics while it holds the lock");
    axum::Json(script.discovery.clone()).into_response()
}

async fn answer_keys(State(inner): State<Arc<Inner>>) -> Response {
    inner.calls.keys.fetch_add(1, Ordering::SeqCst);
    let script = inner
        .script
        .lock()
        .expect("nothing panics while it holds the lock");
    axum::Json(script.keys.clone()).into_response()
}

async fn answer_token(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    inner.calls.token.fetch_add(1, Ordering::SeqCst);
    let mut script = inner
        .script
        .lock()
        .expect("nothing panics while it holds the lock");
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    script.token_request = Some((fields, authorization.unwrap_or_default().to_owned()));
    let (status, content_type, body) = script.token.clone();
    (
        status,
        script.token_headers.clone(),
        [(header::CONTENT_TYPE, content_type)],
        body,
    )
        .into_response()
}

async fn answer_userinfo(State(inner): State<Arc<Inner>>) -> Response {
    inner.calls.userinfo.fetch_add(1, Ordering::SeqCst);
    let script = inner
        .script
        .lock()
        .expect("nothing panics while it holds the lock");
    let (status, body) = script.userinfo.clone();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn answer_other(State(inner): State<Arc<Inner>>) -> StatusCode {
    inner.calls.other.fetch_add(1, Ordering::SeqCst);
    StatusCode::NOT_FOUND
}
