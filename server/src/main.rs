//! The program `certdesk`.

mod commands;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use server::config::Sources;

use crate::commands::{config_check, migrate, serve, worker};

/// Issues X.509 client certificates for MongoDB Atlas database users.
#[derive(Parser)]
#[command(name = "certdesk", version, arg_required_else_help = true)]
struct Arguments {
    /// The configuration file. The environment comes before what it says.
    #[arg(long, env = "CERTDESK_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the portal; the jobs run inside.
    Serve(serve::Arguments),
    /// Run the jobs alone, for an installation that serves without them.
    Worker,
    /// Bring the database to this version, as its owner.
    Migrate,
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Print what is in force, and try the database, the identity provider and Atlas.
    Check,
}

fn main() -> ExitCode {
    let Arguments { config, command } = Arguments::parse();
    let sources = Sources::of_process(config);
    let outcome = match command {
        Command::Serve(arguments) => serve::run(&sources, &arguments),
        Command::Worker => worker::run(&sources),
        Command::Migrate => migrate::run(&sources),
        Command::Config(ConfigCommand::Check) => config_check::run(&sources),
    };
    outcome.unwrap_or_else(|error| {
        commands::complain(&error);
        ExitCode::FAILURE
    })
}
