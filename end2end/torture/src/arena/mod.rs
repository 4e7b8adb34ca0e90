//! Everything under torture: a private Postgres, the stand-ins, two portals, and a proxy on each way.

mod atlas;
mod database;
mod quiet;
mod replica;
mod world;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use surroundings::{
    children::Child,
    folder::Folder,
    installation::{self, DATABASE},
    ports::{Ports, lasting},
    postgres::{self, Postgres},
    progress,
    secrets::Secrets,
    stand_ins,
    workspace::Workspace,
};

pub(crate) use self::{
    atlas::Atlas,
    database::{Database, Ending},
    replica::{Door, Jobs, Replica},
    world::{User, Users},
};
use crate::{
    people::{ClientLog, Person},
    proxy::Proxy,
};

/// How the portals under torture are set up.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    /// The portal's program.
    pub(crate) program: PathBuf,
    /// Database users to make certificates for.
    pub(crate) users: usize,
    /// How many times faster than in production their waits pass.
    pub(crate) pace: u32,
}

/// Everything under torture. Dropped, it stops; what it wrote stays unless it was left in order.
pub(crate) struct Arena {
    /// The two portals.
    pub(crate) replicas: [Replica; 2],
    /// The stand-in for Atlas.
    pub(crate) atlas: Atlas,
    /// Postgres as its superuser sees it.
    pub(crate) database: Database,
    /// Postgres's process.
    pub(crate) postgres: Postgres,
    /// The database users.
    pub(crate) users: Arc<Users>,
    /// What clients did.
    pub(crate) clients: ClientLog,
    /// Who asks.
    pub(crate) dana: Person,
    /// Who approves.
    pub(crate) olga: Person,
    /// Who approves what olga asks for.
    pub(crate) otto: Person,
    postgres_runs: u32,
    /// The stand-ins.
    processes: [Child; 2],
    folder: Folder,
}

impl Arena {
    /// Starts everything, and signs the people in.
    pub(crate) async fn start(workspace: &Workspace, wishes: &Wishes) -> Result<Self> {
        let folder = Folder::throwaway(workspace)?;
        folder.prepare()?;
        // Whoever is killed is started again, where it was.
        let [
            portal,
            admin,
            identity,
            atlas,
            postgres,
            second,
            second_admin,
        ] = lasting(7)?
            .try_into()
            .map_err(|_| anyhow::anyhow!("seven ports were asked for"))?;
        let ports = Ports {
            portal,
            admin,
            identity,
            atlas,
            postgres,
        };
        let mut secrets = Secrets::open(folder.path("secrets.json"))?;
        let postgres = start_postgres(&folder, &ports, &mut secrets)?;
        installation::create_database(&postgres, &mut secrets)?;
        let environment =
            installation::environment(workspace, &folder, &ports, &postgres, &mut secrets)?;
        let (atlas_process, identity) = progress::quiet("Starting the stand-ins", || {
            // Elliptic curves: an RSA key takes longer than everything else. And whoever is killed and
            // started again every second asks for more tokens than Atlas would give.
            let options = ["--keys", "ecdsa-p256", "--unlimited"];
            let atlas = stand_ins::start_atlas(workspace, &folder, &ports, &mut secrets, &options)?;
            let identity = stand_ins::start_identity(workspace, &folder, &ports, &mut secrets)?;
            Ok((atlas, identity))
        })?;
        let users = Arc::new(Users::new(wishes.users));
        let atlas = Atlas::new(&stand_ins::atlas_url(&ports))?;
        atlas.replace_world(&users.world()).await?;
        users
            .let_people_in(&stand_ins::identity_url(&ports))
            .await?;
        progress::quiet("Migrating the database", || {
            installation::migrate(workspace, &wishes.program, &postgres, &environment)
        })?;

        let database_url = postgres.administrator_url(DATABASE);
        let mut replicas = Vec::new();
        // What people type is the first one's address; the sign-in leads back there.
        for (name, port, admin_port) in [("a", portal, admin), ("b", second, second_admin)] {
            let settings = replica::Settings {
                name,
                program: wishes.program.clone(),
                port,
                admin_port,
                to_atlas: Proxy::start(local(ports.atlas)).await?,
                to_database: Proxy::start(local(ports.postgres)).await?,
                // Nobody loads the files that pages name.
                site: folder.path("site"),
                logs: folder.path("logs"),
                ports,
                pace: wishes.pace,
            };
            replicas.push(Replica::new(settings, &environment));
        }
        let mut replicas: [Replica; 2] = replicas
            .try_into()
            .map_err(|_| anyhow::anyhow!("there are two of them"))?;
        progress::quiet("Starting two portals", || {
            replicas
                .iter_mut()
                .try_for_each(|replica| replica.start(Jobs::With))
        })?;
        let clients = ClientLog::open(&folder.path("logs/clients.jsonl"))?;
        let portal = installation::url(&ports);
        let dana = Person::sign_in(&portal, "dana", &clients).await?;
        let olga = Person::sign_in(&portal, "olga", &clients).await?;
        let otto = Person::sign_in(&portal, "otto", &clients).await?;
        let arena = Self {
            replicas,
            atlas,
            database: Database::connect(&database_url)?,
            postgres,
            users,
            clients,
            dana,
            olga,
            otto,
            postgres_runs: 1,
            processes: [atlas_process, identity],
            folder,
        };
        arena.wait_until_read().await?;
        Ok(arena)
    }

    /// The way in to a portal.
    pub(crate) fn door(&self, replica: usize) -> &Door {
        self.replicas[replica % self.replicas.len()].door()
    }

    /// A file or folder of this arena.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path(name)
    }

    /// Ends Postgres as a crash would, and starts it again.
    pub(crate) fn crash_postgres(&mut self) -> Result<()> {
        self.postgres_runs += 1;
        let log = format!("logs/postgres.{}.log", self.postgres_runs);
        self.postgres.crash_and_restart(&self.folder.path(&log))
    }

    /// Stops the portals, in order.
    pub(crate) fn stop_portals(&mut self) {
        for replica in &mut self.replicas {
            replica.stop();
        }
    }

    /// Removes everything, after a run in which nothing went wrong.
    pub(crate) fn leave(self) -> Result<()> {
        let Self {
            replicas,
            postgres,
            folder,
            processes,
            ..
        } = self;
        drop((replicas, processes, postgres));
        folder.leave()
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn start_postgres(folder: &Folder, ports: &Ports, secrets: &mut Secrets) -> Result<Postgres> {
    Postgres::start(postgres::Settings {
        folder: folder.postgres(),
        log: folder.path("logs/postgres.log"),
        port: ports.postgres,
        password: secrets.get("postgres")?,
        durable: true,
        max_connections: 200,
        parameters: vec![
            // Tells which came first, a commit or a call.
            ("track_commit_timestamp", "on".to_owned()),
            // What statements are about must not stand in the log; that they failed may.
            ("log_parameter_max_length_on_error", "0".to_owned()),
        ],
    })
    .context("the private Postgres could not be started")
}

/// Whether there is such a program, in words for a person.
pub(crate) fn ensure_program(program: &Path) -> Result<()> {
    anyhow::ensure!(
        program.exists(),
        "{} is not there; `cargo torture` builds it",
        program.display()
    );
    Ok(())
}
