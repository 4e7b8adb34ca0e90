//! `cargo bench-portal`: figures, not verdicts. Machines are noisy, so a bare server is measured in the
//! same run, by the same askers, and every page is told as a part of it.

use std::{fs, path::Path, process::ExitCode, time::Duration};

use anyhow::{Context, Result, ensure};

use super::{
    load::{self, Load},
    main_job,
};
use crate::{
    browser::Browser,
    children::{Launch, answers, run as run_child},
    ports, progress,
    workspace::Workspace,
    world::{Kind, World},
};

const PROJECT: &str = "64f0c0a1e4b0a1b2c3d4e501";

/// Measure pages, memory and the way to a certificate.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Certificates in the table.
    #[arg(long, default_value_t = 100_000)]
    certificates: u32,
    /// Requests at the same time.
    #[arg(long, default_value_t = 16)]
    places: usize,
    /// Seconds per page.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace {
        release: true,
        ..Workspace::find()?
    };
    let world = World::start(&workspace, &Kind::Measured)?;
    let floor = build_floor(&workspace)?;
    let result = measure(arguments, &workspace, &world, &floor);
    world.stop()?;
    result?;
    Ok(ExitCode::SUCCESS)
}

fn measure(
    arguments: &Arguments,
    workspace: &Workspace,
    world: &World,
    floor: &Path,
) -> Result<()> {
    let idle = resident_kib(world.portal_process()?)?;
    main_job::run(world)?;
    let way = world.sql(
        "select coalesce(round(extract(epoch from max(made.at - asked.at)) * 1000), 0)
         from audit.entry asked join audit.entry made using (attempt_id)
         where asked.type = 'issue.intent' and made.type = 'cert.issued'
            and asked.at > clock_timestamp() - interval '2 minutes'",
    )?;
    progress::quiet(
        &format!("Making up {} certificates", arguments.certificates),
        || world.sql(&fill(arguments.certificates)),
    )?;

    let portal = world.portal_url();
    let mut sam = Browser::new();
    main_job::sign_in(&mut sam, &portal, "sam", "/")?;
    let time = Duration::from_secs(arguments.seconds);
    let mut rows = Vec::new();
    for path in [
        "/",
        "/certificates",
        "/requests?scope=all",
        &format!("/projects/{PROJECT}"),
        "/audit",
    ] {
        let load = progress::quiet(path, || {
            load::run(&sam, &format!("{portal}{path}"), arguments.places, time)
        })?;
        rows.push((path.to_owned(), load));
    }
    let busy = resident_kib(world.portal_process()?)?;
    let bytes = rows[1].1.bytes;
    let bare = progress::quiet("a bare server, a page as long as /certificates", || {
        measure_floor(floor, bytes, arguments.places, time)
    })?;

    println!(
        "\n{} at once, {} certificates, {} s each",
        arguments.places, arguments.certificates, arguments.seconds
    );
    println!(
        "{:<28}{:>9}{:>10}{:>9}{:>9}{:>9}",
        "page", "bytes", "pages/s", "p50 ms", "p99 ms", "of bare"
    );
    for (path, load) in &rows {
        print_row(path, load, &bare);
    }
    print_row("bare axum", &bare, &bare);
    println!(
        "\nfirst view, brotli      {} kB",
        first_view(workspace, &rows[0].1)? / 1000
    );
    println!("resident, idle          {} MiB", idle / 1024);
    println!("resident, after load    {} MiB", busy / 1024);
    println!(
        "\"Issue\" to \"ready\"      {} ms (by the audit log, Atlas's delay at 0)",
        way.trim()
    );
    Ok(())
}

fn print_row(path: &str, load: &Load, bare: &Load) {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{path:<28}{:>9}{:>10.0}{:>9.1}{:>9.1}{:>8.0}%",
        load.bytes,
        load.per_second,
        ms(load.p50),
        ms(load.p99),
        load.per_second / bare.per_second * 100.0
    );
}

fn build_floor(workspace: &Workspace) -> Result<std::path::PathBuf> {
    progress::talkative("Building the bare server", || {
        let mut cargo =
            workspace.cargo(&["build", "--release", "--package=server", "--example=floor"]);
        run_child(cargo.env("SQLX_OFFLINE", "true"))
    })?;
    Ok(workspace.built("examples/floor"))
}

fn measure_floor(program: &Path, bytes: usize, places: usize, time: Duration) -> Result<Load> {
    let port = ports::free()?;
    let url = format!("http://localhost:{port}/");
    let log = std::env::temp_dir().join(format!("floor-{port}.log"));
    let mut server = Launch::new("the bare server", program)
        .arg(port.to_string())
        .arg(bytes.to_string())
        .start(&log)?;
    server.wait_until_ready(Duration::from_secs(10), || answers(&url))?;
    let load = load::run(&Browser::new(), &url, places, time);
    drop(server);
    fs::remove_file(log)?;
    load
}

/// Memory of a process that is really there, in KiB.
fn resident_kib(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS in /proc")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}

/// Everything a browser fetches for the first page: the page itself and what it names.
fn first_view(workspace: &Workspace, page: &Load) -> Result<u64> {
    let mut sum = page.bytes as u64;
    for file in fs::read_dir(workspace.site().join("pkg"))? {
        let file = file?;
        if file.path().extension().is_some_and(|end| end == "br")
            && file.file_name() != "manifest.json.br"
        {
            sum += file.metadata()?.len();
        }
    }
    ensure!(sum > 0, "there is nothing to fetch");
    Ok(sum)
}

/// Certificates without their audit entries: a table as long as that of a large company after years.
fn fill(certificates: u32) -> String {
    format!(
        "set session_replication_role = replica;
         insert into certificate
            (id, project_id, username, serial, subject, not_before, not_after, origin, first_seen_at, seen_at)
         select gen_random_uuid(), (array['64f0c0a1e4b0a1b2c3d4e501', '64f0c0a1e4b0a1b2c3d4e502',
                '64f0c0a1e4b0a1b2c3d4e503'])[1 + n % 3],
            'service-' || n % 2000, 4611686018427387904 + n, 'CN=service-' || n % 2000,
            now() - interval '300 days' + n * interval '3 minutes',
            now() - interval '100 days' + n * interval '5 minutes', 'preexisting', now(), now()
         from generate_series(1, {certificates}) n;
         set session_replication_role = origin;
         analyze certificate;"
    )
}
