//! The way back from the identity provider.

use std::collections::HashMap;

use axum::{
    Extension,
    extract::{RawQuery, State},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use http::{HeaderMap, header};
use portal::{
    Client,
    identity::{self, LoginAttempt, SignIn},
};
use tower_sessions::Session;

use super::{cookies::login_secret, failure};
use crate::{
    Web,
    layers::request_id::RequestId,
    oidc::{Identity, Refusal},
    session, trouble,
};

const CODE_MAX: usize = 3_000;

/// `GET /auth/callback`
pub(crate) async fn callback(
    State(web): State<Web>,
    Extension(client): Extension<Client>,
    Extension(incident): Extension<RequestId>,
    session: Session,
    headers: HeaderMap,
    cookies: CookieJar,
    RawQuery(query): RawQuery,
) -> Response {
    let (attempt, identity) = match receive(&web, &cookies, query.as_deref()).await {
        Ok(received) => received,
        Err(Failure::Refused(refusal)) => {
            return failure::refused(&web, client, &incident, &refusal).await;
        }
        Err(Failure::Declined(refusal)) => return failure::declined(&web, client, &refusal).await,
        Err(Failure::Portal(error)) => return trouble::failed(error),
    };
    let user_agent = headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    let sign_in = sign_in_of(&web, identity, client, user_agent.unwrap_or_default());
    match begin_session(&web, &session, sign_in).await {
        Ok(()) => Redirect::to(&attempt.return_to).into_response(),
        Err(error) => trouble::failed(error),
    }
}

enum Failure {
    Refused(Refusal),
    /// The provider answered that it will not, or the person that they will not.
    Declined(Refusal),
    Portal(portal::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// From the answer's parameters to a person. The attempt is used up before anything else happens.
async fn receive(
    web: &Web,
    cookies: &CookieJar,
    query: Option<&str>,
) -> Result<(LoginAttempt, Identity), Failure> {
    let answer = Answer::parse(query.unwrap_or_default())?;
    let secret = login_secret(cookies)
        .ok_or_else(|| Refusal::new("answer.other_browser", "there is no login cookie"))?;
    let state = answer.state.as_deref().unwrap_or_default();
    let attempt = identity::take_attempt(&web.portal, &secret, state)
        .await
        .map_err(Failure::Portal)?
        .ok_or_else(|| Refusal::new("answer.state", "no sign-in of this browser waits for it"))?;
    web.provider
        .check_issuer(&attempt, answer.iss.as_deref())
        .await?;
    let code = match (answer.code, answer.error) {
        (Some(_), Some(_)) => {
            return Err(Refusal::new("answer.contradiction", "a code and an error").into());
        }
        (None, Some(error)) => return Err(Failure::Declined(Refusal::new("answer.error", error))),
        (None, None) => return Err(Refusal::new("answer.code", "there is none").into()),
        (Some(code), None) => code,
    };
    if code.len() > CODE_MAX {
        return Err(Refusal::new("answer.code", "too long").into());
    }
    let identity = web.provider.finish(&attempt, code).await?;
    Ok((attempt, identity))
}

/// The parameters of an authorization response (RFC 6749, 4.1.2; RFC 9207).
#[derive(Default)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

impl Answer {
    /// Parameters must not occur twice (RFC 6749, 3.1): two readers would see two answers.
    fn parse(query: &str) -> Result<Self, Refusal> {
        let mut parameters = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if parameters
                .insert(name.into_owned(), value.into_owned())
                .is_some()
            {
                return Err(Refusal::new("answer.duplicate", "a parameter occurs twice"));
            }
        }
        let mut take = |name| {
            parameters
                .remove(name)
                .filter(|value: &String| !value.is_empty())
        };
        let answer = Self {
            state: take("state"),
            code: take("code"),
            // Letters only: it goes into the log.
            error: take("error").map(|error| {
                error
                    .chars()
                    .filter(|letter| letter.is_ascii_lowercase() || *letter == '_')
                    .take(64)
                    .collect()
            }),
            iss: take("iss"),
        };
        if answer.state.is_none() {
            return Err(Refusal::new("answer.state", "there is none"));
        }
        Ok(answer)
    }
}

fn sign_in_of(web: &Web, identity: Identity, client: Client, user_agent: &str) -> SignIn {
    SignIn {
        iss: web.provider.issuer().to_owned(),
        sub: identity.sub,
        name: identity.name,
        email: identity.email,
        groups: identity.groups,
        auth_time: identity.auth_time,
        provider_sid: identity.sid,
        id_token: identity.id_token,
        client,
        user_agent: user_agent.to_owned(),
    }
}

/// Begins a session under a new id, in place of the one the browser had.
async fn begin_session(web: &Web, session: &Session, sign_in: SignIn) -> Result<(), portal::Error> {
    let id = session::new_id(&web.portal);
    let replaces = session.id().map(session::key_of);
    identity::sign_in(&web.portal, sign_in, session::key_of(id), replaces).await?;
    session::adopt(session, id)
        .await
        .map_err(|error| portal::Error::internal("the session's cookie could not be set", error))
}
