//! `cargo torture clicks`: a storm of double clicks.
//!
//! One approval, 64 clicks on *Issue* at once, spread over both portals: exactly one begins an attempt,
//! and Atlas is asked exactly once.

use std::time::Duration;

use anyhow::Result;
use futures::{StreamExt as _, future::join_all, stream};
use surroundings::workspace::Workspace;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Run, approved, ensure_not_interrupted, finish};
use crate::{
    How,
    arena::{Arena, Door},
    history::Answer,
    report::{Report, Tally, seconds},
};

/// Clicks at once.
const CLICKS: usize = 64;
/// Approvals that are being clicked at the same time.
const STORMS: usize = 4;
/// Storms over one approval, where nothing was sent.
const ATTEMPTS_MAX: usize = 5;
const SHORT: usize = 20;
const GOAL: usize = 2_000;
/// How long one attempt may take while the machine is busy with clicks.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn run(workspace: &Workspace, how: &How) -> Result<Report> {
    let approvals = how.times(SHORT, GOAL);
    println!("{approvals} approvals, {CLICKS} clicks on \"Issue\" at once each, on both portals");
    let mut run = Run::begin(workspace, how, approvals.min(500), 1).await?;
    let began = Instant::now();
    let arena = &run.arena;
    let storms: Vec<Result<Storm>> = stream::iter(0..approvals)
        .map(|_| storm(arena))
        .buffer_unordered(STORMS)
        .collect()
        .await;
    let (mut answers, mut ends) = (Tally::default(), Tally::default());
    let mut wrong = Vec::new();
    for storm in storms {
        let storm = storm?;
        let mut winners = 0;
        for answer in &storm.answers {
            winners += usize::from(*answer == Answer::Done);
            answers.count(in_a_word(answer));
        }
        ends.count(&storm.ended);
        if winners != storm.attempts || storm.ended != "issued" {
            wrong.push(format!(
                "request {}: {winners} clicks in {} storms began an attempt, and the last ended {}",
                storm.request, storm.attempts, storm.ended
            ));
        }
    }
    println!("  answers: {answers}");
    println!("  attempts: {ends}; {}", seconds(began.elapsed()));
    for line in &wrong {
        println!("          {line}");
    }
    run.report.tried(
        wrong.is_empty(),
        &format!("{approvals} approvals, one click in each storm that began an attempt, each issued in the end"),
    );
    let calls = run.arena.atlas.calls().await?.len();
    run.report.tried(
        calls == approvals,
        &format!("{approvals} approvals, {calls} calls at Atlas"),
    );
    run.settle().await?;
    run.conclude().await
}

struct Storm {
    request: Uuid,
    answers: Vec<Answer>,
    /// Storms it took; all but the last sent nothing.
    attempts: usize,
    ended: String,
}

async fn storm(arena: &Arena) -> Result<Storm> {
    ensure_not_interrupted()?;
    let (request, _) = approved(arena, arena.door(0)).await?;
    let (mut answers, mut attempts) = (Vec::new(), 0);
    let ended = loop {
        let clicks = (0..CLICKS).map(|place| arena.dana.issue(arena.door(place), request));
        answers.extend(join_all(clicks).await);
        attempts += 1;
        let ended = wait_for_end(arena, arena.door(1), request).await?;
        // On a machine with too much to do, nothing may be sent in time: then they click again.
        if ended != "not_sent" || attempts == ATTEMPTS_MAX {
            break ended;
        }
    };
    if ended == "issued" {
        finish(arena, 0, request).await;
    }
    Ok(Storm {
        request,
        answers,
        attempts,
        ended,
    })
}

/// Waits until the portal says that nothing is under way, and tells how the last attempt ended.
async fn wait_for_end(arena: &Arena, door: &Door, request: Uuid) -> Result<String> {
    let began = Instant::now();
    loop {
        let state = arena.dana.state(door, request).await;
        if state.as_deref().is_some_and(|state| state != "issuing") || began.elapsed() > PATIENCE {
            let endings = arena.database.endings(request).await?;
            return Ok(endings
                .last()
                .map_or_else(|| "never begun".to_owned(), |ending| ending.state.clone()));
        }
        sleep(Duration::from_millis(100)).await;
    }
}

fn in_a_word(answer: &Answer) -> String {
    match answer {
        Answer::Done => "begun".to_owned(),
        Answer::AsItIs => "already under way".to_owned(),
        Answer::Key { .. } => "key".to_owned(),
        Answer::Refused { status, code } => format!("{status} {code}"),
        Answer::Silence { what } => format!("no answer ({what})"),
    }
}
