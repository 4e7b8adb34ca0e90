//! Frozen in place of killed: a process that sleeps through its time does not send, and nobody concludes
//! anything about it meanwhile.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

use super::{LOOK_EVERY, PATIENCE, scenes::way_on};
use crate::{
    arena::{Arena, Jobs},
    commands::{Run, approved, ensure_not_interrupted},
};

/// Where it is frozen, and how the attempt ends once it goes on.
const POINTS: [(&str, &[&str]); 7] = [
    // What it asked Atlas before the call may have been given up meanwhile.
    ("attempt.fenced", &["issued", "not_sent"]),
    ("call.audited", &["not_sent"]),
    ("call.committed", &["not_sent"]),
    // Between the last look at the clock and the first byte: nothing can help there, and nothing has to,
    // as long as its fence stands. The patience of the call may be over by then.
    (
        "call.about_to_send",
        &["issued", "not_sent", "unknown", "lost", "not_issued"],
    ),
    ("call.answered", &["issued"]),
    ("outcome.locked", &["issued"]),
    ("issued.audited", &["issued"]),
];
/// Longer than Atlas may take to answer, at the pace of this run: whoever finds the attempt now would
/// conclude that its process is dead, if its fence did not stand.
const FROZEN_FOR: Duration = Duration::from_secs(4);
/// Points that a short run freezes at.
const SHORT: [&str; 3] = ["call.committed", "call.answered", "issued.audited"];

/// Freezes `a` at each point while `b` runs its jobs, and lets it go on.
pub(super) async fn run(run: &mut Run, only: &str, short: bool) -> Result<()> {
    let wanted = |point: &str| point.contains(only) && (!short || SHORT.contains(&point));
    let points = POINTS.iter().filter(|(point, _)| wanted(point));
    run.arena.replicas[1].kill()?;
    run.arena.replicas[1].start(Jobs::With)?;
    for (point, ends) in points {
        ensure_not_interrupted()?;
        let (frozen, line, passed) = freeze(&mut run.arena, point, ends).await?;
        let line = format!("{point:<28} {line}");
        run.report.tried(frozen && passed, &line);
    }
    Ok(())
}

async fn freeze(arena: &mut Arena, point: &str, ends: &[&str]) -> Result<(bool, String, bool)> {
    arena.replicas[0].kill()?;
    arena.replicas[0].start_to_die(&format!("{point}=stop"))?;
    let (request, _) = approved(arena, arena.door(1)).await?;
    let (dana, door) = (arena.dana.clone(), arena.door(0).clone());
    // Its answer may come only after the thaw.
    let click = tokio::spawn(async move { dana.issue(&door, request).await });
    let began = Instant::now();
    while !arena.replicas[0].is_frozen() && began.elapsed() < PATIENCE {
        sleep(LOOK_EVERY).await;
    }
    let frozen = arena.replicas[0].is_frozen();
    sleep(FROZEN_FOR).await;
    let meanwhile = arena.database.endings(request).await?;
    arena.replicas[0].thaw();
    click.await?;
    while arena.dana.state(arena.door(1), request).await.as_deref() == Some("issuing")
        && began.elapsed() < PATIENCE
    {
        sleep(LOOK_EVERY).await;
    }
    let first = arena.database.endings(request).await?.into_iter().next();
    way_on(arena, 1, request).await;
    let state_of = |ending: Option<&crate::arena::Ending>| {
        ending.map_or_else(|| "never begun".to_owned(), |ending| ending.state.clone())
    };
    let (then, end) = (state_of(meanwhile.first()), state_of(first.as_ref()));
    let detail = first.and_then(|ending| ending.detail).unwrap_or_default();
    let how = if frozen { "frozen" } else { "never reached" };
    let untouched = matches!(then.as_str(), "prepared" | "calling");
    let line = format!(
        "{how} for {} s while {then}, then {end} {detail}",
        FROZEN_FOR.as_secs()
    );
    Ok((frozen, line, untouched && ends.contains(&end.as_str())))
}
