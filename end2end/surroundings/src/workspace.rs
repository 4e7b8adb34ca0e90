//! Where things are.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The checkout, and where cargo puts what it builds.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The top of the repository.
    pub root: PathBuf,
    /// Cargo's target directory, which a developer may have moved.
    pub target: PathBuf,
    /// Whether its programs are built for speed.
    pub release: bool,
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    /// When cargo does not tell.
    pub fn find() -> Result<Self> {
        // Of this run, not of the build: two checkouts may share one target folder.
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let output = Command::new(cargo())
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(here)
            .output()
            .context("could not run `cargo metadata`")?;
        ensure!(
            output.status.success(),
            "`cargo metadata` failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let path = |key: &str| {
            metadata[key]
                .as_str()
                .map(PathBuf::from)
                .with_context(|| format!("`cargo metadata` did not tell {key}"))
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
            release: false,
        })
    }

    /// A file or folder of the repository.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A program of the project, as `programs::build` leaves it.
    pub fn built(&self, program: &str) -> PathBuf {
        self.target
            .join(if self.release { "release" } else { "debug" })
            .join(program)
    }

    /// What the browser downloads.
    pub fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// `cargo` with arguments, in the repository.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo());
        command.args(arguments).current_dir(&self.root);
        // `cargo run` sets these for us; handed on, they would make every crate that looks at them
        // build again.
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_")) {
            command.env_remove(name);
        }
        command.env_remove("CARGO_MANIFEST_DIR");
        command
    }
}

fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}
