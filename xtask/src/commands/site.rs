//! `cargo xtask site`: what the browser downloads.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::{site, tools, workspace::Workspace};

/// What may be chosen.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Quick to build and large: no optimisation.
    #[arg(long)]
    dev: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    tools::ensure_wasm_target()?;
    let quality = if arguments.dev {
        site::Quality::Quick
    } else {
        site::Quality::Small
    };
    let sizes = site::build(&workspace, quality)?;
    println!("{sizes}");
    Ok(ExitCode::SUCCESS)
}
