//! `cargo torture chaos`: everything at once, while people work.
//!
//! The seed decides what is struck when, and what each client does; how far each is at that moment is
//! the machine's business.

mod client;
mod strikes;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use surroundings::workspace::Workspace;
use tokio::time::{Instant, sleep};

use self::{
    client::Client,
    strikes::{Strike, Struck},
};
use super::{Run, ensure_not_interrupted};
use crate::{
    How,
    history::{Answer, Deed},
    report::{Report, Tally, seconds},
};

/// Waits pass so many times faster than in production.
const PACE: u32 = 16;
const SHORT: usize = 20;
/// Half an hour.
const GOAL: usize = 900;
const CLIENTS: usize = 32;
const CLIENTS_SHORT: usize = 10;
const USERS: usize = 600;
const USERS_SHORT: usize = 150;
/// Between two strikes.
const EVERY: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(50);

pub(crate) async fn run(workspace: &Workspace, how: &How) -> Result<Report> {
    let strikes = how.times(SHORT, GOAL);
    let (clients, users) = if how.short {
        (CLIENTS_SHORT, USERS_SHORT)
    } else {
        (CLIENTS, USERS)
    };
    println!(
        "{strikes} strikes, one every {} s; {clients} clients",
        EVERY.as_secs()
    );
    let mut run = Run::begin(workspace, how, users, PACE).await?;
    let over = Arc::new(AtomicBool::new(false));
    let at_work: Vec<_> = (0..clients)
        .map(|_| {
            let random = StdRng::seed_from_u64(run.random.random());
            let client = Client::new(&run.arena, random, Arc::clone(&over));
            tokio::spawn(client.work())
        })
        .collect();

    let struck = strike(&mut run, strikes).await;
    over.store(true, Ordering::SeqCst);
    for client in at_work {
        client.await?;
    }
    let struck = struck?;
    println!("  struck {}", struck.tally);
    tell_deeds(&run);
    run.report.tried(
        struck.ended_by_themselves == 0,
        &format!("{} portals ended by themselves", struck.ended_by_themselves),
    );
    run.settle().await?;
    let issued = run
        .arena
        .database
        .count("issue_attempt where state = 'issued'")
        .await?;
    run.report.tried(
        issued > 0,
        &format!("{issued} certificates were issued nevertheless"),
    );
    run.conclude().await
}

/// Strikes, and ends each trouble when its time is over.
async fn strike(run: &mut Run, strikes: usize) -> Result<Struck> {
    let mut struck = Struck::default();
    let began = Instant::now();
    for number in 1..=strikes {
        let next = began + EVERY * u32::try_from(number)?;
        while Instant::now() < next {
            ensure_not_interrupted()?;
            struck.end_due(&mut run.arena)?;
            sleep(TICK).await;
        }
        let strike = Strike::choose(&mut run.random);
        println!("  {:>7}  #{number} {strike}", seconds(began.elapsed()));
        struck.strike(&mut run.arena, &strike).await?;
    }
    struck.end_all(&mut run.arena)?;
    Ok(struck)
}

/// What clients were told, by what they did.
fn tell_deeds(run: &Run) {
    let deeds = [
        Deed::Ask,
        Deed::Approve,
        Deed::Deny,
        Deed::Withdraw,
        Deed::Issue,
        Deed::Collect,
        Deed::Acknowledge,
    ];
    let told = run.arena.clients.told();
    for deed in deeds {
        let mut tally = Tally::default();
        for told in told.iter().filter(|told| told.deed == deed) {
            tally.count(match &told.answer {
                Answer::Done => "done".to_owned(),
                Answer::AsItIs => "under way already".to_owned(),
                Answer::Key { .. } => "keys".to_owned(),
                Answer::Refused { status, code } => format!("refused ({status} {code})"),
                Answer::Silence { .. } => "without an answer".to_owned(),
            });
        }
        println!("  {:<12} {tally}", format!("{deed:?}"));
    }
}
