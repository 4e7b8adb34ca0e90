//! The project's commands: `cargo demo`, `cargo verify` and `cargo xtask …`.
//!
//! One file per command under `commands/`; the nouns they share (a Postgres, a running set of
//! services, a browser without a screen) are the modules beside it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program talks to the person who started it"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the ban on reading the clock is for the product; this program tells how long things took"
)]

mod browser;
mod commands;
mod form;
mod programs;
mod site;
mod sqlx_cache;
mod world;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use surroundings::{
    children, interrupt, node, ports, postgres, progress, secrets, tools, workspace,
};

use crate::commands::{bench_portal, demo, site as site_command, sqlx_prepare, torture, verify};

/// The project's commands.
#[derive(Parser)]
#[command(name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything: Postgres, the stand-ins for Atlas and the company sign-in, and the portal.
    Demo(demo::Arguments),
    /// Build what the browser downloads into target/site.
    Site(site_command::Arguments),
    /// Run the whole test suite, browser journeys included.
    Verify(verify::Arguments),
    /// Measure pages, memory and the way to a certificate, beside a bare server in the same run.
    BenchPortal(bench_portal::Arguments),
    /// Strike two portals while people work with them, and see whether everything on record agrees.
    Torture(torture::Arguments),
    /// Regenerate .sqlx, the record of every query that lets the project build without a database.
    SqlxPrepare(sqlx_prepare::Arguments),
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
    match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Site(arguments) => site_command::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::BenchPortal(arguments) => bench_portal::run(&arguments),
        Command::Torture(arguments) => torture::run(&arguments),
        Command::SqlxPrepare(arguments) => sqlx_prepare::run(&arguments),
    }
}
