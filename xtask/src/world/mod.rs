//! A running set of services: Postgres, the two stand-ins, the portal.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use surroundings::{
    folder::Folder,
    installation,
    stand_ins::{self, AtlasWay},
};

use crate::{
    children::{Child, output_of},
    interrupt,
    ports::Ports,
    postgres::{self, Postgres},
    programs, progress,
    secrets::Secrets,
    site, tools,
    workspace::Workspace,
};

/// Which world to start.
pub(crate) enum Kind {
    /// The demo someone looks at, on known ports, with data that stays.
    Kept {
        /// The portal's port.
        port: u16,
        /// Whether to forget what was there.
        fresh: bool,
    },
    /// One for a test run, on free ports, gone afterwards. Nothing in it survives a power cut.
    Throwaway,
    /// One to measure: like a throw-away one, with a database that writes as in production.
    Measured,
}

/// A running set of services. Stopped when dropped, the portal first and Postgres last.
pub(crate) struct World {
    workspace: Workspace,
    environment: Vec<(String, String)>,
    portal: Option<Child>,
    identity: Child,
    atlas: Child,
    postgres: Postgres,
    ports: Ports,
    folder: Folder,
}

impl World {
    /// Builds what is needed, starts everything and waits until a person could use it.
    pub(crate) fn start(workspace: &Workspace, kind: &Kind) -> Result<Self> {
        build(workspace)?;
        let (folder, ports) = match *kind {
            Kind::Kept { port, fresh } => {
                // The lock first: a demo that already runs explains the taken ports better.
                let folder = Folder::kept(workspace, port)?;
                let ports = Ports::of_demo(port)?;
                if fresh {
                    progress::quiet("Forgetting the old data", || folder.empty())?;
                }
                (folder, ports)
            }
            Kind::Throwaway | Kind::Measured => (Folder::throwaway(workspace)?, Ports::any()?),
        };
        folder.prepare()?;
        let mut secrets = Secrets::open(folder.path("secrets.json"))?;
        let durable = matches!(kind, Kind::Kept { .. } | Kind::Measured);
        let postgres = start_postgres(&folder, &ports, &mut secrets, durable)?;
        installation::create_database(&postgres, &mut secrets)?;
        let environment =
            installation::environment(workspace, &folder, &ports, &postgres, &mut secrets)?;
        write_environment(&folder.path("environment"), &environment)?;

        let (atlas, identity) = progress::quiet("Starting the stand-ins", || {
            let state = folder.path("atlas.json").display().to_string();
            let state = ["--state", state.as_str()];
            let atlas = stand_ins::start_atlas(workspace, &folder, &ports, &mut secrets, &state)?;
            let identity = stand_ins::start_identity(workspace, &folder, &ports, &mut secrets)?;
            Ok((atlas, identity))
        })?;
        progress::quiet("Migrating the database", || {
            let program = workspace.built("certdesk");
            installation::migrate(workspace, &program, &postgres, &environment)
        })?;
        fill_once(workspace, &folder, &ports, &environment)?;
        let portal = progress::quiet("Starting the portal", || {
            installation::start(workspace, &folder, &ports, &environment)
        })?;
        Ok(Self {
            workspace: workspace.clone(),
            environment,
            portal: Some(portal),
            identity,
            atlas,
            postgres,
            ports,
            folder,
        })
    }

    /// Starts the portal anew, speaking with Atlas in another way.
    pub(crate) fn speak(&mut self, way: AtlasWay) -> Result<()> {
        let mut secrets = Secrets::open(self.folder.path("secrets.json"))?;
        installation::speak(&mut self.environment, &mut secrets, way)?;
        // Before the next one: they listen at the same address.
        drop(self.portal.take());
        let portal = installation::start(
            &self.workspace,
            &self.folder,
            &self.ports,
            &self.environment,
        )?;
        self.portal = Some(portal);
        Ok(())
    }

    /// Where people go.
    pub(crate) fn portal_url(&self) -> String {
        installation::url(&self.ports)
    }

