//! Clusters: what there is, whether it has caught up, and who logged in.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::auth::Caller;
use crate::clock::{iso, parse_iso};
use crate::errors::ApiError;
use crate::input::Segments;
use crate::state::StandIn;
use crate::view::View;
use crate::world::{AccessLog, Cluster, Project};

/// `GET /groups/{group}/clusters`.
pub(super) async fn list(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments(group): Segments<String>,
) -> Result<Response, ApiError> {
    let items = stand_in.stored(|stored| {
        let project = stored.project(&group)?;
        caller.may_read(&group)?;
        let clusters = project.clusters.iter();
        Ok::<_, ApiError>(
            clusters
                .map(|cluster| present(&stand_in, &view, project, cluster))
                .collect(),
        )
    })?;
    Ok(view.list(items))
}

/// `GET /groups/{group}/clusters/{name}`.
pub(super) async fn get(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments((group, name)): Segments<(String, String)>,
) -> Result<Response, ApiError> {
    let item = stand_in.stored(|stored| {
        let project = stored.project(&group)?;
        caller.may_read(&group)?;
        Ok::<_, ApiError>(present(&stand_in, &view, project, cluster(project, &name)?))
    })?;
    Ok(view.object(StatusCode::OK, item))
}

/// `GET /groups/{group}/clusters/{name}/status`: `PENDING` for a while after database users were created, changed or
/// deleted. Until it says `APPLIED`, a new user cannot log in.
pub(super) async fn status(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments((group, name)): Segments<(String, String)>,
) -> Result<Response, ApiError> {
    let pending = stand_in.stored(|stored| {
        let project = stored.project(&group)?;
        caller.may_read(&group)?;
        cluster(project, &name)?;
        let applying = is_within(
            &stand_in,
            stand_in.settings.apply_time,
            project.users_changed_at,
        );
        Ok::<_, ApiError>(applying || is_restarting(&stand_in, project))
    })?;
    Ok(view.object(
        StatusCode::OK,
        json!({"changeStatus": if pending { "PENDING" } else { "APPLIED" }}),
    ))
}

/// `GET /groups/{group}/dbAccessHistory/clusters/{name}`: who logged in, newest first. The documentation asks for
/// Project Monitoring Admin or Project Database Access Admin, and in another place for Project Owner.
pub(super) async fn access_history(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments((group, name)): Segments<(String, String)>,
) -> Result<Response, ApiError> {
    let moment = |name| view.value(name, read_moment);
    let (start, end) = (moment("start")?, moment("end")?);
    let result = view.value("authResult", |text| text.parse::<bool>().ok())?;
    let limit = view
        .value("nLogs", |text| text.parse().ok().filter(|n| *n <= 20_000))?
        .unwrap_or(20_000);
    let mut logs = stand_in.stored(|stored| {
        let project = stored.project(&group)?;
        caller.may_manage_users(&group)?;
        let cluster = cluster(project, &name)?;
        if cluster.is_shared() {
            return Err(ApiError::too_small("M10"));
        }
        Ok(cluster.access_logs.clone())
    })?;
    logs.retain(|log| {
        start.is_none_or(|start| log.timestamp >= start)
            && end.is_none_or(|end| log.timestamp <= end)
            && result.is_none_or(|result| log.auth_result == result)
    });
    logs.sort_by_key(|log| std::cmp::Reverse(log.timestamp));
    let logs: Vec<_> = logs
        .iter()
        .take(limit)
        .map(|log| present_log(&group, &name, log))
        .collect();
    Ok(view.object(StatusCode::OK, json!({"accessLogs": logs})))
}

/// Milliseconds since 1970, as the specification has it, or a date.
fn read_moment(text: &str) -> Option<OffsetDateTime> {
    let milliseconds = text.parse::<i128>().ok();
    let from_milliseconds =
        |n: i128| OffsetDateTime::from_unix_timestamp_nanos(n.checked_mul(1_000_000)?).ok();
    milliseconds
        .and_then(from_milliseconds)
        .or_else(|| parse_iso(text))
}

fn cluster<'a>(project: &'a Project, name: &str) -> Result<&'a Cluster, ApiError> {
    let found = project.clusters.iter().find(|cluster| cluster.name == name);
    found.ok_or_else(|| ApiError::cluster_not_found(name, &project.id))
}

/// Whether a change was made less than this long ago, by the stand-in's clock.
fn is_within(stand_in: &StandIn, time: Duration, change: Option<OffsetDateTime>) -> bool {
    change.is_some_and(|at| stand_in.clock.now() - at < time)
}

/// A change of the security settings restarts the members of every cluster one after the other.
fn is_restarting(stand_in: &StandIn, project: &Project) -> bool {
    is_within(
        stand_in,
        stand_in.settings.restart_time,
        project.security_changed_at,
    )
}

fn present(stand_in: &StandIn, view: &View, project: &Project, cluster: &Cluster) -> Value {
    let usual = if is_restarting(stand_in, project) {
        "UPDATING"
    } else {
        "IDLE"
    };
    let size = cluster.instance_size.as_deref().unwrap_or("M10");
    let host = format!(
        "{}.{}.mongodb.net",
        cluster.name,
        project.id.get(18..).unwrap_or("x0x0x")
    );
    json!({
        "clusterType": "REPLICASET",
        "connectionStrings": {
            "standard": format!("mongodb://{host}:27017/?ssl=true"),
            "standardSrv": format!("mongodb+srv://{host}"),
        },
        "createDate": iso(project.created()),
        "groupId": project.id,
        "links": view.self_link(&["groups", &project.id, "clusters", &cluster.name]),
        "mongoDBMajorVersion": "8.0",
        "mongoDBVersion": "8.0.4",
        "name": cluster.name,
        "paused": false,
        "providerSettings": {"instanceSizeName": size, "providerName": "AWS"},
        "stateName": cluster.state_name.as_deref().unwrap_or(usual),
    })
}

/// Documented as ISO 8601, and in truth what Java makes of a date: `Sun Aug 09 02:38:56 GMT 2026`.
fn java_date(moment: OffsetDateTime) -> String {
    const FORM: &[BorrowedFormatItem<'_>] = format_description!(
        "[weekday repr:short] [month repr:short] [day] [hour]:[minute]:[second] GMT [year]"
    );
    moment
        .to_offset(UtcOffset::UTC)
        .format(FORM)
        .unwrap_or_default()
}

/// The line of the server's log behind an entry, shortened.
fn log_line(log: &AccessLog) -> String {
    let said = if log.auth_result {
        "Authentication succeeded"
    } else {
        "Authentication failed"
    };
    json!({
        "t": {"$date": iso(log.timestamp)}, "s": "I", "c": "ACCESS", "msg": said,
        "attr": {"principalName": log.username, "remote": format!("{}:50000", log.ip_address)},
    })
    .to_string()
}

fn present_log(group: &str, cluster: &str, log: &AccessLog) -> Value {
    let mut object = json!({
        "authResult": log.auth_result,
        "authSource": if log.username.contains('=') { "$external" } else { "admin" },
        "groupId": group,
        "hostname": format!("{cluster}-shard-00-00.mongodb.net"),
        "ipAddress": log.ip_address,
        "logLine": log_line(log),
        "timestamp": java_date(log.timestamp),
        "username": log.username,
    });
    if let Some(reason) = &log.failure_reason {
        object["failureReason"] = json!(reason);
    }
    object
}
