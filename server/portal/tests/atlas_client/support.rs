//! What all these tests need: a client with a clock and waits of its own, and Atlas's answers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use portal::{
    atlas::{
        ApiVersion, AtlasClient, AtlasSettings, Credential, Credentials, Pause, ReadError, Timing,
        Unanswered,
    },
    clock::FakeClock,
    model::{GroupId, Months, Refusal, RefusalReason, Username},
};
use serde_json::{Value, json};
use time::macros::datetime;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

/// What must never be seen outside a request.
pub(crate) const CANARY: &str = "canary-1f7c";

pub(crate) const TOKEN_PATH: &str = "/api/oauth/token";
pub(crate) const GROUP: &str = "5f0c8a7e1b2c3d4e5f6a7b8c";
pub(crate) const CLIENT_ID: &str = "mdb_sa_id_0123456789abcdef01234567";
pub(crate) const PUBLIC_KEY: &str = "abcdefgh";

pub(crate) fn group() -> GroupId {
    GROUP.parse().expect("is a project id")
}

pub(crate) fn user() -> Username {
    name("orders-api")
}

pub(crate) fn name(text: &str) -> Username {
    text.parse().expect("is a user name")
}

pub(crate) fn months(months: u8) -> Months {
    months.try_into().expect("is 1 to 24")
}

pub(crate) fn account() -> Credential {
    Credential::ServiceAccount {
        client_id: CLIENT_ID.to_owned(),
        client_secret: format!("mdb_sa_sk_{CANARY}").into(),
    }
}

pub(crate) fn key() -> Credential {
    Credential::ApiKey {
        public_key: PUBLIC_KEY.to_owned(),
        private_key: format!("private-{CANARY}").into(),
    }
}

pub(crate) fn settings(url: &str, api: ApiVersion, credential: Credential) -> AtlasSettings {
    AtlasSettings {
        base_url: url.parse().expect("is an address"),
        api,
        credentials: Credentials {
            reader: credential,
            issuer: None,
            disabler: None,
        },
    }
}

/// A client, its clock, and the waits it would have made.
pub(crate) struct Setup {
    pub(crate) atlas: AtlasClient,
    pub(crate) clock: FakeClock,
    pub(crate) waits: Arc<Mutex<Vec<Duration>>>,
}

impl Setup {
    pub(crate) fn with(settings: AtlasSettings, change: impl FnOnce(&mut Timing)) -> Self {
        let clock = FakeClock::at(datetime!(2026-08-10 12:00 UTC));
        let waits = Arc::<Mutex<Vec<Duration>>>::default();
        let seen = Arc::clone(&waits);
        let mut timing = Timing {
            pause: Pause::new(move |wait| {
                seen.lock().expect("no test panics in here").push(wait);
                Box::pin(async {})
            }),
            ..Timing::default()
        };
        change(&mut timing);
        let atlas = AtlasClient::with_timing(settings, timing, Arc::new(clock.clone()))
            .expect("these settings can be used");
        Self {
            atlas,
            clock,
            waits,
        }
    }

    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.waits.lock().expect("no test panics in here").clone()
    }
}

/// A server that gives out tokens, each another one.
pub(crate) async fn server_with_tokens() -> MockServer {
    let server = MockServer::start().await;
    let given = Mutex::new(0);
    let respond = move |_: &wiremock::Request| {
        let mut given = given.lock().expect("no test panics in here");
        *given += 1;
        token(&format!("{CANARY}-token-{given}"), 3600)
    };
    Mock::given(method("POST"))
        .and(path(TOKEN_PATH))
        .respond_with(respond)
        .mount(&server)
        .await;
    server
}

pub(crate) fn token(text: &str, expires_in: u32) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(
        json!({"access_token": text, "expires_in": expires_in, "token_type": "Bearer"}),
    )
}

/// The requests a server got, without those for tokens: `GET /path?query`.
pub(crate) async fn seen(server: &MockServer) -> Vec<String> {
    let all = all_seen(server).await;
    all.into_iter()
        .filter(|line| !line.ends_with(TOKEN_PATH))
        .collect()
}

/// All requests a server got.
pub(crate) async fn all_seen(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.expect("are recorded");
    requests
        .iter()
        .map(|request| {
            let target = &request.url[url::Position::BeforePath..];
            format!("{} {target}", request.method)
        })
        .collect()
}

/// How many tokens a server was asked for.
pub(crate) async fn tokens_asked(server: &MockServer) -> usize {
    all_seen(server).await.len() - seen(server).await.len()
}

pub(crate) fn error(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .insert_header("x-error-code", code)
        .set_body_json(json!({
            "detail": "In words.", "error": status, "errorCode": code,
            "parameters": [], "reason": "Words",
        }))
}

/// A list with one page.
pub(crate) fn list(results: &Value) -> ResponseTemplate {
    let count = results.as_array().expect("is a list").len();
    ResponseTemplate::new(200).set_body_json(json!({
        "links": [{"href": "https://cloud.mongodb.com/api/atlas/v2/x", "rel": "self"}],
        "results": results,
        "totalCount": count,
    }))
}

pub(crate) fn certificate(serial: i64) -> Value {
    json!({
        "_id": serial, "createdAt": "2026-06-02T13:56:22Z", "groupId": GROUP,
        "notAfter": "2026-09-02T14:56:22Z", "subject": "CN=orders-api",
    })
}

/// Text of the right shape; this client does not look any closer.
pub(crate) fn pem() -> String {
    format!(
        "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n\
         -----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"
    )
}

/// The answer with a certificate, with the Content-Type Atlas gives it.
pub(crate) fn created() -> ResponseTemplate {
    ResponseTemplate::new(201)
        .set_body_raw(pem(), "application/vnd.atlas.2023-01-01+json;charset=utf-8")
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, ReadError>) -> Refusal {
    match result {
        Err(ReadError::Refused(refusal)) => refusal,
        other => panic!("not a refusal: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn refused_for<T: std::fmt::Debug>(result: Result<T, ReadError>) -> RefusalReason {
    refused(result).reason
}

#[track_caller]
pub(crate) fn unanswered<T: std::fmt::Debug>(result: Result<T, ReadError>) -> Unanswered {
    match result {
        Err(ReadError::Unavailable { source }) => source,
        other => panic!("answered: {other:?}"),
    }
}
