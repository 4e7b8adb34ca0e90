//! A private Postgres: the installed server programs, a data folder of our own, one TCP port on
//! 127.0.0.1, a password.

use std::{
    fs::{self, Permissions},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::{
    children::{Child, Launch, output_of},
    os_user::OsUser,
    progress, tools,
};

const ADMINISTRATOR: &str = "postgres";

/// How to start one.
pub struct Settings {
    /// Where its files go. Made if it is not there.
    pub folder: PathBuf,
    /// Where its log goes.
    pub log: PathBuf,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// The administrator's. Counts only when the data folder is made.
    pub password: String,
    /// Whether what it says is committed survives a power cut.
    pub durable: bool,
    /// Clients at the same time.
    pub max_connections: u16,
    /// Further parameters, by their names in `postgresql.conf`.
    pub parameters: Vec<(&'static str, String)>,
}

/// A running server. Stopped when dropped.
pub struct Postgres {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
    password: String,
    launch: Launch,
    child: Child,
}

impl Postgres {
    /// Makes the data folder when it is missing, starts the server and waits for it.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(settings: Settings) -> Result<Self> {
        let programs = tools::postgres_programs()?;
        let user = OsUser::unprivileged()?;
        let folder = reachable_folder(&settings.folder, user.as_ref());
        if !folder.join("data/PG_VERSION").exists() {
            progress::quiet("Making an empty database", || {
                make_data_folder(&folder, &programs, user.as_ref(), &settings)
            })?;
        }
        let on_off = |on: bool| if on { "on" } else { "off" };
        let mut parameters = vec![
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("port", settings.port.to_string()),
            ("unix_socket_directories", String::new()),
            ("max_connections", settings.max_connections.to_string()),
            ("fsync", on_off(settings.durable).to_owned()),
            ("full_page_writes", on_off(settings.durable).to_owned()),
            ("synchronous_commit", on_off(settings.durable).to_owned()),
            ("timezone", "UTC".to_owned()),
        ];
        parameters.extend(settings.parameters);
        let mut launch = Launch::new("PostgreSQL", programs.join("postgres"))
            .option("-D", folder.join("data"))
            .user(user)
            // SIGTERM would wait for every client to go by itself.
            .stop_signal(Signal::INT);
        for (name, value) in parameters {
            launch = launch.option("-c", format!("{name}={value}"));
        }
        let launch = launch.directory(Path::new("/"));
        let mut postgres = Self {
            child: launch.clone().start(&settings.log)?,
            data: folder.join("data"),
            programs,
            port: settings.port,
            password: settings.password,
            launch,
        };
        postgres.wait_until_ready()?;
        Ok(postgres)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let mut ask = self.psql_command("postgres", "select 1");
        self.child.wait_until_ready(Duration::from_mins(1), || {
            ask.output().is_ok_and(|output| output.status.success())
        })
    }

    /// Ends the server as a crash would (`pg_ctl stop -m immediate`) and starts it again, which repeats
    /// what its log of writes holds. The output of the new run goes to `log`.
    ///
    /// # Errors
    /// When it does not come up again.
    pub fn crash_and_restart(&mut self, log: &Path) -> Result<()> {
        self.child.signal(Signal::QUIT);
        self.child.wait_until_ended(Duration::from_mins(2))?;
        self.child = self.launch.clone().start(log)?;
        self.wait_until_ready()
    }

    /// The folder with its data and its log of writes.
    pub fn data_folder(&self) -> &Path {
        &self.data
    }

    /// Everything in all databases, as SQL: `pg_dumpall`.
    ///
    /// # Errors
    /// When the program fails.
    pub fn dump(&self, into: &Path) -> Result<()> {
        let mut command = Command::new(self.programs.join("pg_dumpall"));
        command
            .args(["--host", "127.0.0.1", "--username", ADMINISTRATOR])
            .args(["--port", &self.port.to_string()])
            .arg("--file")
            .arg(into)
            .env("PGPASSWORD", &self.password);
        output_of(&mut command).context("the databases could not be dumped")?;
        Ok(())
    }

    /// Stops it in order.
    pub fn stop(&mut self) {
        self.child.stop();
    }

    /// The administrator's address of a database.
    pub fn administrator_url(&self, database: &str) -> String {
        self.url(ADMINISTRATOR, &self.password, database)
    }

    /// Someone's address of a database.
    pub fn url(&self, role: &str, password: &str, database: &str) -> String {
        format!(
            "postgres://{role}:{password}@127.0.0.1:{}/{database}",
            self.port
        )
    }

    /// Runs SQL as the administrator and answers what it printed.
    ///
    /// # Errors
    /// What Postgres refused.
    pub fn execute(&self, database: &str, sql: &str) -> Result<String> {
        output_of(&mut self.psql_command(database, sql))
            .with_context(|| format!("PostgreSQL refused:\n{sql}"))
    }

    /// Runs a file of SQL as the administrator.
    ///
    /// # Errors
    /// What Postgres refused.
    pub fn execute_file(&self, database: &str, file: &Path) -> Result<()> {
        output_of(
            self.psql(database)
                .arg("--single-transaction")
                .arg("--file")
                .arg(file),
        )
        .with_context(|| format!("PostgreSQL refused {}", file.display()))?;
        Ok(())
    }

    /// An error if the server is gone.
    ///
    /// # Errors
    /// As it says.
    pub fn ensure_running(&mut self) -> Result<()> {
        self.child.ensure_running()
    }

    fn psql_command(&self, database: &str, sql: &str) -> Command {
        let mut command = self.psql(database);
        command.args(["--command", sql]);
        command
    }

    fn psql(&self, database: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", "--host", "127.0.0.1"])
            .args(["--port", &self.port.to_string()])
            .args(["--username", ADMINISTRATOR, "--dbname", database])
            .env("PGPASSWORD", &self.password)
            .env("PGOPTIONS", "-c client_min_messages=warning");
        command
    }
}

/// Removes the files of a stopped server, wherever they are.
///
/// # Errors
/// When something cannot be removed.
pub fn remove(folder: &Path) -> Result<()> {
    for folder in [folder.to_owned(), folder_elsewhere(folder)] {
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("could not remove {}", folder.display()))?;
        }
    }
    Ok(())
}

