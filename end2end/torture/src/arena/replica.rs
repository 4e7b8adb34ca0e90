//! One of the portals: started, killed, frozen, started again.

use std::{fs, path::PathBuf, process::ExitStatus, sync::Arc, thread, time::Duration};

use anyhow::{Result, ensure};
use rustix::process::Signal;
use surroundings::{
    children::{Child, Launch, answers},
    ports::Ports,
};

use tokio::time::Instant;

use crate::proxy::Proxy;

const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a portal under torture is made of.
pub(super) struct Settings {
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
    pub(super) port: u16,
    pub(super) admin_port: u16,
    pub(super) to_atlas: Proxy,
    pub(super) to_database: Proxy,
    pub(super) site: PathBuf,
    pub(super) logs: PathBuf,
    /// Where the others are, without a proxy.
    pub(super) ports: Ports,
    pub(super) pace: u32,
}

/// Whether a portal runs its jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Jobs {
    /// As usual.
    With,
    /// Only when asked.
    Without,
}

/// The way in to a portal.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    /// Which one.
    pub(crate) name: &'static str,
    /// Its address.
    pub(crate) url: Arc<str>,
}

/// One of the portals.
pub(crate) struct Replica {
    /// What messages call it.
    pub(crate) name: &'static str,
    /// The way to Atlas.
    pub(crate) to_atlas: Proxy,
    /// The way to Postgres.
    pub(crate) to_database: Proxy,
    door: Door,
    ready: String,
    program: PathBuf,
    environment: Vec<(String, String)>,
    logs: PathBuf,
    runs: u32,
    child: Option<Child>,
}

impl Replica {
    pub(super) fn new(settings: Settings, environment: &[(String, String)]) -> Self {
        let Settings { ports, .. } = settings;
        let through = |text: &str, port: u16, proxy: &Proxy| {
            text.replace(&format!(":{port}"), &format!(":{}", proxy.port()))
        };
        let mut environment: Vec<(String, String)> = environment
            .iter()
            .filter(|(name, _)| name != "CERTDESK_DATABASE__OWNER_URL")
            .map(|(name, value)| {
                let value = match name.as_str() {
                    "CERTDESK_DATABASE__URL" => {
                        through(value, ports.postgres, &settings.to_database)
                    }
                    "CERTDESK_ATLAS__BASE_URL" => through(value, ports.atlas, &settings.to_atlas),
                    "CERTDESK_LISTEN" => format!("127.0.0.1:{}", settings.port),
                    "CERTDESK_ADMIN_LISTEN" => format!("127.0.0.1:{}", settings.admin_port),
                    "CERTDESK_SITE__ROOT" => settings.site.display().to_string(),
                    _ => value.clone(),
                };
                (name.clone(), value)
            })
            .collect();
        // A run is longer than a fresh sign-in, and nobody is there to sign in again.
        environment.push(("CERTDESK_OIDC__STEP_UP_SECONDS".to_owned(), "0".to_owned()));
        environment.push(("CERTDESK_LOG_FORMAT".to_owned(), "text".to_owned()));
        if settings.pace > 1 {
            environment.push(("CERTDESK_PACE".to_owned(), settings.pace.to_string()));
        }
        Self {
            name: settings.name,
            to_atlas: settings.to_atlas,
            to_database: settings.to_database,
            door: Door {
                name: settings.name,
                url: format!("http://localhost:{}", settings.port).into(),
            },
            ready: format!("http://127.0.0.1:{}/readyz", settings.admin_port),
            program: settings.program,
            environment,
            logs: settings.logs,
            runs: 0,
            child: None,
        }
    }

    /// The way in.
    pub(crate) fn door(&self) -> &Door {
        &self.door
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn start(&mut self, jobs: Jobs) -> Result<()> {
        let mut child = self.launch(None, jobs)?;
        let ready = self.ready.clone();
        child.wait_until_ready(PATIENCE, || answers(&ready))?;
        self.child = Some(child);
        Ok(())
    }

    /// Starts it to die at a failpoint, and waits until it is ready, or dead already: then how it ended.
    pub(crate) fn start_to_die(&mut self, failpoint: &str) -> Result<Option<ExitStatus>> {
        let child = self.launch(Some(failpoint), Jobs::With)?;
        let child = self.child.insert(child);
        let began = Instant::now();
        while !answers(&self.ready) {
            if let Some(status) = child.ended()? {
                self.child = None;
                return Ok(Some(status));
            }
            ensure!(
                began.elapsed() < PATIENCE,
                "portal {} neither starts nor dies",
                self.name
            );
            thread::sleep(LOOK_EVERY);
        }
        Ok(None)
    }

    /// Starts it and waits for nothing.
    pub(crate) fn begin(&mut self, jobs: Jobs) -> Result<()> {
        self.child = Some(self.launch(None, jobs)?);
        Ok(())
    }

    /// Stops it in order and starts it again, with settings of its own on top of the usual ones.
    pub(crate) fn restart_with(&mut self, settings: &[(&str, &str)]) -> Result<()> {
        self.stop();
        let usual = self.environment.clone();
        let own = settings.iter();
        self.environment
            .extend(own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let started = self.start(Jobs::With);
        self.environment = usual;
        started
    }

    fn launch(&mut self, failpoint: Option<&str>, jobs: Jobs) -> Result<Child> {
        ensure!(self.child.is_none(), "portal {} runs already", self.name);
        self.runs += 1;
        let log = self
            .logs
            .join(format!("portal-{}.{}.log", self.name, self.runs));
        let failpoint = failpoint.map(|name| ("CERTDESK_FAILPOINT".to_owned(), name.to_owned()));
        let mut launch = Launch::new("a portal", &self.program).arg("serve");
        if jobs == Jobs::Without {
            launch = launch.option("--without", "jobs");
        }
        launch
            .environment(&self.environment)
            .environment(failpoint.as_slice())
            .directory(&self.logs)
            .start(&log)
    }

    /// Whether it runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| matches!(child.ended(), Ok(None)))
    }

    /// How it ended, if it did; from then on it can be started again.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let ended = match &mut self.child {
            Some(child) => child.ended()?,
            None => None,
        };
        if ended.is_some() {
            self.child = None;
        }
        Ok(ended)
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.signal(Signal::KILL);
            child.wait_until_ended(PATIENCE)?;
        }
        Ok(())
    }

    /// Freezes it, as a machine does that is moved or overloaded.
    pub(crate) fn freeze(&mut self) {
        if let Some(child) = &mut self.child {
            child.signal(Signal::STOP);
        }
    }

    /// Whether it is frozen now, by whomever.
    pub(crate) fn is_frozen(&self) -> bool {
        self.child.as_ref().is_some_and(|child| {
            let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
            // The state stands behind the name, which is in brackets.
            stat.rsplit(") ")
                .next()
                .is_some_and(|rest| rest.starts_with('T'))
        })
    }

    /// Lets it go on.
    pub(crate) fn thaw(&mut self) {
        if let Some(child) = &mut self.child {
            child.signal(Signal::CONT);
        }
    }

    /// Stops it in order.
    pub(crate) fn stop(&mut self) {
        self.thaw();
        self.child = None;
    }
}
