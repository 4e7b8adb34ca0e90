//! `cargo xtask sqlx-prepare`: regenerates `.sqlx`, or checks that it need not be.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;

use crate::{
    progress,
    sqlx_cache::{self, SchemaDatabase},
    workspace::Workspace,
};

/// What may be chosen.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Change nothing; fail when `.sqlx` is not up to date.
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let packages = sqlx_cache::packages_with_queries(&workspace)?;
    ensure!(!packages.is_empty(), "no crate has a query yet");
    let database = SchemaDatabase::start(&workspace)?;
    let current = workspace.target.join("sqlx-current");
    progress::talkative("Asking the database about every query", || {
        let mut cargo = vec!["check", "--all-targets"];
        cargo.extend(packages.iter().map(String::as_str));
        database.collect(&workspace, &cargo, &current)
    })?;
    let committed = workspace.path(".sqlx");
    if arguments.check {
        sqlx_cache::ensure_same(&committed, &current)?;
        println!("  .sqlx is up to date.");
    } else {
        let count = sqlx_cache::replace(&committed, &current)?;
        println!("  .sqlx holds {count} queries.");
    }
    Ok(ExitCode::SUCCESS)
}
