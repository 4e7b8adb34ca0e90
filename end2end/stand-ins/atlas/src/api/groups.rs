//! Projects.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::auth::Caller;
use crate::clock::iso;
use crate::errors::ApiError;
use crate::input::Segments;
use crate::state::StandIn;
use crate::view::View;
use crate::world::Project;

/// `GET /groups`: the projects this credential may see.
pub(super) async fn list(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
) -> Response {
    let items = stand_in.stored(|stored| {
        let seen = stored
            .world
            .projects
            .iter()
            .filter(|project| caller.may_read(&project.id).is_ok());
        seen.map(|project| present(&view, project)).collect()
    });
    view.list(items)
}

/// `GET /groups/{group}`.
pub(super) async fn get(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments(group): Segments<String>,
) -> Result<Response, ApiError> {
    let project = stand_in.stored(|stored| {
        stored
            .project(&group)
            .map(|project| present(&view, project))
    })?;
    caller.may_read(&group)?;
    Ok(view.object(StatusCode::OK, project))
}

fn present(view: &View, project: &Project) -> Value {
    json!({
        "clusterCount": project.clusters.len(),
        "created": iso(project.created()),
        "id": project.id,
        "links": view.self_link(&["groups", &project.id]),
        "name": project.name,
        "orgId": project.org_id,
        "tags": [],
        "withDefaultAlertsSettings": true,
    })
}