    /// The sign-in stand-in.
    pub(crate) fn identity_url(&self) -> String {
        stand_ins::identity_url(&self.ports)
    }

    /// The Atlas stand-in, whose switches are under `/_control/`.
    pub(crate) fn atlas_url(&self) -> String {
        stand_ins::atlas_url(&self.ports)
    }

    /// The portal's health and metrics.
    pub(crate) fn admin_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.admin)
    }

    /// The portal's process.
    pub(crate) fn portal_process(&self) -> Result<u32> {
        let portal = self.portal.as_ref().context("the portal is not running")?;
        Ok(portal.id())
    }

    /// Runs SQL in the portal's database as the superuser, and answers what it prints.
    pub(crate) fn sql(&self, statement: &str) -> Result<String> {
        self.postgres.execute(installation::DATABASE, statement)
    }

    /// A place for files of this world.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path(name)
    }

    /// Waits for Ctrl-C; an error if one of the services ends before.
    pub(crate) fn run_until_interrupted(&mut self) -> Result<()> {
        while !interrupt::requested() {
            if let Some(portal) = &mut self.portal {
                portal.ensure_running()?;
            }
            self.identity.ensure_running()?;
            self.atlas.ensure_running()?;
            self.postgres.ensure_running()?;
            thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    /// Stops everything; a throw-away world leaves nothing behind.
    pub(crate) fn stop(self) -> Result<()> {
        let Self {
            portal,
            identity,
            atlas,
            postgres,
            folder,
            ..
        } = self;
        drop((portal, identity, atlas, postgres));
        folder.leave()
    }
}

fn build(workspace: &Workspace) -> Result<()> {
    tools::ensure_wasm_target()?;
    tools::postgres_programs()?;
    stand_ins::ensure_packages(workspace)?;
    programs::build(workspace)?;
    site::build(workspace, site::Quality::Small)?;
    Ok(())
}

fn start_postgres(
    folder: &Folder,
    ports: &Ports,
    secrets: &mut Secrets,
    durable: bool,
) -> Result<Postgres> {
    let settings = postgres::Settings {
        folder: folder.postgres(),
        log: folder.path("logs/postgres.log"),
        port: ports.postgres,
        password: secrets.get("postgres")?,
        durable,
        max_connections: 100,
        parameters: Vec::new(),
    };
    Postgres::start(settings)
}

/// Gives a new installation a believable past. Only once: it would not be believable twice.
fn fill_once(
    workspace: &Workspace,
    folder: &Folder,
    ports: &Ports,
    environment: &[(String, String)],
) -> Result<()> {
    let done = folder.path("filled");
    if done.exists() {
        return Ok(());
    }
    progress::quiet("Filling in demo data", || {
        let mut command = Command::new(workspace.built("demo-data"));
        let value_of = |name: &str| {
            environment
                .iter()
                .find_map(|(key, value)| (key == name).then_some(value.as_str()))
                .unwrap_or_default()
        };
        command
            .args([
                "--database-owner-url",
                value_of("CERTDESK_DATABASE__OWNER_URL"),
            ])
            .args(["--database-url", value_of("CERTDESK_DATABASE__URL")])
            .args(["--atlas-url", &stand_ins::atlas_url(ports)])
            .args(["--atlas-control-url", &stand_ins::atlas_url(ports)])
            .args(["--issuer", &stand_ins::identity_url(ports)])
            .envs(environment.iter().cloned())
            .current_dir(&workspace.root);
        output_of(&mut command).context(
            "the demo data could not be filled in. `cargo demo --fresh` starts again from nothing",
        )?;
        fs::write(&done, "")?;
        Ok(())
    })
}

/// Leaves the settings where a person can use them with the portal's other commands:
/// `set -a; . .demo/3000/environment; target/debug/certdesk audit verify`.
fn write_environment(file: &Path, environment: &[(String, String)]) -> Result<()> {
    let mut output = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .with_context(|| format!("could not write {}", file.display()))?;
    for (name, value) in environment {
        writeln!(output, "{name}='{value}'")?;
    }
    Ok(())
}
