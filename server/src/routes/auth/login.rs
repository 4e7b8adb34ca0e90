//! The way to the identity provider.

use app::Trouble;
use axum::{
    Extension,
    extract::{Query, State},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use portal::{Client, identity, model::Upstream};
use serde::Deserialize;

use super::{cookies::login_cookie, return_to};
use crate::{Web, trouble};

#[derive(Deserialize)]
pub(crate) struct Wishes {
    return_to: Option<String>,
    /// Prove again who you are.
    #[serde(alias = "fresh")]
    step_up: Option<String>,
}

/// `GET /auth/login?return_to=&step_up=1`
pub(crate) async fn login(
    State(web): State<Web>,
    Extension(client): Extension<Client>,
    cookies: CookieJar,
    Query(wishes): Query<Wishes>,
) -> Response {
    if !web.rates.may_begin(client.ip) {
        return trouble::answer(Trouble::TooMany);
    }
    let back = return_to::safe(wishes.return_to.as_deref(), &web.public.url);
    let fresh = wishes.step_up.is_some_and(|wish| wish == "1");
    let begun = match web.provider.begin(&web.portal.random, back, fresh).await {
        Ok(begun) => begun,
        Err(refusal) => {
            tracing::warn!("Nobody can sign in: {refusal}");
            return trouble::away(Upstream::Identity);
        }
    };
    let cookie = login_cookie(&cookies, &web.portal.random);
    match identity::begin_attempt(&web.portal, cookie.value(), &begun.state, &begun.attempt).await {
        Ok(()) => (cookies.add(cookie), Redirect::to(begun.address.as_str())).into_response(),
        Err(error) => trouble::failed(error),
    }
}
