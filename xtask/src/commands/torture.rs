//! `cargo torture`: builds the portal with failpoints and the harness that strikes it, and starts that.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};
use surroundings::stand_ins;

use crate::{children::run_for_status, programs, tools, workspace::Workspace};

/// What the harness does; `cargo verify` runs each with `--short`.
const KINDS: [&str; 4] = ["clicks", "faults", "crash", "chaos"];

/// Handed on to the harness: `cargo torture --help` tells.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    build(&workspace)?;
    let status = run_for_status(harness(&workspace).args(&arguments.arguments))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Every kind of torture, as much of it as there is time for.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    build(workspace)?;
    let mut failed = Vec::new();
    for kind in KINDS {
        println!("\n  cargo torture {kind} --short");
        if !run_for_status(harness(workspace).args([kind, "--short"]))?.success() {
            failed.push(kind);
        }
    }
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

fn build(workspace: &Workspace) -> Result<()> {
    tools::postgres_programs()?;
    stand_ins::ensure_packages(workspace)?;
    programs::build_torture(workspace).context("the harness could not be built")
}

fn harness(workspace: &Workspace) -> Command {
    let mut command = Command::new(workspace.built("torture"));
    command.current_dir(&workspace.root);
    command
}
