//! Managed X.509 certificates of one database user.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use time::Duration;

use crate::auth::Caller;
use crate::authority::Profile;
use crate::certificates::{Certificate, Issued, Order, issue, mint, new_serial};
use crate::clock::iso;
use crate::connection::Peer;
use crate::errors::ApiError;
use crate::faults::{Twist, WrongAnswer};
use crate::input::{JsonBody, Segments};
use crate::journal::Exchange;
use crate::state::StandIn;
use crate::storage::Stored;
use crate::view::View;
use crate::world::{DatabaseUser, Project, X509Type};

/// `GET /groups/{group}/databaseUsers/{name}/certs`: the unexpired ones, oldest first.
pub(super) async fn list(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments((group, name)): Segments<(String, String)>,
) -> Result<Response, ApiError> {
    let now = stand_in.clock.now();
    let items = stand_in.stored(|stored| {
        let project = stored.project(&group)?;
        caller.may_read(&group)?;
        managed(user(project, &name)?)?;
        let mut certificates: Vec<_> = of_user(stored, &group, &name)
            .filter(|certificate| certificate.not_after > now && certificate.visible_from <= now)
            .collect();
        certificates.sort_by_key(|certificate| certificate.created_at);
        Ok::<_, ApiError>(certificates.into_iter().map(present).collect())
    })?;
    Ok(view.list(items))
}

/// The body of a request for a certificate.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wish {
    #[serde(default = "three")]
    months_until_expiration: i32,
}

fn three() -> i32 {
    3
}

/// `POST /groups/{group}/databaseUsers/{name}/certs`: a new key and certificate, told once and never again.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one thing the handler needs to know of the request"
)]
pub(super) async fn create(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    peer: Peer,
    view: View,
    twist: Option<Extension<Twist>>,
    exchange: Option<Extension<Exchange>>,
    Segments((group, name)): Segments<(String, String)>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let wish: Wish = body.read()?;
    let now = stand_in.clock.now();
    stand_in.stored(|stored| {
        let project = stored.project(&group)?;
        caller.may_manage_users(&group)?;
        let user = user(project, &name)?;
        if project.customer_x509.cas.is_some() {
            return Err(ApiError::advanced_mode());
        }
        managed(user)?;
        let limit = stored.world.certificate_limit.unwrap_or(usize::MAX);
        if of_user(stored, &group, &name)
            .filter(|certificate| certificate.not_after > now)
            .count()
            >= limit
        {
            return Err(ApiError::too_many_certificates());
        }
        Ok(())
    })?;
    let months = match u8::try_from(wish.months_until_expiration) {
        Ok(months @ 1..=24) => months,
        // What Atlas says to zero and less is not known; the specification names no minimum.
        _ if wish.months_until_expiration < 1 => {
            return Err(ApiError::invalid_attribute("monthsUntilExpiration"));
        }
        _ => return Err(ApiError::too_long()),
    };
    let twist = twist.map(|Extension(twist)| twist).unwrap_or_default();
    let order = Order {
        group_id: group,
        username: name,
        months,
        created_at: None,
        list_lag: Duration::try_from(twist.list_lag).unwrap_or_default(),
        out_of_band: false,
        public_key: caller.public_key(),
        remote_address: peer.ip().to_string(),
    };
    let issued = issue(&stand_in, order, exchange.as_deref()).await?;
    let text = match twist.wrong_answer {
        None => format!("{}{}", issued.certificate.pem, issued.key_pem),
        Some(wrong) => spoil(&stand_in, issued, wrong).await?,
    };
    Ok(view.pem(text))
}

/// The answer with something of another certificate in it, one that no list ever shows.
async fn spoil(stand_in: &StandIn, issued: Issued, wrong: WrongAnswer) -> anyhow::Result<String> {
    let right = issued.certificate;
    let common_name = match wrong {
        WrongAnswer::OtherName => format!("{}-other", right.username),
        WrongAnswer::TwoCertificates | WrongAnswer::ForeignKey => right.username,
    };
    let profile = Profile {
        common_name,
        serial: new_serial(),
        not_before: right.created_at,
        not_after: right.not_after,
    };
    let (other, other_key) = mint(stand_in, &right.group_id, profile).await?;
    Ok(match wrong {
        WrongAnswer::OtherName => format!("{other}{other_key}"),
        WrongAnswer::TwoCertificates => format!("{}{other}{}", right.pem, issued.key_pem),
        WrongAnswer::ForeignKey => format!("{}{other_key}", right.pem),
    })
}

fn of_user<'a>(
    stored: &'a Stored,
    group: &'a str,
    name: &'a str,
) -> impl Iterator<Item = &'a Certificate> {
    stored
        .certificates
        .iter()
        .filter(move |c| c.group_id == group && c.username == name)
}

fn user<'a>(project: &'a Project, name: &str) -> Result<&'a DatabaseUser, ApiError> {
    project
        .user_named(name)
        .ok_or_else(|| ApiError::username_not_found(name))
}

fn managed(user: &DatabaseUser) -> Result<(), ApiError> {
    if user.x509_type == X509Type::Managed {
        Ok(())
    } else {
        Err(ApiError::not_managed())
    }
}

fn present(certificate: &Certificate) -> Value {
    json!({
        "_id": certificate.id,
        "createdAt": iso(certificate.created_at),
        "groupId": certificate.group_id,
        "notAfter": iso(certificate.not_after),
        "subject": format!("CN={}", certificate.username),
    })
}
