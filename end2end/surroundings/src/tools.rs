//! Programs of the operating system that we need: found, or installed where that is possible
//! without asking anyone, or an error that names the command that would.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    children::{output_of, run},
    progress,
};

/// The oldest Node.js that the stand-ins and the build tools run on.
const NODE_MAJOR: u32 = 20;

/// The folder with `initdb`, `postgres` and `psql`.
///
/// # Errors
/// When they are missing and cannot be installed.
pub fn postgres_programs() -> Result<PathBuf> {
    if let Some(folder) = find_postgres() {
        return Ok(folder);
    }
    keep_debian_from_starting_a_cluster()?;
    install(
        "PostgreSQL's server programs",
        &["postgresql", "postgresql-client"],
    )?;
    find_postgres().context(
        "PostgreSQL was installed, but its programs `initdb` and `postgres` were not found",
    )
}

fn find_postgres() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| {
        ["initdb", "postgres", "psql"]
            .iter()
            .all(|program| folder.join(program).exists())
    };
    // Debian keeps the server programs out of PATH, one folder per major version.
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(complete)
        .collect();
    versions.sort_by_key(|folder| {
        let version = folder.parent()?.file_name()?.to_str()?;
        version.parse::<u32>().ok()
    });
    versions.pop().or_else(|| folders_in_path().find(complete))
}

/// Installing Debian's package makes and starts a database of its own on port 5432, which we
/// neither need nor want on someone's machine.
fn keep_debian_from_starting_a_cluster() -> Result<()> {
    let setting = Path::new("/etc/postgresql-common/createcluster.conf");
    if may_install() && !setting.exists() {
        fs::create_dir_all("/etc/postgresql-common")
            .and_then(|()| fs::write(setting, "create_main_cluster = false\n"))
            .with_context(|| format!("could not write {}", setting.display()))?;
    }
    Ok(())
}

/// Makes sure of Node.js and npm.
///
/// # Errors
/// When it is missing and cannot be installed, or too old.
pub fn ensure_node() -> Result<()> {
    if in_path("node").is_none() || in_path("npm").is_none() {
        install("Node.js and npm", &["nodejs", "npm"])?;
    }
    let version = output_of(Command::new("node").arg("--version"))?;
    let major = version.trim().trim_start_matches('v').split('.').next();
    match major.and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major >= NODE_MAJOR => Ok(()),
        _ => bail!(
            "Node.js {} is too old: {NODE_MAJOR} or newer is needed. Install a newer one and put \
             it first in PATH",
            version.trim()
        ),
    }
}

/// Makes sure of the `openssl` command.
///
/// # Errors
/// When it is missing and cannot be installed.
pub fn ensure_openssl() -> Result<()> {
    match in_path("openssl") {
        Some(_) => Ok(()),
        None => install("openssl", &["openssl"]),
    }
}

/// Debian's Chromium, or the browser named by `CERTDESK_CHROMIUM`.
///
/// # Errors
/// When it is missing and cannot be installed.
pub fn chromium() -> Result<PathBuf> {
    if let Some(named) = env::var_os("CERTDESK_CHROMIUM") {
        return Ok(named.into());
    }
    let find = || {
        ["chromium", "chromium-browser"]
            .iter()
            .find_map(|name| in_path(name))
    };
    if let Some(program) = find() {
        return Ok(program);
    }
    install("Chromium", &["chromium"])?;
    find().context("Chromium was installed but is not in PATH; name it in CERTDESK_CHROMIUM")
}

/// Makes sure the Rust toolchain can build for the browser.
///
/// # Errors
/// When it is missing and cannot be added.
pub fn ensure_wasm_target() -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let system_root = output_of(Command::new("rustc").args(["--print", "sysroot"]))?;
    let libraries = Path::new(system_root.trim())
        .join("lib/rustlib")
        .join(TARGET);
    if libraries.exists() {
        return Ok(());
    }
    if in_path("rustup").is_none() {
        bail!(
            "this Rust toolchain cannot build for {TARGET}, and there is no rustup to add it; \
             install your distribution's package with Rust's standard library for {TARGET}"
        );
    }
    progress::talkative("Adding Rust's standard library for the browser", || {
        run(Command::new("rustup").args(["target", "add", TARGET]))
    })
}

/// Whether `cargo <name>` exists.
pub fn has_cargo_command(name: &str) -> bool {
    in_path(&format!("cargo-{name}")).is_some()
}

fn may_install() -> bool {
    rustix::process::geteuid().is_root() && in_path("apt-get").is_some()
}

fn install(what: &str, packages: &[&str]) -> Result<()> {
    if !may_install() {
        bail!(
            "{what} is missing. On Debian and Ubuntu: sudo apt-get install {}",
            packages.join(" ")
        );
    }
    progress::talkative(&format!("Installing {what}"), || {
        let apt_get = |arguments: &[&str]| {
            let mut command = Command::new("apt-get");
            command
                .args(["--quiet", "--yes", "-o", "Dpkg::Options::=--force-confold"])
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive")
                .env("UCF_FORCE_CONFFOLD", "1");
            run(&mut command)
        };
        apt_get(&["update"])?;
        let mut arguments = vec!["install", "--no-install-recommends"];
        arguments.extend(packages);
        apt_get(&arguments)
    })
}

fn in_path(program: &str) -> Option<PathBuf> {
    folders_in_path()
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

fn folders_in_path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect::<Vec<_>>().into_iter()
}
