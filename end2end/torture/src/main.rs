//! Torture: two portals on one Postgres are struck while people work with them. Afterwards what the
//! stand-in for Atlas was asked, the audit log, the tables and the clients' own notes must agree.
//!
//! One file per sub-command under `commands/`; [`check`] holds what must be true, one function each.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program talks to the person who started it"
)]

mod arena;
mod canary;
mod check;
mod clock;
mod commands;
mod history;
mod people;
mod proxy;
mod report;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use surroundings::{interrupt, workspace::Workspace};

use crate::commands::{chaos, clicks, crash, faults};

/// Strikes two portals while people work with them, and looks whether everything on record agrees.
#[derive(Parser)]
#[command(
    name = "cargo torture",
    bin_name = "cargo torture",
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    how: How,
}

#[derive(Subcommand)]
enum Command {
    /// `kill -9` at every named point of the portal, many times each.
    Crash(crash::Arguments),
    /// Everything that can go wrong at Atlas and on the way there, many times each.
    Faults(faults::Arguments),
    /// Everything at once, while people work.
    Chaos,
    /// One approval, 64 clicks on "Issue" at once, on both portals; many times.
    Clicks,
}

/// What every sub-command can be told.
#[derive(Args, Clone, Debug)]
struct How {
    /// How often each thing is done; without it, as often as the goals say.
    #[arg(long, global = true, value_name = "N")]
    repeat: Option<usize>,
    /// What decides everything that is left to chance; printed, and to be given again to see it again.
    #[arg(long, global = true, value_name = "S")]
    seed: Option<u64>,
    /// Only as much as `cargo verify` has time for.
    #[arg(long, global = true)]
    short: bool,
    /// Keep the database's dump, the logs and what was found, whatever the outcome.
    #[arg(long, global = true)]
    keep: bool,
    /// The portal's program, built with failpoints.
    #[arg(long, global = true, value_name = "FILE", hide = true)]
    program: Option<PathBuf>,
}

impl How {
    /// How often: as told, or as the short run or the goals say.
    fn times(&self, short: usize, goal: usize) -> usize {
        self.repeat
            .unwrap_or(if self.short { short } else { goal })
            .max(1)
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(_) if interrupt::requested() => ExitCode::from(130),
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    interrupt::listen()?;
    let Arguments { command, how } = Arguments::parse();
    let workspace = Workspace::find()?;
    // Children die with the thread that started them, so that they never outlive us. This thread lives
    // longest: it starts them all, and the others carry the clients and the proxies.
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the harness could not be set up")?
        .block_on(async {
            let report = match command {
                Command::Crash(arguments) => crash::run(&workspace, &how, &arguments).await,
                Command::Faults(arguments) => faults::run(&workspace, &how, &arguments).await,
                Command::Chaos => chaos::run(&workspace, &how).await,
                Command::Clicks => clicks::run(&workspace, &how).await,
            }?;
            Ok(report.close())
        })
}
