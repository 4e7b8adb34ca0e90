//! The provider says that somebody signed out (OpenID Connect Back-Channel Logout 1.0).

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, header};
use portal::identity;
use serde_json::json;

use crate::{Web, oidc::Refusal};

const BODY_MAX: usize = 64 * 1024;

/// `POST /auth/backchannel-logout`
pub(crate) async fn back_channel_logout(
    State(web): State<Web>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answer = match end_sessions(&web, &headers, body).await {
        Ok(ended) => {
            tracing::info!(
                sessions = ended,
                "The identity provider ended {ended} sessions"
            );
            StatusCode::OK.into_response()
        }
        Err(Failure::Refused(refusal)) => {
            tracing::warn!("A logout token was refused: {refusal}");
            // 2.8: 400, with an error as in RFC 6749, 5.2.
            (
                StatusCode::BAD_REQUEST,
                Json(json!({ "error": "invalid_request" })),
            )
                .into_response()
        }
        Err(Failure::Portal(error)) => {
            tracing::error!("A logout of the identity provider could not be carried out: {error}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    };
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}

enum Failure {
    Refused(Refusal),
    Portal(portal::Error),
}

async fn end_sessions(web: &Web, headers: &HeaderMap, body: Body) -> Result<usize, Failure> {
    let refused = |what: &str| Failure::Refused(Refusal::new("logout_request", what));
    let is_form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .to_ascii_lowercase()
                .starts_with("application/x-www-form-urlencoded")
        });
    if !is_form {
        return Err(refused("not a form"));
    }
    let body = to_bytes(body, BODY_MAX)
        .await
        .map_err(|_| refused("too long, or it broke off"))?;
    let mut tokens = url::form_urlencoded::parse(&body)
        .filter(|(name, _)| name == "logout_token")
        .map(|(_, token)| token.into_owned());
    let (Some(token), None) = (tokens.next(), tokens.next()) else {
        return Err(refused("not one logout_token"));
    };
    let logout = web
        .provider
        .read_logout_token(&token)
        .await
        .map_err(Failure::Refused)?;
    identity::end_by_provider(&web.portal, &logout)
        .await
        .map_err(Failure::Portal)?
        .ok_or_else(|| refused("the token was used before"))
}
