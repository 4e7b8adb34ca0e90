//! Who is calling: the two kinds of credential, and what each role may do.

mod digest;
mod oauth;

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;

pub(crate) use digest::{Nonces, challenge};
pub(crate) use oauth::{Tokens, revoke, token};

use crate::credentials::{Credential, Proof, Role};
use crate::errors::ApiError;
use crate::journal::Exchange;
use crate::state::StandIn;

/// The credential behind the request at hand.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) Arc<Credential>);

impl Caller {
    /// Refuses unless the credential can see the project.
    pub(crate) fn may_read(&self, group_id: &str) -> Result<(), ApiError> {
        if self.0.is_in(group_id) {
            Ok(())
        } else {
            Err(ApiError::not_in_group())
        }
    }

    /// Refuses unless the credential may manage database users of the project and their certificates.
    pub(crate) fn may_manage_users(&self, group_id: &str) -> Result<(), ApiError> {
        self.may_read(group_id)?;
        match self.0.role {
            Role::DatabaseAccessAdmin | Role::Owner | Role::OrganisationOwner => Ok(()),
            Role::ReadOnly => Err(ApiError::user_unauthorized()),
        }
    }

    /// Refuses unless the credential owns the project.
    pub(crate) fn must_own(&self, group_id: &str) -> Result<(), ApiError> {
        self.may_read(group_id)?;
        match self.0.role {
            Role::Owner | Role::OrganisationOwner => Ok(()),
            Role::ReadOnly | Role::DatabaseAccessAdmin => Err(ApiError::user_unauthorized()),
        }
    }

    /// Refuses unless the credential may read what is the organisation's.
    pub(crate) fn may_read_organisation(&self) -> Result<(), ApiError> {
        match self.0.role {
            Role::OrganisationOwner => Ok(()),
            Role::ReadOnly | Role::DatabaseAccessAdmin | Role::Owner => {
                Err(ApiError::user_unauthorized())
            }
        }
    }

    /// The public key, when the credential is an API key: events name it.
    pub(crate) fn public_key(&self) -> Option<String> {
        match &self.0.proof {
            Proof::ApiKey { public_key, .. } => Some(public_key.clone()),
            Proof::ServiceAccount { .. } => None,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(ApiError::user_unauthorized)
    }
}

/// The bearer token of a request, if it came with one.
#[derive(Clone)]
pub(crate) struct Bearer(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let value = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        Ok(Self(
            value
                .and_then(|value| scheme(value, "bearer"))
                .map(str::to_owned),
        ))
    }
}

/// The middleware before every API route: finds the credential, or answers with the digest challenge, which is what
/// Atlas does for a missing, a wrong and an expired credential alike.
pub(crate) async fn authenticate(
    State(stand_in): State<Arc<StandIn>>,
    OriginalUri(uri): OriginalUri,
    mut request: Request,
    next: Next,
) -> Response {
    let target = uri
        .path_and_query()
        .map_or("/", axum::http::uri::PathAndQuery::as_str);
    let value = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let found = recognise(
        &stand_in,
        request.method(),
        target,
        value.unwrap_or_default(),
    );
    let caller = match found {
        Ok(caller) => caller,
        Err(stale) => return challenge(&stand_in, stale),
    };
    if let Some(exchange) = request.extensions().get::<Exchange>() {
        exchange.note_credential(&caller.name);
    }
    request.extensions_mut().insert(Caller(caller));
    next.run(request).await
}

/// The credential, or whether the challenge should say that only the nonce was too old.
fn recognise(
    stand_in: &StandIn,
    method: &Method,
    target: &str,
    value: &str,
) -> Result<Arc<Credential>, bool> {
    let now = stand_in.clock.now();
    if let Some(token) = scheme(value, "bearer") {
        return stand_in.tokens.holder(token, now).ok_or(false);
    }
    if let Some(parameters) = scheme(value, "digest") {
        return stand_in.nonces.verify(
            parameters,
            method.as_str(),
            target,
            &stand_in.credentials,
            now,
        );
    }
    Err(false)
}

/// What follows the name of the scheme, which is not case-sensitive.
fn scheme<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case(name).then(|| rest.trim())
}
