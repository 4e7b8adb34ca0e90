//! `cargo demo`: the whole product on this machine, with believable data.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use surroundings::stand_ins::AtlasWay;

use super::main_job;
use crate::{
    ports, progress, tools,
    workspace::Workspace,
    world::{Kind, World},
};

/// What may be chosen.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Forget the data of the last time.
    #[arg(long)]
    fresh: bool,
    /// Go through the main job once instead of waiting, on free ports and with data of its own.
    #[arg(long, conflicts_with_all = ["fresh", "port"])]
    check: bool,
    /// The portal's port. The next one and those 1000 and 1100 higher are used too.
    #[arg(long, value_name = "N", default_value_t = ports::USUAL)]
    port: u16,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    if arguments.check {
        check(&workspace)?;
    } else {
        show(&workspace, arguments)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts a world of its own, runs the main job in it and takes it away again.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    tools::ensure_openssl()?;
    let mut world = World::start(workspace, &Kind::Throwaway)?;
    for way in AtlasWay::ALL {
        println!("  {way}");
        if way != AtlasWay::USUAL {
            world.speak(way)?;
        }
        main_job::run(&world)?;
    }
    world.stop()?;
    println!(
        "  The main job works, from the request to the key in hand, in every way to speak with Atlas."
    );
    Ok(())
}

fn show(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let kind = Kind::Kept {
        port: arguments.port,
        fresh: arguments.fresh,
    };
    let mut world = World::start(workspace, &kind)?;
    println!("\n{}\n", progress::frame(&welcome(&world)));
    let outcome = world.run_until_interrupted();
    println!();
    progress::quiet("Stopping", || world.stop())?;
    outcome
}

fn welcome(world: &World) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        format!("Certdesk runs at   {}", world.portal_url()),
        String::new(),
        "Sign in as         the password is the name".to_owned(),
    ];
    let people = [
        ("dana", "developer, asks for certificates"),
        ("devon", "developer"),
        ("olga", "owner of Payments prod, approves"),
        ("otto", "owner of Payments prod and Data lake"),
        ("olivia", "owner of Catalog staging"),
        ("sam", "security, reads everything"),
        ("oscar", "operator"),
    ];
    lines.extend(
        people
            .iter()
            .map(|(name, role)| format!("  {name:<17}{role}")),
    );
    lines.extend([
        String::new(),
        format!("Health, metrics    {}/readyz, /metrics", world.admin_url()),
        format!("Atlas stand-in     {}", world.atlas_url()),
        format!("Sign-in stand-in   {}", world.identity_url()),
        format!("Logs               {}", world.path("logs").display()),
        String::new(),
        "Ctrl-C stops everything and keeps the data.".to_owned(),
        String::new(),
    ]);
    lines
}
