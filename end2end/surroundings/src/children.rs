//! Programs we start and must not leave behind.
//!
//! Each runs in its own process group, so that Ctrl-C in the terminal reaches only us and we stop
//! them in order. Where `setpriv` exists (Linux), the kernel also ends each of them when we die
//! without having had the chance, as by `kill -9`.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::{interrupt, os_user::OsUser};

const STOP_PATIENCE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(30);

/// A program to start in the background.
#[derive(Clone)]
pub struct Launch {
    name: &'static str,
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    user: Option<OsUser>,
    directory: Option<PathBuf>,
    /// What asks it to stop. Also sent by the kernel when we die.
    stop_signal: Signal,
}

impl Launch {
    /// `name` is what messages call it.
    pub fn new(name: &'static str, program: impl AsRef<OsStr>) -> Self {
        Self {
            name,
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            user: None,
            directory: None,
            stop_signal: Signal::TERM,
        }
    }

    /// One argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// An option and its value.
    #[must_use]
    pub fn option(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.arg(name).arg(value)
    }

    /// Environment variables on top of ours.
    #[must_use]
    pub fn environment(mut self, variables: &[(String, String)]) -> Self {
        self.environment.extend_from_slice(variables);
        self
    }

    /// Run as this account instead of ours.
    #[must_use]
    pub fn user(mut self, user: Option<OsUser>) -> Self {
        self.user = user;
        self
    }

    /// Run in this folder.
    #[must_use]
    pub fn directory(mut self, directory: &Path) -> Self {
        self.directory = Some(directory.to_owned());
        self
    }

    /// What asks it to stop, if not SIGTERM.
    #[must_use]
    pub fn stop_signal(mut self, signal: Signal) -> Self {
        self.stop_signal = signal;
        self
    }

    /// Starts it, with all its output going to `log`.
    ///
    /// # Errors
    /// When the log cannot be written or there is no such program.
    pub fn start(self, log: &Path) -> Result<Child> {
        let output = File::create(log)
            .with_context(|| format!("could not write the log {}", log.display()))?;
        let mut command = self.command();
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0);
        let process = command
            .spawn()
            .with_context(|| format!("could not start {}", self.name))?;
        Ok(Child {
            name: self.name,
            process,
            log: log.to_owned(),
            stop_signal: self.stop_signal,
        })
    }

    fn command(&self) -> Command {
        let mut command = if has_setpriv() {
            let mut command = Command::new("setpriv");
            let signal = if self.stop_signal == Signal::INT {
                "INT"
            } else {
                "TERM"
            };
            command.arg(format!("--pdeathsig={signal}"));
            if let Some(user) = &self.user {
                command.args(user.setpriv_arguments());
            }
            command.arg("--").arg(&self.program);
            command
        } else {
            let mut command = Command::new(&self.program);
            if let Some(user) = &self.user {
                command.uid(user.uid).gid(user.gid);
            }
            command
        };
        command
            .args(&self.arguments)
            .envs(self.environment.iter().cloned());
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }
}

fn has_setpriv() -> bool {
    ["/usr/bin/setpriv", "/bin/setpriv"]
        .iter()
        .any(|path| Path::new(path).exists())
}

/// A program running in the background. Stopped when dropped.
pub struct Child {
    name: &'static str,
    process: process::Child,
    log: PathBuf,
    stop_signal: Signal,
}

impl Child {
    /// The process's number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// When the operating system does not tell.
    pub fn ended(&mut self) -> Result<Option<process::ExitStatus>> {
        Ok(self.process.try_wait()?)
    }

    /// Sends it a signal: what happens to programs that nobody stops in order.
    pub fn signal(&mut self, signal: Signal) {
        // Of a program that was waited for, the number may be another's by now.
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(&self.process), signal);
        }
    }

    /// Waits until it has ended by itself, or of a signal it was sent.
    ///
    /// # Errors
    /// When it has not within that time.
    pub fn wait_until_ended(&mut self, patience: Duration) -> Result<process::ExitStatus> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                return Ok(status);
            }
            if started.elapsed() > patience {
                bail!("{} had not ended after {} s", self.name, patience.as_secs());
            }
            thread::sleep(POLL);
        }
    }

    /// An error if it ended, with the last lines it wrote.
    ///
    /// # Errors
    /// As it says.
    pub fn ensure_running(&mut self) -> Result<()> {
        match self.process.try_wait()? {
            None => Ok(()),
            Some(status) => bail!(
                "{} ended by itself ({status}). Its last lines, from {}:\n{}",
                self.name,
                self.log.display(),
                last_lines(&self.log, 20)
            ),
        }
    }

    /// Waits until `ready` says so.
    ///
    /// # Errors
    /// When it ended, was not ready in time, or we are to stop.
    pub fn wait_until_ready(
        &mut self,
        patience: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> Result<()> {
        let started = Instant::now();
        while !ready() {
            ensure_not_interrupted()?;
            self.ensure_running()?;
            if started.elapsed() > patience {
                bail!(
                    "{} was not ready after {} s. Its last lines, from {}:\n{}",
                    self.name,
                    patience.as_secs(),
                    self.log.display(),
                    last_lines(&self.log, 20)
                );
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Stops it: asks first, insists later.
    pub fn stop(&mut self) {
        if matches!(self.process.try_wait(), Ok(Some(_))) {
            return;
        }
        let pid = Pid::from_child(&self.process);
        let _ = kill_process(pid, self.stop_signal);
        let asked = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if asked.elapsed() > STOP_PATIENCE {
                let _ = kill_process_group(pid, Signal::KILL);
                let _ = self.process.wait();
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether a GET is answered with 200.
pub fn answers(url: &str) -> bool {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(2)))
        .build()
        .into();
    agent
        .get(url)
        .call()
        .is_ok_and(|response| response.status() == 200)
}

/// Runs a program in the foreground to its end; stopping us stops it.
///
/// # Errors
/// When it cannot be started or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let status = run_for_status(command)?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// As [`run`], for those who want to know how it ended.
///
/// # Errors
/// When it cannot be started.
pub fn run_for_status(command: &mut Command) -> Result<process::ExitStatus> {
    ensure_not_interrupted()?;
    let shown = command.get_program().to_string_lossy().into_owned();
    let mut process = command
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("could not start `{shown}`"))?;
    loop {
        if let Some(status) = process.try_wait()? {
            ensure_not_interrupted()?;
            return Ok(status);
        }
        if interrupt::requested() {
            let _ = kill_process(Pid::from_child(&process), Signal::TERM);
            process.wait()?;
        }
        thread::sleep(POLL);
    }
}

/// Runs a program to its end and answers what it printed; what it complained about is in the error.
///
/// # Errors
/// When it cannot be started or fails.
pub fn output_of(command: &mut Command) -> Result<String> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("could not start `{shown}`"))?;
    if !output.status.success() {
        bail!(
            "`{shown}` failed ({}):\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn ensure_not_interrupted() -> Result<()> {
    if interrupt::requested() {
        bail!("stopped on request");
    }
    Ok(())
}

fn last_lines(log: &Path, count: usize) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
