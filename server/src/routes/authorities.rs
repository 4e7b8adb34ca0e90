//! The download of the authorities that switching customer-managed X.509 off takes from a project.

use app::Caller;
use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse as _, Redirect, Response},
};
use portal::{Error, changes, model::ChangeId};

use crate::{
    Web,
    routes::{attachment::attachment, auth},
    trouble,
};

/// `GET /changes/{id}/authorities`
pub(crate) async fn authorities(
    State(web): State<Web>,
    caller: Option<Extension<Caller>>,
    Path(id): Path<String>,
) -> Response {
    match kept(&web, caller, &id).await {
        Ok((name, pem)) => attachment("application/x-pem-file", &name, Body::from(pem)),
        Err(Error::SignInRequired) => {
            let back = auth::login_address(&format!("/changes/{id}"), false);
            Redirect::to(&back).into_response()
        }
        Err(error) => trouble::failed(error),
    }
}

async fn kept(
    web: &Web,
    caller: Option<Extension<Caller>>,
    id: &str,
) -> Result<(String, String), Error> {
    let Extension(caller) = caller.ok_or(Error::SignInRequired)?;
    let id: ChangeId = id.parse().map_err(|_| Error::NotFound)?;
    changes::authorities(&web.portal, &caller.actor, id).await
}
