//! `cargo verify`: the whole test suite, browser journeys included.

use std::{
    path::Path,
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{demo, torture};
use crate::{
    children::run as run_program,
    interrupt, node,
    progress::in_words,
    site,
    sqlx_cache::{self, SchemaDatabase},
    tools,
    workspace::Workspace,
    world::{Kind, World},
};

/// The budget of a first view is 150 kB for everything; this leaves room for the page itself.
const SITE_BUDGET_BYTES: u64 = 130_000;

const WASM_LINT: [&str; 9] = [
    "clippy",
    "--package=app",
    "--lib",
    "--target=wasm32-unknown-unknown",
    "--no-default-features",
    "--features=hydrate",
    "--",
    "-D",
    "warnings",
];

/// What may be chosen.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Run only the steps whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// Runs the command. Every step runs even if an earlier one failed, so that one run tells all.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    tools::ensure_wasm_target()?;
    let mut report = Report::new(arguments.only.clone());

    report.step("format", || {
        run_program(&mut workspace.cargo(&["fmt", "--all", "--check"])).map(done)
    })?;
    let queries = workspace.target.join("sqlx-verify");
    report.step("lint, native", || {
        lint_and_ask(&workspace, &queries).map(done)
    })?;
    report.step("lint, browser", || {
        run_program(&mut workspace.cargo(&WASM_LINT)).map(done)
    })?;
    report.step("queries match the schema", || {
        ensure!(
            queries.exists(),
            "the native lint did not get as far as asking the database"
        );
        sqlx_cache::ensure_same(&workspace.path(".sqlx"), &queries).map(done)
    })?;
    report.step("dependencies", || check_dependencies(&workspace))?;
    report.step("tests", || test(&workspace).map(done))?;
    report.step("tests, sign-in stand-in", || {
        test_identity(&workspace).map(done)
    })?;
    report.step("site", || build_site(&workspace).map(done))?;
    report.step("demo", || demo::check(&workspace).map(done))?;
    report.step("torture", || torture::check(&workspace).map(done))?;
    report.step("journeys", || journeys(&workspace).map(done))?;
    Ok(report.close())
}

/// Clippy compiles every query anyway, so the same run asks the database about each.
fn lint_and_ask(workspace: &Workspace, queries: &Path) -> Result<()> {
    let lint = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    SchemaDatabase::start(workspace)?.collect(workspace, &lint, queries)
}

fn check_dependencies(workspace: &Workspace) -> Result<Outcome> {
    if !tools::has_cargo_command("deny") {
        return Ok(Outcome::Skipped("cargo-deny is not installed"));
    }
    run_program(&mut workspace.cargo(&["deny", "check"])).map(done)
}

fn test(workspace: &Workspace) -> Result<()> {
    let postgres = sqlx_cache::start_postgres(workspace, "tests")?;
    let url = postgres.administrator_url("postgres");
    let cargo = |arguments: &[&str]| {
        let mut command = workspace.cargo(arguments);
        command
            .env("DATABASE_URL", &url)
            .env("SQLX_OFFLINE", "true");
        run_program(&mut command)
    };
    if tools::has_cargo_command("nextest") {
        cargo(&["nextest", "run", "--workspace", "--no-fail-fast"])?;
        cargo(&["test", "--workspace", "--doc"])
    } else {
        cargo(&["test", "--workspace", "--no-fail-fast"])
    }
}

fn test_identity(workspace: &Workspace) -> Result<()> {
    let folder = workspace.path("end2end/stand-ins/identity");
    node::ensure_packages(&folder, "the stand-in for the company's sign-in")?;
    run_program(
        Command::new("node")
            .args(["--test", "--test-reporter=spec"])
            .current_dir(folder),
    )
}

fn build_site(workspace: &Workspace) -> Result<()> {
    let sizes = site::build(workspace, site::Quality::Small)?;
    println!("{sizes}");
    ensure!(
        sizes.transferred() <= SITE_BUDGET_BYTES,
        "the first view of a page transfers {} bytes besides the page, more than the budget of \
         {SITE_BUDGET_BYTES}",
        sizes.transferred()
    );
    Ok(())
}

/// The journeys of people through the portal, in a real browser, in a world of their own.
fn journeys(workspace: &Workspace) -> Result<()> {
    let folder = workspace.path("end2end");
    let chromium = tools::chromium()?;
    node::ensure_packages(&folder, "the browser tests")?;
    let world = World::start(workspace, &Kind::Throwaway)?;
    let mut playwright = Command::new(folder.join("node_modules/.bin/playwright"));
    playwright
        .arg("test")
        .current_dir(&folder)
        .env("CERTDESK_CHROMIUM", chromium)
        .env("CERTDESK_URL", world.portal_url())
        .env("ATLAS_CONTROL_URL", world.atlas_url())
        .env("IDENTITY_URL", world.identity_url());
    run_program(&mut playwright).with_context(|| {
        format!(
            "a journey failed; the logs are in {}",
            world.path("logs").display()
        )
    })?;
    world.stop()
}

enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

fn done(_: ()) -> Outcome {
    Outcome::Passed
}

/// What happened, step by step.
struct Report {
    only: Option<String>,
    steps: Vec<(&'static str, Outcome, Duration)>,
    started: Instant,
}

impl Report {
    fn new(only: Option<String>) -> Self {
        Self {
            only,
            steps: Vec::new(),
            started: Instant::now(),
        }
    }

    /// Runs a step; an error only when the whole run is to stop.
    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Outcome>) -> Result<()> {
        if self.only.as_ref().is_some_and(|text| !name.contains(text)) {
            return Ok(());
        }
        println!(
            "\n── {name} {}",
            "─".repeat(72_usize.saturating_sub(name.len()))
        );
        let started = Instant::now();
        let outcome = match work() {
            Ok(outcome) => outcome,
            Err(error) if interrupt::requested() => return Err(error),
            Err(error) => {
                println!("{name} failed: {error:#}");
                Outcome::Failed
            }
        };
        self.steps.push((name, outcome, started.elapsed()));
        Ok(())
    }

    fn close(self) -> ExitCode {
        println!("\n── summary {}", "─".repeat(65));
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        for (name, outcome, time) in &self.steps {
            let word = match outcome {
                Outcome::Passed => {
                    passed += 1;
                    "passed"
                }
                Outcome::Failed => {
                    failed += 1;
                    "FAILED"
                }
                Outcome::Skipped(reason) => {
                    skipped += 1;
                    reason
                }
            };
            println!("  {name:<28} {:>14}  {word}", in_words(*time));
        }
        println!(
            "  {:<28} {:>14}",
            "all together",
            in_words(self.started.elapsed())
        );
        println!("steps: {passed} passed, {failed} failed, {skipped} skipped");
        if failed == 0 && passed > 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
