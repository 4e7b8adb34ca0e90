//! Database users.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::auth::Caller;
use crate::connection::Peer;
use crate::database_user_rules::{check_change, check_new};
use crate::errors::ApiError;
use crate::events::{Event, USER_ADDED, USER_DELETED, USER_UPDATED, object_id};
use crate::input::{JsonBody, Segments};
use crate::state::StandIn;
use crate::view::View;
use crate::world::DatabaseUser;

/// How many database users a project may have.
const LIMIT: usize = 100;

/// `GET /groups/{group}/databaseUsers`.
pub(super) async fn list(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments(group): Segments<String>,
) -> Result<Response, ApiError> {
    let items = stand_in.stored(|stored| {
        let project = stored.project(&group)?;
        caller.may_read(&group)?;
        Ok::<_, ApiError>(
            project
                .database_users
                .iter()
                .map(|user| present(&view, &group, user))
                .collect(),
        )
    })?;
    Ok(view.list(items))
}

/// `GET /groups/{group}/databaseUsers/{database}/{name}`.
pub(super) async fn get(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments((group, database, name)): Segments<(String, String, String)>,
) -> Result<Response, ApiError> {
    let user = stand_in.stored(|stored| {
        let project = stored.project(&group)?;
        caller.may_read(&group)?;
        let user = project
            .user(&database, &name)
            .ok_or_else(|| ApiError::username_not_found(&name))?;
        Ok::<_, ApiError>(present(&view, &group, user))
    })?;
    Ok(view.object(StatusCode::OK, user))
}

/// `POST /groups/{group}/databaseUsers`.
pub(super) async fn create(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    peer: Peer,
    view: View,
    Segments(group): Segments<String>,
    JsonBody(mut body): JsonBody,
) -> Result<Response, ApiError> {
    let now = stand_in.clock.now();
    stand_in.stored(|stored| stored.project(&group).map(|_| ()))?;
    caller.may_manage_users(&group)?;
    let password = body.remove("password").is_some();
    same_group(&mut body, &group)?;
    body.remove("links");
    // The default of the API, other than that of a world given to the control endpoint.
    body.entry("databaseName").or_insert_with(|| json!("admin"));
    if !body.contains_key("roles") {
        return Err(ApiError::missing_attribute("roles"));
    }
    let user: DatabaseUser = JsonBody(body).read()?;
    check_new(&user, password)?;
    let presented = stand_in.stored(|stored| {
        let project = stored.project_mut(&group)?;
        if project.user(&user.database_name, &user.username).is_some() {
            return Err(ApiError::user_already_exists(&user.username));
        }
        if project.database_users.len() >= LIMIT {
            return Err(ApiError::user_limit(LIMIT));
        }
        let presented = present(&view, &group, &user);
        project.users_changed_at = Some(now);
        project.database_users.push(user.clone());
        stored
            .events
            .push(event(&stand_in, &caller, &peer, &group, USER_ADDED, &user));
        Ok(presented)
    })?;
    stand_in.save().await?;
    Ok(view.object(StatusCode::CREATED, presented))
}

/// `PATCH /groups/{group}/databaseUsers/{database}/{name}`: fields that are named are replaced whole.
pub(super) async fn update(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    peer: Peer,
    view: View,
    Segments((group, database, name)): Segments<(String, String, String)>,
    JsonBody(mut body): JsonBody,
) -> Result<Response, ApiError> {
    let now = stand_in.clock.now();
    let presented = stand_in.stored(|stored| {
        let project = stored.project_mut(&group)?;
        caller.may_manage_users(&group)?;
        let found = project
            .database_users
            .iter_mut()
            .find(|u| u.database_name == database && u.username == name);
        let user = found.ok_or_else(|| ApiError::username_not_found(&name))?;
        let password = body.remove("password").is_some();
        same_group(&mut body, &group)?;
        body.remove("links");
        check_change(user, &body)?;
        let mut merged = match serde_json::to_value(&*user) {
            Ok(Value::Object(object)) => object,
            _ => Map::new(),
        };
        merged.extend(body);
        let changed: DatabaseUser = JsonBody(merged).read()?;
        if changed.x509_type != crate::world::X509Type::None {
            check_new(&changed, password)?;
        }
        *user = changed.clone();
        project.users_changed_at = Some(now);
        stored.events.push(event(
            &stand_in,
            &caller,
            &peer,
            &group,
            USER_UPDATED,
            &changed,
        ));
        Ok::<_, ApiError>(present(&view, &group, &changed))
    })?;
    stand_in.save().await?;
    Ok(view.object(StatusCode::OK, presented))
}

/// `DELETE /groups/{group}/databaseUsers/{database}/{name}`. The user's certificates stay: they are signed, and a new
/// user of the same name has them again.
pub(super) async fn delete(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    peer: Peer,
    view: View,
    Segments((group, database, name)): Segments<(String, String, String)>,
) -> Result<Response, ApiError> {
    let now = stand_in.clock.now();
    stand_in.stored(|stored| {
        let project = stored.project_mut(&group)?;
        caller.may_manage_users(&group)?;
        let users = &mut project.database_users;
        let index = users
            .iter()
            .position(|u| u.database_name == database && u.username == name);
        let user = users.remove(index.ok_or_else(|| ApiError::user_not_found(&name))?);
        project.users_changed_at = Some(now);
        stored.events.push(event(
            &stand_in,
            &caller,
            &peer,
            &group,
            USER_DELETED,
            &user,
        ));
        Ok::<_, ApiError>(())
    })?;
    stand_in.save().await?;
    Ok(view.nothing())
}

fn same_group(body: &mut Map<String, Value>, group: &str) -> Result<(), ApiError> {
    match body.remove("groupId") {
        Some(Value::String(id)) if id != group => Err(ApiError::group_mismatch(&id)),
        _ => Ok(()),
    }
}

fn event(
    stand_in: &StandIn,
    caller: &Caller,
    peer: &Peer,
    group: &str,
    kind: &str,
    user: &DatabaseUser,
) -> Event {
    let now = stand_in.clock.now();
    Event {
        id: object_id(now),
        group_id: group.to_owned(),
        kind: kind.to_owned(),
        created: now,
        public_key: caller.public_key(),
        remote_address: peer.ip().to_string(),
        db_user_username: Some(user.stored_name()),
    }
}

/// The user as the API shows it. `groupId` is among it, although the specification calls it write-only.
fn present(view: &View, group: &str, user: &DatabaseUser) -> Value {
    let mut object = serde_json::to_value(user).unwrap_or_default();
    object["groupId"] = json!(group);
    object["links"] = view.self_link(&[
        "groups",
        group,
        "databaseUsers",
        &user.database_name,
        &user.username,
    ]);
    object
}
