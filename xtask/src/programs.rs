//! The programs of this project that the other commands start.

use anyhow::{Context, Result};

use crate::{children::run, progress, workspace::Workspace};

/// Builds the torture harness, the portal it strikes, and the Atlas stand-in.
pub(crate) fn build_torture(workspace: &Workspace) -> Result<()> {
    progress::talkative(
        "Building the portal with failpoints, and what strikes it",
        || {
            let mut cargo = workspace.cargo(&[
                "build",
                "--package=torture",
                "--features=torture/failpoints",
                "--package=atlas-stand-in",
                "--bins",
            ]);
            run(cargo.env("SQLX_OFFLINE", "true"))
        },
    )
}

/// Builds the portal, the Atlas stand-in and the filler of demo data.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    progress::talkative(
        "Building the portal, the stand-in for Atlas and the demo data",
        || {
            let mut cargo = workspace.cargo(&[
                "build",
                "--package=server",
                "--package=atlas-stand-in",
                "--package=demo-data",
                "--bins",
            ]);
            if workspace.release {
                cargo.arg("--release");
            }
            run(cargo.env("SQLX_OFFLINE", "true")).context(
                "the programs could not be built. Where a query has \"no cached data\": \
                 cargo xtask sqlx-prepare",
            )
        },
    )
}
