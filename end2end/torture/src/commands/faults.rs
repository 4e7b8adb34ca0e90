//! `cargo torture faults`: everything that can go wrong at Atlas and on the way there.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use surroundings::workspace::Workspace;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{
    Run, approved, ensure_not_interrupted, finish, in_rounds,
    modes::{Mode, Nowhere, Strike, modes},
};
use crate::{
    How,
    arena::{Arena, Ending, User},
    report::{Report, Tally, seconds},
};

/// Waits pass so many times faster than in production.
const PACE: u32 = 12;
const SHORT: usize = 1;
/// 12,000 over all modes.
const GOAL: usize = 280;
/// Attempts under way at once.
const AT_ONCE: usize = 8;
/// Why nothing was sent where the portal, or the machine, was too slow for the pace.
const LATE: [&str; 3] = ["too_late", "process_died", "database_away"];
/// How often it is tried then.
const TRIES: usize = 3;
/// How long an attempt may take until it is settled.
const PATIENCE: Duration = Duration::from_secs(90);
/// Users beside those that are struck.
const SPARE: usize = 40;
/// How often each mode is struck in one world.
const IN_A_WORLD: usize = 10;

/// What may be chosen.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only modes whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
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
    let mut modes = modes(PACE);
    if let Some(only) = &arguments.only {
        modes.retain(|mode| mode.name.contains(only.as_str()));
    }
    println!(
        "{} modes, {times} times each; waits pass {PACE} times faster",
        modes.len()
    );
    // An attempt that is struck blocks its user for as long as nobody knows what came of it.
    let users = modes.len() * times + SPARE;
    let mut run = Run::begin(workspace, how, users, PACE).await?;

    let began = Instant::now();
    let mut requests: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
    let (together, apart): (Vec<&Mode>, Vec<&Mode>) = modes
        .iter()
        .partition(|mode| matches!(mode.strike, Strike::Call(_) | Strike::List(_)));
    // The long ones first and all kinds at once: what waits, waits beside the others.
    let arena = &run.arena;
    let struck: Vec<(&str, Uuid)> = stream::iter((0..times).flat_map(|_| together.iter().copied()))
        .enumerate()
        .map(|(place, mode)| async move {
            let (request, user) = approved(arena, arena.door(place)).await?;
            arm(arena, &user, &mode.strike).await?;
            attempt(arena, place, request).await?;
            anyhow::Ok((mode.name, request))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    for (mode, request) in struck {
        requests.entry(mode).or_default().push(request);
    }
    for mode in apart {
        let struck = strike_the_way(&mut run.arena, mode, times).await?;
        requests.insert(mode.name, struck);
    }
    println!(
        "  struck {} attempts in {}",
        modes.len() * times,
        seconds(began.elapsed())
    );
    run.arena.atlas.forget_faults().await?;
    let all = requests.values().flatten().copied().enumerate();
    stream::iter(all)
        .map(|(place, request)| again(&run.arena, place, request))
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;

    run.settle().await?;
    for mode in &modes {
        let struck = requests.remove(mode.name).unwrap_or_default();
        judge(&mut run, mode, &struck).await?;
    }
    run.conclude().await
}

async fn arm(arena: &Arena, user: &User, strike: &Strike) -> Result<()> {
    match strike {
        Strike::Call(fault) | Strike::CallAlone(fault) => {
            arena.atlas.spoil_certificate(user, fault).await
        }
        Strike::List(fault) => arena.atlas.spoil_list(user, fault).await,
        Strike::Way(_) | Strike::Cut(_) | Strike::Address(_) => Ok(()),
    }
}

/// Where the approval was given back it is as good as before: a person clicks again.
async fn again(arena: &Arena, place: usize, request: Uuid) -> Result<()> {
    let endings = arena.database.endings(request).await?;
    match endings.last() {
        Some(last) if matches!(last.state.as_str(), "rejected" | "not_sent") => {
            attempt(arena, place, request).await
        }
        _ => Ok(()),
    }
}

/// Whether nothing was sent only because the machine had too much to do: what was to be struck is still to come.
fn is_late(end: &Ending) -> bool {
    end.state == "not_sent" && end.detail.as_deref().is_some_and(|why| LATE.contains(&why))
}

/// Has the certificate made, waits for the end of that attempt, and collects what was made.
async fn attempt(arena: &Arena, place: usize, request: Uuid) -> Result<()> {
    ensure_not_interrupted()?;
    for _ in 0..TRIES {
        arena.dana.issue(arena.door(place), request).await;
        let end = wait_for_end(arena, request).await?;
        if end.as_ref().is_some_and(|end| end.state == "issued") {
            finish(arena, place, request).await;
        }
        if !end.is_some_and(|end| is_late(&end)) {
            break;
        }
    }
    Ok(())
}

/// What everybody at a portal notices: one mode at a time.
async fn strike_the_way(arena: &mut Arena, mode: &Mode, times: usize) -> Result<Vec<Uuid>> {
    if let Strike::Address(nowhere) = &mode.strike {
        let address = match nowhere {
            Nowhere::NoName => "https://atlas.invalid".to_owned(),
            Nowhere::NoTls => format!("https://localhost:{}", arena.replicas[1].to_atlas.port()),
        };
        arena.replicas[1].restart_with(&[("CERTDESK_ATLAS__BASE_URL", &address)])?;
    }
    let at_once = if matches!(mode.strike, Strike::CallAlone(_)) {
        1
    } else {
        AT_ONCE
    };
    let shared = &*arena;
    let requests: Vec<Uuid> = stream::iter(0..times)
        .map(|place| async move {
            let (request, user) = approved(shared, shared.door(place)).await?;
            arm(shared, &user, &mode.strike).await?;
            anyhow::Ok(request)
        })
        .buffer_unordered(at_once)
        .try_collect()
        .await?;
    if let Strike::Way(trouble) = mode.strike {
        // A first one without trouble leaves connections open, over which lists are read.
        for place in 0..shared.replicas.len() {
            let (first, _) = approved(shared, shared.door(place)).await?;
            attempt(shared, place, first).await?;
        }
        shared
            .replicas
            .iter()
            .for_each(|replica| replica.to_atlas.set(trouble));
    }
    stream::iter(requests.iter().enumerate())
        .map(|(place, request)| async move {
            let place = if matches!(mode.strike, Strike::Address(_)) {
                1
            } else {
                place
            };
            let cut = async {
                if let Strike::Cut(after) = mode.strike {
                    sleep(after * u32::try_from(place % 5 + 1).unwrap_or(1)).await;
                    shared.replicas[place % 2].to_atlas.cut();
                }
            };
            let (ended, ()) = tokio::join!(attempt(shared, place, *request), cut);
            ended
        })
        .buffer_unordered(at_once)
        .try_collect::<Vec<()>>()
        .await?;
    for replica in &shared.replicas {
        replica.to_atlas.heal();
    }
    if matches!(mode.strike, Strike::Address(_)) {
        arena.replicas[1].restart_with(&[])?;
    }
    Ok(requests)
}

/// Tells how the struck attempts ended. An approval that was given back still leads to a certificate.
async fn judge(run: &mut Run, mode: &Mode, requests: &[Uuid]) -> Result<()> {
    let (mut tally, mut wrong, mut struck) = (Tally::default(), Vec::new(), 0);
    for request in requests {
        let endings = run.arena.database.endings(*request).await?;
        let late = endings.iter().take_while(|ending| is_late(ending)).count();
        if late >= TRIES {
            tally.count("too late every time");
            continue;
        }
        let Some(first) = endings.get(late).or(endings.first()) else {
            wrong.push(format!("request {request} has no attempt"));
            continue;
        };
        struck += 1;
        tally.count(match &first.detail {
            Some(detail) => format!("{} ({detail})", first.state),
            None => first.state.clone(),
        });
        if !mode.ends.iter().any(|end| end.is(&first.state)) {
            wrong.push(format!("request {request} ended {}", first.state));
        }
        let after = endings.iter().skip(late + 1);
        if let Some(last) = after.last()
            && last.state != "issued"
        {
            wrong.push(format!(
                "request {request} was given back, tried again, and ended {} {}",
                last.state,
                last.detail.as_deref().unwrap_or_default()
            ));
        }
    }
    let line = format!("{:<36} {tally}", mode.name);
    run.report.tried(wrong.is_empty() && struck > 0, &line);
    if !wrong.is_empty() {
        println!("          allowed: {:?}; {}", mode.ends, wrong.join("; "));
    }
    Ok(())
}

/// Waits until the attempt under way is settled.
async fn wait_for_end(arena: &Arena, request: Uuid) -> Result<Option<Ending>> {
    let began = Instant::now();
    loop {
        let endings = arena.database.endings(request).await?;
        let under_way = |end: &Ending| matches!(end.state.as_str(), "prepared" | "calling");
        if !endings.last().is_some_and(under_way) || began.elapsed() > PATIENCE {
            return Ok(endings.into_iter().next_back());
        }
        sleep(Duration::from_millis(100)).await;
    }
}
