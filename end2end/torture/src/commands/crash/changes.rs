//! What is done to changes of database users.

use anyhow::{Context as _, Result};
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{LOOK_EVERY, PATIENCE, Scene};
use crate::arena::{Arena, User};

/// Roles a database user does not have to begin with.
pub(super) const ROLE: &str = "read@invoices";

/// A change that is there before anything is done, at portal `b`.
pub(super) async fn prepare_change(
    arena: &mut Arena,
    scene: Scene,
    user: &User,
) -> Result<Option<Uuid>> {
    let wanted = [
        Scene::ChangeRefused,
        Scene::ChangeLost,
        Scene::ChangeNothing,
        Scene::ChangeLeft,
        Scene::ChangeDeny,
        Scene::ChangeWithdraw,
        Scene::ChangeOverdue,
    ];
    if !wanted.contains(&scene) {
        return Ok(None);
    }
    let change = arena
        .olga
        .ask_for_roles(arena.door(1), user, ROLE)
        .await
        .with_context(|| format!("no change of {user:?} could be asked for"))?;
    match scene {
        Scene::ChangeRefused => {
            let fault =
                json!({ "fault": "status", "status": 400, "errorCode": "INVALID_ATTRIBUTE" });
            arena.atlas.spoil_change(user, &fault).await?;
        }
        Scene::ChangeLost | Scene::ChangeNothing => {
            let fault = match scene {
                Scene::ChangeNothing => "reset_before",
                _ => "reset_after",
            };
            let fault = json!({ "fault": fault });
            arena.atlas.spoil_change(user, &fault).await?;
            arena.otto.approve_change(arena.door(1), change).await;
            wait_while_calling(arena, change).await?;
            // As if all the time had passed in which Atlas shows what it has done.
            let overdue = format!(
                "update change set deadline = deadline - interval '11 minutes' where id = '{change}'"
            );
            arena.database.force(&overdue).await?;
        }
        Scene::ChangeLeft => {
            arena.replicas[0].kill()?;
            arena.replicas[0].start_to_die("change_call.committed")?;
            arena.otto.approve_change(arena.door(0), change).await;
            let began = Instant::now();
            while arena.replicas[0].ended()?.is_none() && began.elapsed() < PATIENCE {
                sleep(LOOK_EVERY).await;
            }
        }
        Scene::ChangeOverdue => {
            let overdue = format!(
                "update change set until = now() - interval '1 minute' where id = '{change}'"
            );
            arena.database.force(&overdue).await?;
        }
        _ => {}
    }
    Ok(Some(change))
}

async fn wait_while_calling(arena: &Arena, change: Uuid) -> Result<()> {
    let began = Instant::now();
    let under_way = format!("change where id = '{change}' and state in ('approved', 'calling')");
    while arena.database.count(&under_way).await? > 0 && began.elapsed() < PATIENCE {
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}

pub(super) async fn act_on_change(arena: &Arena, scene: Scene, change: Uuid) {
    let door = arena.door(0);
    match scene {
        Scene::ChangeRefused => arena.otto.approve_change(door, change).await,
        Scene::ChangeDeny => arena.otto.deny_change(door, change).await,
        Scene::ChangeWithdraw => arena.olga.withdraw_change(door, change).await,
        // A job of the portal that starts.
        _ => {}
    }
}
