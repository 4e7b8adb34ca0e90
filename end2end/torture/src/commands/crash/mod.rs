//! `cargo torture crash`: the portal dies at every step.
//!
//! Portal *a* is started to die, as by `kill -9`, at one named point, and made to reach it. Portal *b*, which
//! runs no jobs, is where people then go on. Whether that was possible, and what is on record afterwards,
//! is judged at the end.

mod changes;
mod freeze;
mod points;
mod scenes;

use std::{os::unix::process::ExitStatusExt as _, process::ExitStatus, time::Duration};

use anyhow::{Result, ensure};
use rand::{rngs::StdRng, seq::index::sample};
use rustix::process::Signal;
use surroundings::workspace::Workspace;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use self::{
    points::{POINTS, Scene},
    scenes::Stage,
};
use super::{Run, ensure_not_interrupted, in_rounds};
use crate::{
    How,
    arena::{Arena, Jobs},
    report::{Report, seconds},
};

/// Waits pass so many times faster than in production.
const PACE: u32 = 16;
const SHORT: usize = 1;
/// 3,000 deaths over all points.
const GOAL: usize = 22;
/// How often each point is struck in one world.
const IN_A_WORLD: usize = 4;
/// Points that a short run strikes, chosen by the seed.
const POINTS_SHORT: usize = 30;
/// A point that is not reached within this time is not reached at all.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What may be chosen.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only points whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// A point that was struck.
struct Struck {
    point: &'static str,
    /// When, after it was started; `None` if it never was.
    after: Option<Duration>,
    /// Requests that were under way.
    requests: Vec<Uuid>,
}

pub(crate) async fn run(workspace: &Workspace, how: &How, arguments: &Arguments) -> Result<Report> {
    let round = async |how: &How, times| self::round(workspace, how, arguments, times).await;
    in_rounds(how, how.times(SHORT, GOAL), IN_A_WORLD, round).await
}

async fn round(
    workspace: &Workspace,
    how: &How,
    arguments: &Arguments,
    times: usize,
) -> Result<Report> {
    let only = arguments.only.as_deref().unwrap_or_default();
    let mut points: Vec<(&'static str, Scene)> = POINTS
        .iter()
        .filter(|(name, _)| name.contains(only))
        .copied()
        .collect();
    ensure!(!points.is_empty(), "no failpoint's name contains {only:?}");
    let mut run = Run::begin(workspace, how, 2 * points.len() * times + 60, PACE).await?;
    if how.short {
        points = some(&points, POINTS_SHORT, &mut run.random);
    }
    println!(
        "  {} of {} points, {times} times each; waits pass {PACE} times faster",
        points.len(),
        POINTS.len()
    );
    let began = Instant::now();
    // Timers must not do on `b` what `a` is to die of.
    run.arena.replicas[1].kill()?;
    run.arena.replicas[1].start(Jobs::Without)?;

    let mut struck = Vec::new();
    for _ in 0..times {
        struck.extend(scenes::without_leftovers(&mut run.arena, &points).await?);
        struck.extend(scenes::with_leftovers(&mut run.arena, &points).await?);
    }
    run.arena.replicas[0].kill()?;
    let died = struck
        .iter()
        .filter(|struck| struck.after.is_some())
        .count();
    println!("  died {died} times in {}", seconds(began.elapsed()));

    freeze::run(&mut run, only, how.short).await?;
    run.settle().await?;
    go_on(&run.arena, &struck).await?;
    for (point, _) in &points {
        let struck: Vec<&Struck> = struck
            .iter()
            .filter(|struck| struck.point == *point)
            .collect();
        tell(&mut run, point, &struck).await?;
    }
    run.settle().await?;
    run.conclude().await
}

/// So many of all, in their order.
fn some<T: Copy>(all: &[T], count: usize, random: &mut StdRng) -> Vec<T> {
    let mut places = sample(random, all.len(), count.min(all.len())).into_vec();
    places.sort_unstable();
    places.into_iter().map(|place| all[place]).collect()
}

/// Starts `a` to die at a point, does what leads there, and waits for its death.
async fn strike(arena: &mut Arena, point: &'static str, stage: &Stage) -> Result<Struck> {
    ensure_not_interrupted()?;
    arena.replicas[0].kill()?;
    let began = Instant::now();
    let mut ended = arena.replicas[0].start_to_die(point)?;
    let mut requests = stage.requests();
    if ended.is_none() {
        requests.extend(stage.act(arena).await);
        while ended.is_none() && began.elapsed() < PATIENCE {
            sleep(LOOK_EVERY).await;
            ended = arena.replicas[0].ended()?;
        }
    }
    let after = ended
        .filter(|status| is_by_failpoint(*status))
        .map(|_| began.elapsed());
    Ok(Struck {
        point,
        after,
        requests,
    })
}

fn is_by_failpoint(status: ExitStatus) -> bool {
    status.signal() == Some(Signal::KILL.as_raw())
}

/// Whoever was interrupted clicks again; an approval that was given back is as good as before.
async fn go_on(arena: &Arena, struck: &[Struck]) -> Result<()> {
    let mut requests: Vec<Uuid> = struck
        .iter()
        .flat_map(|struck| struck.requests.iter().copied())
        .collect();
    requests.sort_unstable();
    requests.dedup();
    for request in requests {
        ensure_not_interrupted()?;
        scenes::way_on(arena, 1, request).await;
    }
    Ok(())
}

/// One line per point: whether it was reached every time, and how everything ended.
async fn tell(run: &mut Run, point: &str, struck: &[&Struck]) -> Result<()> {
    let mut ends = crate::report::Tally::default();
    let mut reached = 0;
    for struck in struck {
        reached += usize::from(struck.after.is_some());
        for request in &struck.requests {
            let endings = run.arena.database.endings(*request).await?;
            let words: Vec<String> = endings
                .iter()
                .map(|ending| match &ending.detail {
                    Some(detail) => format!("{} ({detail})", ending.state),
                    None => ending.state.clone(),
                })
                .collect();
            let attempts = if words.is_empty() {
                "no attempt".to_owned()
            } else {
                words.join(" then ")
            };
            let state = run.arena.database.request_state(*request).await?;
            ends.count(format!("{attempts}: {state}"));
        }
    }
    let after: Option<Duration> = struck.iter().filter_map(|struck| struck.after).max();
    let line = format!(
        "{point:<28} died {reached} of {} times{}; {ends}",
        struck.len(),
        after.map_or_else(String::new, |after| format!(
            ", at most {} after its start",
            seconds(after)
        ))
    );
    run.report
        .tried(!struck.is_empty() && reached == struck.len(), &line);
    Ok(())
}