fn make_data_folder(
    folder: &Path,
    programs: &Path,
    user: Option<&OsUser>,
    settings: &Settings,
) -> Result<()> {
    // What an interrupted start left behind cannot be continued.
    remove(folder)?;
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    let password_file = folder.join("password");
    fs::write(&password_file, &settings.password)?;
    if let Some(user) = user {
        user.own(folder)?;
        user.own(&password_file)?;
    }
    let mut command = match user {
        Some(user) => {
            let mut command = Command::new("setpriv");
            command
                .args(user.setpriv_arguments())
                .arg("--")
                .arg(programs.join("initdb"));
            command
        }
        None => Command::new(programs.join("initdb")),
    };
    command
        .arg("--pgdata")
        .arg(folder.join("data"))
        .args(["--username", ADMINISTRATOR, "--auth", "scram-sha-256"])
        .arg("--pwfile")
        .arg(&password_file)
        // The same order of text on every machine.
        .args(["--no-locale", "--encoding", "UTF8"])
        .current_dir("/");
    if !settings.durable {
        command.arg("--no-sync");
    }
    output_of(&mut command).context("could not make a database folder")?;
    fs::remove_file(password_file)?;
    Ok(())
}

/// The folder itself, or, where Postgres's account cannot get there (a checkout in root's home),
/// one of our own elsewhere, always the same for the same folder.
fn reachable_folder(folder: &Path, user: Option<&OsUser>) -> PathBuf {
    let parent = folder.parent().unwrap_or(folder);
    match user {
        Some(user) if !user.reaches(parent) => folder_elsewhere(folder),
        _ => folder.to_owned(),
    }
}

fn folder_elsewhere(folder: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    // Not /tmp, which a restart may empty.
    Path::new("/var/tmp").join(format!("certdesk-postgres-{:016x}", hasher.finish()))
}
