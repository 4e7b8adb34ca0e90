//! What the tests share: a stand-in of their own, and a client that signs in to it.

use atlas_stand_in::{Fault, FaultKind, KeyKind, Options, Running, Settings, start};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// The project most tests look at.
pub(crate) const PAYMENTS: &str = "64f0c0a1e4b0a1b2c3d4e501";
/// One without clusters of interest and with password users.
pub(crate) const CATALOG: &str = "64f0c0a1e4b0a1b2c3d4e502";
/// The media type a client of API v2 asks for.
pub(crate) const ACCEPT: &str = "application/vnd.atlas.2025-02-19+json";

/// The three default service accounts.
pub(crate) const READER: (&str, &str) = (
    "mdb_sa_id_64f0c0a1e4b0a1b2c3d4e601",
    "mdb_sa_sk_stand-in-reader",
);
/// May create certificates.
pub(crate) const ISSUER: (&str, &str) = (
    "mdb_sa_id_64f0c0a1e4b0a1b2c3d4e602",
    "mdb_sa_sk_stand-in-issuer",
);
/// May change security settings.
pub(crate) const DISABLER: (&str, &str) = (
    "mdb_sa_id_64f0c0a1e4b0a1b2c3d4e603",
    "mdb_sa_sk_stand-in-disabler",
);

/// A stand-in and a client signed in as the issuer.
pub(crate) struct Atlas {
    pub(crate) running: Running,
    pub(crate) http: Client,
    pub(crate) token: String,
}

/// Settings that make tests quick.
pub(crate) fn quick() -> Settings {
    Settings {
        key_kind: KeyKind::EcdsaP256,
        ..Settings::default()
    }
}

/// A stand-in with quick keys.
pub(crate) async fn atlas() -> Atlas {
    with(quick()).await
}

/// A stand-in with the given settings.
pub(crate) async fn with(settings: Settings) -> Atlas {
    let running = start(settings).await.unwrap();
    let http = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let token = token(&http, &running.url(), ISSUER).await;
    Atlas {
        running,
        http,
        token,
    }
}

/// An access token.
pub(crate) async fn token(http: &Client, url: &str, (id, secret): (&str, &str)) -> String {
    let answer: Value = ask_token(http, url, (id, secret))
        .await
        .json()
        .await
        .unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// The answer to the request for an access token.
pub(crate) async fn ask_token(http: &Client, url: &str, (id, secret): (&str, &str)) -> Response {
    http.post(format!("{url}/api/oauth/token"))
        .basic_auth(id, Some(secret))
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .unwrap()
}

impl Atlas {
    /// The same stand-in with another credential.
    pub(crate) async fn signed_in(mut self, credential: (&str, &str)) -> Self {
        self.token = token(&self.http, &self.running.url(), credential).await;
        self
    }

    /// A v2 request below `/api/atlas/v2`.
    pub(crate) fn v2(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}/api/atlas/v2{path}", self.running.url()))
            .bearer_auth(&self.token)
            .header("accept", ACCEPT)
    }

    /// A v1.0 request below `/api/atlas/v1.0`.
    pub(crate) fn v1(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(
                method,
                format!("{}/api/atlas/v1.0{path}", self.running.url()),
            )
            .bearer_auth(&self.token)
            .header("accept", "application/json")
    }

    /// `GET` in v2, expecting 200.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.v2(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// Sends a certificate request for a user of the payments project.
    pub(crate) async fn post_cert(
        &self,
        user: &str,
        body: Value,
    ) -> Result<Response, reqwest::Error> {
        self.v2(Method::POST, &certs(user)).json(&body).send().await
    }

    /// A certificate for three months, in PEM with its key.
    pub(crate) async fn issue(&self, user: &str) -> String {
        let response = self
            .post_cert(user, json!({"monthsUntilExpiration": 3}))
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        response.text().await.unwrap()
    }

    /// The certificates the list shows for a user of the payments project.
    pub(crate) async fn listed(&self, user: &str) -> Vec<Value> {
        self.get(&certs(user)).await["results"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// A control request.
    pub(crate) fn control(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}/_control/{path}", self.running.url()))
    }
}

/// The path of a user's certificates in the payments project; the name is already percent-encoded.
pub(crate) fn certs(user: &str) -> String {
    format!("/groups/{PAYMENTS}/databaseUsers/{user}/certs")
}

/// Fails unless the response is this error in Atlas's shape.
pub(crate) async fn assert_error(response: Response, status: u16, code: &str) -> Value {
    assert_eq!(response.status().as_u16(), status, "{code}");
    assert_eq!(response.headers()["x-error-code"], code);
    assert_eq!(response.headers()["content-type"], "application/json");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], status);
    assert_eq!(body["errorCode"], code);
    assert!(
        body["detail"].is_string() && body["reason"].is_string() && body["parameters"].is_array()
    );
    body
}

/// Arms a fault for the next certificate request of `orders-api`, and makes that request.
pub(crate) async fn struck(
    atlas: &Atlas,
    kind: FaultKind,
    options: Options,
) -> Result<Response, reqwest::Error> {
    atlas.running.stand_in().arm(Fault {
        options,
        ..Fault::new(kind).on("POST", "/certs")
    });
    atlas
        .post_cert("orders-api", json!({"monthsUntilExpiration": 3}))
        .await
}

/// How many certificates exist, whether a client knows of them or not.
pub(crate) fn made(atlas: &Atlas) -> usize {
    atlas.running.stand_in().certificates().len()
}
