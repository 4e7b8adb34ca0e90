//! What a credential is told about itself: an API key at the root of the API, a service account by its client id.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use time::Date;
use time::macros::date;

use crate::auth::Caller;
use crate::clock::iso;
use crate::credentials::{Credential, Proof};
use crate::errors::ApiError;
use crate::input::Segments;
use crate::state::StandIn;
use crate::view::View;
use crate::world::created_from_id;

/// Service accounts came with this version.
const VERSIONS: [Date; 1] = [date!(2024 - 08 - 05)];

/// The root of the API: `SystemStatus`. A service account is told nothing about itself here.
pub(super) async fn status(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
) -> Response {
    let key = match &caller.0.proof {
        Proof::ServiceAccount { .. } => Value::Null,
        Proof::ApiKey { public_key, .. } => stand_in.stored(|stored| {
            let projects = &stored.world.projects;
            let of_projects = projects
                .iter()
                .filter(|project| caller.0.is_in(&project.id))
                .flat_map(|project| {
                    let roles = caller.0.role.in_project().iter();
                    roles.map(|role| json!({"groupId": project.id, "roleName": role}))
                });
            let organisation = projects.first().map(|project| {
                json!({"orgId": project.org_id, "roleName": caller.0.role.in_organisation()})
            });
            json!({
                "accessList": [],
                "id": "64f0c0a1e4b0a1b2c3d4e6ff",
                "publicKey": public_key,
                "roles": organisation.into_iter().chain(of_projects).collect::<Vec<_>>(),
            })
        }),
    };
    let status = json!({
        "apiKey": key,
        "appName": "MongoDB Atlas",
        "build": "0000000000000000000000000000000000000000",
        "links": [],
        "throttling": false,
    });
    view.object(StatusCode::OK, status)
}

/// `GET /groups/{group}/serviceAccounts/{client}`.
pub(super) async fn in_project(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments((group, client)): Segments<(String, String)>,
) -> Result<Response, ApiError> {
    view.resolve(&VERSIONS)?;
    stand_in.stored(|stored| stored.project(&group).map(|_| ()))?;
    caller.may_read(&group)?;
    let account = find(&stand_in, &client)?;
    let roles = account.role.in_project();
    if roles.is_empty() || !account.is_in(&group) {
        return Err(ApiError::resource_not_found(&client));
    }
    Ok(view.object_of(
        StatusCode::OK,
        VERSIONS[0],
        present(account, &client, &json!(roles)),
    ))
}

/// `GET /orgs/{org}/serviceAccounts/{client}`.
pub(super) async fn in_organisation(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments((_, client)): Segments<(String, String)>,
) -> Result<Response, ApiError> {
    view.resolve(&VERSIONS)?;
    caller.may_read_organisation()?;
    let account = find(&stand_in, &client)?;
    let roles = json!([account.role.in_organisation()]);
    Ok(view.object_of(
        StatusCode::OK,
        VERSIONS[0],
        present(account, &client, &roles),
    ))
}

fn find<'a>(stand_in: &'a StandIn, client: &str) -> Result<&'a Credential, ApiError> {
    let is_it = |credential: &&Arc<Credential>| match &credential.proof {
        Proof::ServiceAccount { client_id, .. } => client_id == client,
        Proof::ApiKey { .. } => false,
    };
    (stand_in.credentials.iter())
        .find(is_it)
        .map(Arc::as_ref)
        .ok_or_else(|| ApiError::resource_not_found(client))
}

fn present(account: &Credential, client: &str, roles: &Value) -> Value {
    let id = client.trim_start_matches("mdb_sa_id_");
    json!({
        "clientId": client,
        "createdAt": iso(created_from_id(id)),
        "description": "",
        "name": account.name,
        "roles": roles,
        "secrets": [],
    })
}
