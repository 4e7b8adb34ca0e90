//! The download of a certificate with its key.
//!
//! No server function: a key must not pass through a serialised resource or a redirect.

use app::{
    Caller, PortalError,
    here::{Said, What},
};
use axum::{
    Extension,
    body::Body,
    extract::{Form, Path, State},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use bytes::Bytes;
use http::{HeaderMap, header};
use portal::{
    Error,
    certificates::{self, Delivery, Wanted, pickup},
    model::{DeliveryFormat, Denial, Field, FieldError, RequestId},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use crate::{
    Web,
    routes::{attachment::attachment, auth},
    trouble,
};

/// What the form holds. Nothing of it is written anywhere.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    format: String,
    passphrase: SecretString,
    csrf: String,
}

/// `POST /requests/{id}/certificate`
pub(crate) async fn deliver(
    State(web): State<Web>,
    caller: Option<Extension<Caller>>,
    Path(id): Path<String>,
    cookies: CookieJar,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    match try_deliver(&web, caller, &id, &cookies, &fields).await {
        Ok(delivery) => file(delivery),
        Err(Error::SignInRequired) => sign_in(&id, false),
        Err(Error::StepUpRequired) => sign_in(&id, true),
        Err(error) if is_passphrase(&error) && trouble::wants_page(&headers) => back(&id, error),
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
        certificates::refuse_stale_form(&web.portal, &caller.actor, id).await?;
        return Err(Denial::StaleForm.into());
    }
    // What cannot be made is refused here, before a download is counted or the key opened.
    let wanted = Wanted::parse(&fields.format, fields.passphrase.expose_secret())?;
    let secret = cookies
        .get(&pickup::cookie_name(id))
        .map(cookie::Cookie::value);
    certificates::deliver(&web.portal, &caller.actor, id, secret, wanted).await
}

fn sign_in(id: &str, fresh: bool) -> Response {
    Redirect::to(&auth::login_address(&format!("/requests/{id}"), fresh)).into_response()
}

/// Whether the pass-phrase is what is wrong: the one thing a person types here.
fn is_passphrase(error: &Error) -> bool {
    let Error::Invalid(errors) = error else {
        return false;
    };
    matches!(
        errors.as_slice(),
        [FieldError {
            field: Field::Passphrase,
            ..
        }]
    )
}

/// Back to the page, which says at the field what is wrong with it. The pass-phrase does not come along.
fn back(id: &str, error: Error) -> Response {
    let page = match id.parse::<RequestId>() {
        Ok(id) => format!("/requests/{id}"),
        Err(_) => "/requests".to_owned(),
    };
    let format = DeliveryFormat::Pkcs12;
    let said = Said {
        at: page.clone(),
        what: What::Failed(PortalError::from(error)),
        typed: [("format".to_owned(), format.to_string())].into(),
    };
    let told = [(header::SET_COOKIE, app::said_cookie(&said))];
    (told, Redirect::to(&page)).into_response()
}

fn file(delivery: Delivery) -> Response {
    // The buffer is wiped when the connection has taken it.
    let body = Body::from(Bytes::from_owner(delivery.body));
    attachment(delivery.content_type, &delivery.file_name, body)
}
