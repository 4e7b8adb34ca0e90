//! Signing out, here and at the provider.

use app::{Caller, Trouble};
use axum::{
    Extension,
    extract::State,
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::Cookie;
use http::HeaderName;
use portal::identity;
use tower_sessions::Session;

use crate::{Web, session, trouble};

const SIGNED_OUT: &str = "/auth/signed-out";
/// Not `"cookies"`: browsers would drop those of every host of the company's domain, the sign-in
/// service's among them, which it needs for its own end of the sign-out. Ours are expired by name.
const CLEAR: (HeaderName, &str) = (
    HeaderName::from_static("clear-site-data"),
    "\"cache\", \"storage\"",
);
/// Cookies that stay: they say nothing about a person.
const KEPT: &[&str] = &["__Host-language", "__Host-theme"];

/// `POST /auth/logout`: ends the session here, and then at the provider where it offers that
/// (OpenID Connect RP-Initiated Logout 1.0).
pub(crate) async fn logout(
    State(web): State<Web>,
    caller: Option<Extension<Caller>>,
    session: Session,
    cookies: CookieJar,
) -> Response {
    let id_token = match end_here(&web, caller, &session).await {
        Ok(id_token) => id_token,
        Err(error) => return trouble::failed(error),
    };
    let state = URL_SAFE_NO_PAD.encode(web.portal.random.bytes::<16>());
    let back = web.public.address_of(SIGNED_OUT);
    let address = web
        .provider
        .end_session_address(id_token.as_deref(), &back, &state)
        .await;
    let next = address.as_ref().map_or(SIGNED_OUT, url::Url::as_str);
    (
        AppendHeaders([CLEAR]),
        without_ours(cookies),
        Redirect::to(next),
    )
        .into_response()
}

async fn end_here(
    web: &Web,
    caller: Option<Extension<Caller>>,
    session: &Session,
) -> Result<Option<String>, portal::Error> {
    let Some(id) = session.id() else {
        return Ok(None);
    };
    let ended = match caller {
        Some(Extension(caller)) => {
            identity::sign_out(&web.portal, &caller.actor, session::key_of(id)).await?
        }
        None => None,
    };
    session::end(session).await.map_err(|error| {
        portal::Error::internal("the session's cookie could not be taken away", error)
    })?;
    Ok(ended.and_then(|ended| ended.id_token))
}

/// Expires every cookie of ours that the browser sent. The session's too: the session layer forgets
/// `Secure`, without which browsers do not take a `__Host-` cookie back.
fn without_ours(cookies: CookieJar) -> CookieJar {
    let names: Vec<String> = cookies
        .iter()
        .map(|cookie| cookie.name().to_owned())
        .filter(|name| name.starts_with("__Host-") && !KEPT.contains(&name.as_str()))
        .collect();
    names.into_iter().fold(cookies, |cookies, name| {
        cookies.remove(
            Cookie::build((name, ""))
                .path("/")
                .secure(true)
                .http_only(true)
                .build(),
        )
    })
}

/// `GET /auth/signed-out`: the provider's sign-out ends here. Its `state` is not looked at: whatever
/// it is, the session was over before the browser left.
pub(crate) async fn signed_out() -> Response {
    trouble::answer(Trouble::SignedOut)
}
