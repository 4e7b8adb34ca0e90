//! Security settings of a project: customer-managed X.509 and LDAP.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use x509_parser::pem::Pem;

use crate::auth::Caller;
use crate::errors::ApiError;
use crate::input::{JsonBody, Segments};
use crate::state::StandIn;
use crate::view::View;
use crate::world::{CustomerX509, Ldap, Project};

/// `GET /groups/{group}/userSecurity`.
pub(super) async fn get(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments(group): Segments<String>,
) -> Result<Response, ApiError> {
    let settings = stand_in.stored(|stored| stored.project(&group).map(present))?;
    caller.must_own(&group)?;
    Ok(view.object(StatusCode::OK, settings))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    customer_x509: Option<CustomerX509>,
    ldap: Option<Map<String, Value>>,
}

/// `PATCH /groups/{group}/userSecurity`: 202, and a rolling restart of the project's clusters.
pub(super) async fn update(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments(group): Segments<String>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    stand_in.stored(|stored| stored.project(&group).map(|_| ()))?;
    caller.must_own(&group)?;
    let now = stand_in.clock.now();
    let change: Change = body.read()?;
    if let Some(cas) = change
        .customer_x509
        .as_ref()
        .and_then(|x509| x509.cas.as_ref())
    {
        check_authorities(cas, now)?;
    }
    let settings = stand_in.stored(|stored| {
        let project = stored.project_mut(&group)?;
        if let Some(fields) = change.ldap {
            project.ldap = merged(&project.ldap, fields)?;
        }
        if let Some(x509) = change.customer_x509 {
            project.customer_x509 = x509;
        }
        project.security_changed_at = Some(now);
        Ok::<_, ApiError>(present(project))
    })?;
    stand_in.save().await?;
    Ok(view.object(StatusCode::ACCEPTED, settings))
}

/// `DELETE /groups/{group}/userSecurity/customerX509`: switches customer-managed X.509 off for the whole project.
/// 202 and a rolling restart, also when it was off already.
pub(super) async fn disable(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments(group): Segments<String>,
) -> Result<Response, ApiError> {
    let now = stand_in.clock.now();
    let settings = stand_in.stored(|stored| {
        let project = stored.project_mut(&group)?;
        caller.must_own(&group)?;
        project.customer_x509 = CustomerX509::default();
        project.security_changed_at = Some(now);
        Ok::<_, ApiError>(present(project))
    })?;
    stand_in.save().await?;
    Ok(view.object(StatusCode::ACCEPTED, settings))
}

fn merged(ldap: &Ldap, mut fields: Map<String, Value>) -> Result<Ldap, ApiError> {
    // Write-only, or certificates of no interest here.
    for ignored in ["bindPassword", "caCertificate", "links"] {
        fields.remove(ignored);
    }
    let mut all = match serde_json::to_value(ldap) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    };
    all.extend(fields);
    JsonBody(all).read()
}

fn check_authorities(cas: &str, now: OffsetDateTime) -> Result<(), ApiError> {
    let mut any = false;
    for pem in Pem::iter_from_buffer(cas.as_bytes()) {
        let pem = pem.map_err(|_| ApiError::invalid_ca())?;
        let certificate = pem.parse_x509().map_err(|_| ApiError::invalid_ca())?;
        if certificate.validity().not_after.timestamp() <= now.unix_timestamp() {
            return Err(ApiError::expired_ca());
        }
        any = true;
    }
    if any {
        Ok(())
    } else {
        Err(ApiError::invalid_ca())
    }
}

/// `customerX509` is `{}` when it is off. The schema has `links`; the real answers have not.
fn present(project: &Project) -> Value {
    json!({"customerX509": project.customer_x509, "ldap": project.ldap})
}
