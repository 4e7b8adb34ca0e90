//! The download of a certificate with its key.
//!
//! No server function: a key must not pass through a serialised resource or a redirect.

use app::Caller;
use axum::{
    Extension,
    body::Body,
    extract::{Form, Path, State},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use bytes::Bytes;
use http::{HeaderValue, header};
use portal::{
    Error,
    certificates::{self, Delivery, pickup},
    model::{DeliveryFormat, Denial, Field, FieldError, Problem, RequestId},
};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use crate::{Web, routes::auth, trouble};

/// Nothing in it may do anything, should a browser ever show it.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

#[derive(Deserialize)]
pub(crate) struct Fields {
    format: String,
    csrf: String,
}

/// `POST /requests/{id}/certificate`
pub(crate) async fn deliver(
    State(web): State<Web>,
    caller: Option<Extension<Caller>>,
    Path(id): Path<String>,
    cookies: CookieJar,
    Form(fields): Form<Fields>,
) -> Response {
    match try_deliver(&web, caller, &id, &cookies, &fields).await {
        Ok(delivery) => file(delivery),
        Err(Error::SignInRequired) => sign_in(&id, false),
        Err(Error::StepUpRequired) => sign_in(&id, true),
        Err(error) => trouble::failed(error),
    }
}

async fn try_deliver(
    web: &Web,
    caller: Option<Extension<Caller>>,
    id: &str,
    cookies: &CookieJar,
    fields: &Fields,
) -> Result<Delivery, Error> {
    let Extension(caller) = caller.ok_or(Error::SignInRequired)?;
    let id: RequestId = id.parse().map_err(|_| Error::NotFound)?;
    if !bool::from(caller.csrf.as_bytes().ct_eq(fields.csrf.as_bytes())) {
        return Err(Denial::StaleForm.into());
    }
    let format: DeliveryFormat = fields.format.parse().map_err(|_| {
        let problem = Problem::NotAChoice;
        Error::Invalid(vec![FieldError {
            field: Field::Format,
            problem,
        }])
    })?;
    let secret = cookies
        .get(&pickup::cookie_name(id))
        .map(cookie::Cookie::value);
    certificates::deliver(&web.portal, &caller.actor, id, secret, format).await
}

fn sign_in(id: &str, fresh: bool) -> Response {
    Redirect::to(&auth::login_address(&format!("/requests/{id}"), fresh)).into_response()
}

fn file(delivery: Delivery) -> Response {
    // The buffer is wiped when the connection has taken it.
    let mut response = Response::new(Body::from(Bytes::from_owner(delivery.body)));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(delivery.content_type),
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(disposition) =
        HeaderValue::from_str(&format!("attachment; filename=\"{}\"", delivery.file_name))
    {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
