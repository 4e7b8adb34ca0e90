//! The events of a project.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use crate::auth::Caller;
use crate::clock::{iso, parse_iso};
use crate::errors::ApiError;
use crate::events::Event;
use crate::input::Segments;
use crate::state::StandIn;
use crate::version::FIRST;
use crate::view::View;

/// `GET /groups/{group}/events`: newest first, and not counted unless asked for.
pub(super) async fn list(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments(group): Segments<String>,
) -> Result<Response, ApiError> {
    let (from, to) = (
        view.value("minDate", parse_iso)?,
        view.value("maxDate", parse_iso)?,
    );
    let kinds = view.values("eventType");
    let items = stand_in.stored(|stored| {
        stored.project(&group)?;
        caller.may_read(&group)?;
        let wanted = stored.events.iter().rev().filter(|event| {
            event.group_id == group
                && (kinds.is_empty() || kinds.contains(&event.kind.as_str()))
                && from.is_none_or(|from| event.created >= from)
                && to.is_none_or(|to| event.created <= to)
        });
        Ok::<_, ApiError>(wanted.map(|event| present(&view, event)).collect())
    })?;
    Ok(view.list_of(items, FIRST, false))
}

fn present(view: &View, event: &Event) -> Value {
    let mut object = json!({
        "created": iso(event.created),
        "eventTypeName": event.kind,
        "groupId": event.group_id,
        "id": event.id,
        "isGlobalAdmin": false,
        "links": view.self_link(&["groups", &event.group_id, "events", &event.id]),
        "remoteAddress": event.remote_address,
    });
    if let Some(key) = &event.public_key {
        object["publicKey"] = json!(key);
    }
    if let Some(user) = &event.db_user_username {
        object["dbUserUsername"] = json!(user);
    }
    object
}
