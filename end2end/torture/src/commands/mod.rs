//! The sub-commands, and what they share: how a run begins, and how it is judged in the end.

pub(crate) mod chaos;
pub(crate) mod clicks;
pub(crate) mod crash;
pub(crate) mod faults;
mod modes;

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use surroundings::{interrupt, workspace::Workspace};
use uuid::Uuid;

use crate::{
    How,
    arena::{Arena, Door, User, Wishes, ensure_program},
    canary::{self, MARK, Needles},
    check::INVARIANTS,
    history::{Answer, History},
    report::{Report, seconds},
};

/// The portal's program, built with failpoints.
const PROGRAM: &str = "certdesk-with-failpoints";
/// Violations of one invariant that are printed; the file has them all.
const SHOWN: usize = 10;

/// A run under way.
pub(crate) struct Run {
    pub(crate) arena: Arena,
    pub(crate) report: Report,
    pub(crate) random: StdRng,
    keep: bool,
}

impl Run {
    /// Starts an arena for so many database users.
    pub(crate) async fn begin(
        workspace: &Workspace,
        how: &How,
        users: usize,
        pace: u32,
    ) -> Result<Self> {
        let program = how
            .program
            .clone()
            .unwrap_or_else(|| workspace.built(PROGRAM));
        ensure_program(&program)?;
        let seed = how.seed.unwrap_or_else(|| rand::rng().random());
        println!("Seed {seed}");
        let wishes = Wishes {
            program,
            users,
            pace,
        };
        Ok(Self {
            arena: Arena::start(workspace, &wishes).await?,
            report: Report::default(),
            random: StdRng::seed_from_u64(seed),
            keep: how.keep,
        })
    }

    /// Ends every trouble and lets everything settle.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        let settled = self.arena.quiet().await?;
        println!("  settled after {}", seconds(settled));
        Ok(())
    }

    /// Reads what happened, once it is settled, and asks every invariant.
    pub(crate) async fn conclude(mut self) -> Result<Report> {
        let mut history = History::read(&self.arena).await?;
        let mut secrets = self.arena.clients.secrets();
        let mark: String = hex::encode(self.random.random::<[u8; 20]>());
        self.arena.database.leave_mark(&mark).await?;
        secrets.push((MARK.to_owned(), mark));
        let needles = Needles::new(&history.made, &secrets)?;
        let searched = canary::search(&mut self.arena, &needles)?;
        history.leaks.clone_from(&searched.leaks);
        println!(
            "  on record: {} calls, {} certificates, {} entries, {} requests, {} deeds; searched {} \
             files, {} MB",
            history.calls.len(),
            history.made.len(),
            history.log.len(),
            history.tables.requests.len(),
            history.told.len(),
            searched.files,
            searched.bytes / 1_000_000,
        );
        self.report.tried(
            searched.is_sighted(),
            "the search for keys finds what does lie in dump, tables and log of writes",
        );
        let evidence = self.arena.path("logs/history.txt");
        let mut violations = Vec::new();
        for invariant in &INVARIANTS {
            let broken = invariant.violations(&history);
            self.report.tried(
                broken.is_empty(),
                &format!("{:<5} {}", invariant.name, invariant.says),
            );
            for violation in broken.iter().take(SHOWN) {
                println!("          {violation}");
            }
            if broken.len() > SHOWN {
                println!("          … and {} more", broken.len() - SHOWN);
            }
            violations.extend(broken);
        }
        if self.report.is_clean() && !self.keep {
            self.arena.leave()?;
        } else {
            fs::write(&evidence, evidence_text(&history, &violations))?;
            println!("  what happened stands in {}", evidence.display());
        }
        Ok(self.report)
    }
}

fn evidence_text(history: &History, violations: &[crate::check::Violation]) -> String {
    let mut lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    lines.push("\ncalls".to_owned());
    lines.extend(history.calls.iter().map(|call| format!("{call:?}")));
    lines.push("\nlog".to_owned());
    lines.extend(history.log.iter().map(|entry| {
        let (at, name) = (entry.at, entry.name());
        format!("{at} {name} {:?} {}", entry.committed_at, entry.entry)
    }));
    lines.push(format!("\ntables\n{:#?}\n", history.tables));
    lines.join("\n")
}

/// Does something so many times, at most so many in one world: what a world has seen makes it slower, and
/// what is on record of it has to be judged at once. Each world has a seed of its own, one more than the last.
pub(crate) async fn in_rounds(
    how: &How,
    times: usize,
    in_a_world: usize,
    round: impl AsyncFn(&How, usize) -> Result<Report>,
) -> Result<Report> {
    let first = how.seed.unwrap_or_else(|| rand::rng().random());
    let worlds = times.div_ceil(in_a_world);
    let mut report = Report::default();
    for world in 0..worlds {
        if worlds > 1 {
            println!("\nWorld {} of {worlds}", world + 1);
        }
        let how = How {
            seed: Some(first.wrapping_add(u64::try_from(world)?)),
            ..how.clone()
        };
        let times = in_a_world.min(times - world * in_a_world);
        report.add(&round(&how, times).await?);
    }
    Ok(report)
}

/// An approved request, for a database user nobody is at.
pub(crate) async fn approved(arena: &Arena, door: &Door) -> Result<(Uuid, User)> {
    for _ in 0..arena.users.count() {
        let user = arena.users.next();
        let (answer, request) = arena.dana.ask(door, &user).await;
        // Somebody is at this one: the answer to an earlier request was lost, say.
        if matches!(answer, Answer::Refused { status: 409, .. }) {
            continue;
        }
        let request =
            request.with_context(|| format!("{user:?} could not be asked for: {answer:?}"))?;
        let answer = arena.olga.approve(door, request).await;
        ensure!(
            answer == Answer::Done,
            "request {request} could not be approved: {answer:?}"
        );
        return Ok((request, user));
    }
    bail!("there is no database user left that nobody is at")
}

/// Collects a certificate that waits, and says that it is saved.
pub(crate) async fn finish(arena: &Arena, place: usize, request: Uuid) {
    arena.dana.collect(arena.door(place), request).await;
    arena.dana.acknowledge(arena.door(place + 1), request).await;
}

/// An error if somebody asked us to stop.
pub(crate) fn ensure_not_interrupted() -> Result<()> {
    ensure!(!interrupt::requested(), "stopped on request");
    Ok(())
}
