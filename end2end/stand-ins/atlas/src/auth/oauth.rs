//! Service accounts: access tokens for client credentials.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use serde_json::json;
use time::OffsetDateTime;

use crate::connection::Peer;
use crate::credentials::{Credential, Proof};
use crate::errors::ApiError;
use crate::journal::Exchange;
use crate::state::{StandIn, lock};

/// How many tokens one client may ask for in a minute.
const PER_MINUTE: u32 = 50;

/// The access tokens given out.
#[derive(Default)]
pub(crate) struct Tokens {
    live: Mutex<HashMap<String, Grant>>,
    /// Requests in the current minute, by address and client.
    asked: Mutex<HashMap<(IpAddr, String), (i64, u32)>>,
}

struct Grant {
    credential: Arc<Credential>,
    expires: OffsetDateTime,
}

impl Tokens {
    /// Whose token it is, while it lives.
    pub(super) fn holder(&self, token: &str, now: OffsetDateTime) -> Option<Arc<Credential>> {
        let live = lock(&self.live);
        live.get(token)
            .filter(|grant| now < grant.expires)
            .map(|grant| Arc::clone(&grant.credential))
    }

    /// Ends one token.
    pub(crate) fn forget(&self, token: &str) {
        lock(&self.live).remove(token);
    }

    /// Ends all tokens.
    pub(crate) fn forget_all(&self) {
        lock(&self.live).clear();
    }

    fn grant(
        &self,
        credential: &Arc<Credential>,
        now: OffsetDateTime,
        expires: OffsetDateTime,
    ) -> String {
        // Clients must treat it as opaque; it begins like the JSON web token Atlas gives.
        let token = format!(
            "eyJ{}",
            BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
        );
        let mut live = lock(&self.live);
        live.retain(|_, grant| now < grant.expires);
        live.insert(
            token.clone(),
            Grant {
                credential: Arc::clone(credential),
                expires,
            },
        );
        token
    }

    /// Counts a request; the seconds to wait when there were too many.
    fn count(&self, from: IpAddr, client: &str, now: OffsetDateTime) -> Result<(), u64> {
        let minute = now.unix_timestamp() / 60;
        let mut asked = lock(&self.asked);
        let entry = asked
            .entry((from, client.to_owned()))
            .or_insert((minute, 0));
        if entry.0 != minute {
            *entry = (minute, 0);
        }
        entry.1 += 1;
        if entry.1 <= PER_MINUTE {
            Ok(())
        } else {
            Err(u64::from(60 - now.second()))
        }
    }
}

/// `POST /api/oauth/token`.
pub(crate) async fn token(
    State(stand_in): State<Arc<StandIn>>,
    peer: Peer,
    exchange: Option<axum::Extension<Exchange>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = stand_in.clock.now();
    let Some((client, secret)) = basic(&headers) else {
        return invalid_client();
    };
    if !stand_in.settings.unlimited
        && let Err(seconds) = stand_in.tokens.count(peer.ip(), &client, now)
    {
        return ApiError::token_rate_limited(PER_MINUTE, seconds).into_response();
    }
    let Some(credential) = service_account(&stand_in, &client, &secret) else {
        return invalid_client();
    };
    if let Some(exchange) = exchange {
        exchange.note_credential(&credential.name);
    }
    match field(&headers, &body, "grant_type").as_deref() {
        Some("client_credentials") => {}
        Some(_) => {
            return refusal(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "Unsupported grant type.",
            );
        }
        None => {
            return refusal(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The grant type is missing.",
            );
        }
    }
    let lifetime = stand_in.settings.token_lifetime;
    let token = stand_in.tokens.grant(credential, now, now + lifetime);
    let answer =
        json!({"access_token": token, "expires_in": lifetime.as_secs(), "token_type": "Bearer"});
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// `POST /api/oauth/revoke`: 200 without a body, also for a token nobody knows.
pub(crate) async fn revoke(
    State(stand_in): State<Arc<StandIn>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((client, secret)) = basic(&headers) else {
        return invalid_client();
    };
    if service_account(&stand_in, &client, &secret).is_none() {
        return invalid_client();
    }
    let Some(token) = field(&headers, &body, "token") else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The token is missing.",
        );
    };
    stand_in.tokens.forget(&token);
    StatusCode::OK.into_response()
}

fn service_account<'a>(
    stand_in: &'a StandIn,
    client: &str,
    secret: &str,
) -> Option<&'a Arc<Credential>> {
    stand_in.credentials.iter().find(|credential| {
        matches!(&credential.proof, Proof::ServiceAccount { client_id, client_secret }
            if client_id == client && client_secret == secret)
    })
}

fn invalid_client() -> Response {
    refusal(
        StatusCode::UNAUTHORIZED,
        "invalid_client",
        "Invalid credentials provided.",
    )
}

/// The error shape of OAuth: `error` is text here, where it is a number everywhere else.
fn refusal(status: StatusCode, error: &str, description: &str) -> Response {
    (
        status,
        Json(json!({"error": error, "error_description": description})),
    )
        .into_response()
}

/// Id and secret; both were URL-encoded before they were joined, as RFC 6749 section 2.3.1 asks.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = BASE64_STANDARD
        .decode(super::scheme(value, "basic")?)
        .ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |part: &str| {
        Some(
            percent_decode_str(&part.replace('+', " "))
                .decode_utf8()
                .ok()?
                .into_owned(),
        )
    };
    Some((plain(id)?, plain(secret)?))
}

fn field(headers: &HeaderMap, body: &[u8], name: &str) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return None;
    }
    let mut fields = url::form_urlencoded::parse(body);
    fields
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}
