//! `.sqlx`: what the database said about every query, so that the project builds without one.
//!
//! The macros of sqlx write it while they compile, when they are told to. This does what
//! `cargo sqlx prepare` does, without needing that program.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    children::run,
    ports,
    postgres::{Postgres, Settings},
    secrets::random_hex,
    workspace::Workspace,
};

/// What marks a source file as one whose queries are checked when it is compiled.
const MACROS: [&str; 4] = ["query!(", "query_as!(", "query_scalar!(", "query_file"];

/// Crates that may hold queries.
const CRATES: [(&str, &str); 3] = [
    ("portal", "server/portal"),
    ("server", "server"),
    ("demo-data", "end2end/demo-data"),
];

/// A database with the current schema, to ask what queries mean.
pub(crate) struct SchemaDatabase {
    /// Kept only to be stopped at the end.
    _postgres: Postgres,
    url: String,
}

impl SchemaDatabase {
    /// Starts one and applies the migrations.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let postgres = start_postgres(workspace, "sqlx")?;
        postgres.execute("postgres", "create database schema_for_sqlx")?;
        let mut migrations: Vec<PathBuf> = fs::read_dir(workspace.path("migrations"))
            .context("could not read the folder migrations/")?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        migrations.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
        migrations.sort();
        for migration in migrations {
            postgres.execute_file("schema_for_sqlx", &migration)?;
        }
        let url = postgres.administrator_url("schema_for_sqlx");
        Ok(Self {
            _postgres: postgres,
            url,
        })
    }

    /// Compiles with the given cargo sub-command so that the answers to all queries land in `folder`.
    pub(crate) fn collect(
        &self,
        workspace: &Workspace,
        cargo_arguments: &[&str],
        folder: &Path,
    ) -> Result<()> {
        fs::create_dir_all(folder)?;
        for (file, _) in read_cache(folder)? {
            fs::remove_file(folder.join(file))?;
        }
        let touched = Touched::make(workspace)?;
        let mut cargo = workspace.cargo(cargo_arguments);
        cargo
            .env("SQLX_OFFLINE", "false")
            .env("SQLX_OFFLINE_DIR", folder)
            .env("DATABASE_URL", &self.url);
        let result = run(&mut cargo);
        drop(touched);
        result
    }
}

/// A private Postgres for tools and tests: fast, and nothing in it is worth keeping.
pub(crate) fn start_postgres(workspace: &Workspace, purpose: &str) -> Result<Postgres> {
    let folder = workspace.target.join("postgres").join(purpose);
    crate::postgres::remove(&folder)?;
    fs::create_dir_all(&folder)?;
    Postgres::start(Settings {
        log: folder.with_extension("log"),
        folder,
        port: ports::free()?,
        password: random_hex()?,
        durable: false,
        max_connections: 400,
        parameters: Vec::new(),
    })
}

/// Which crates have queries, as `--package` arguments.
pub(crate) fn packages_with_queries(workspace: &Workspace) -> Result<Vec<String>> {
    let mut packages = Vec::new();
    for (package, folder) in CRATES {
        if has_queries(&workspace.path(folder).join("src"))? {
            packages.push(format!("--package={package}"));
        }
    }
    Ok(packages)
}

/// Compares `.sqlx` with what the database says now.
pub(crate) fn ensure_same(committed: &Path, current: &Path) -> Result<()> {
    let committed = read_cache(committed)?;
    let current = read_cache(current)?;
    let differing: Vec<_> = current
        .iter()
        .filter(|(file, value)| committed.get(*file) != Some(value))
        .map(|(_, value)| summary(value))
        .collect();
    let unused: Vec<_> = committed
        .iter()
        .filter(|(file, _)| !current.contains_key(*file))
        .map(|(_, value)| summary(value))
        .collect();
    if differing.is_empty() && unused.is_empty() {
        return Ok(());
    }
    bail!(
        ".sqlx is not up to date: {} queries are missing or answered differently now, {} are no \
         longer used. Run `cargo xtask sqlx-prepare` and commit .sqlx.\n{}",
        differing.len(),
        unused.len(),
        [differing, unused].concat().join("\n")
    )
}

/// Replaces the one cache by the other.
pub(crate) fn replace(committed: &Path, current: &Path) -> Result<usize> {
    fs::create_dir_all(committed)?;
    for file in read_cache(committed)?.keys() {
        fs::remove_file(committed.join(file))?;
    }
    let current_files = read_cache(current)?;
    for file in current_files.keys() {
        fs::copy(current.join(file), committed.join(file))?;
    }
    Ok(current_files.len())
}

fn read_cache(folder: &Path) -> Result<BTreeMap<String, Value>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let is_json = path
            .extension()
            .is_some_and(|extension| extension == "json");
        if name.starts_with("query-") && is_json {
            let value = serde_json::from_slice(&fs::read(&path)?)
                .with_context(|| format!("{} is damaged", path.display()))?;
            files.insert(name.to_owned(), value);
        }
    }
    Ok(files)
}

fn summary(query: &Value) -> String {
    let text = query["query"].as_str().unwrap_or_default();
    let words: Vec<_> = text.split_whitespace().collect();
    let mut line: String = words.join(" ").chars().take(100).collect();
    line.insert_str(0, "  ");
    line
}

fn has_queries(folder: &Path) -> Result<bool> {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.is_dir() {
            if has_queries(&path)? {
                return Ok(true);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path)?;
            if MACROS.iter().any(|name| source.contains(name)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Source files that cargo is made to think were just changed, because it would otherwise not
/// compile them again and the macros would not run. Their old times come back at the end: cargo then
/// sees sources older than what it built, and compiles nothing for our sake.
struct Touched {
    now: SystemTime,
    files: Vec<(PathBuf, SystemTime)>,
}

impl Touched {
    fn make(workspace: &Workspace) -> Result<Self> {
        let mut touched = Self {
            now: SystemTime::now(),
            files: Vec::new(),
        };
        for (_, folder) in CRATES {
            let sources = workspace.path(folder).join("src");
            if !has_queries(&sources)? {
                continue;
            }
            for root in ["lib.rs", "main.rs"] {
                let path = sources.join(root);
                if path.exists() {
                    let file = File::options().append(true).open(&path)?;
                    touched.files.push((path, file.metadata()?.modified()?));
                    file.set_modified(touched.now)?;
                }
            }
        }
        Ok(touched)
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        for (path, modified) in &self.files {
            if let Ok(file) = File::options().append(true).open(path) {
                // A file that someone saved in the meantime keeps its new time.
                let untouched_since = file
                    .metadata()
                    .and_then(|metadata| metadata.modified())
                    .is_ok_and(|time| time == self.now);
                if untouched_since {
                    let _ = file.set_modified(*modified);
                }
            }
        }
    }
}
