//! Packages from the npm registry, exactly as the lock file says.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{children::run, progress, tools};

/// Installs a folder's packages unless they are there already.
///
/// # Errors
/// When Node.js is missing or npm fails.
pub fn ensure_packages(folder: &Path, what: &str) -> Result<()> {
    tools::ensure_node()?;
    let lock = folder.join("package-lock.json");
    let lock = fs::read(&lock).with_context(|| format!("could not read {}", lock.display()))?;
    // What was installed last, as npm itself does not tell whether it matches the lock file.
    let stamp = folder.join("node_modules/.installed-from");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    progress::quiet(&format!("Installing {what}"), || {
        let mut npm = Command::new("npm");
        npm.args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .stdout(std::process::Stdio::null())
        .current_dir(folder);
        run(&mut npm).with_context(|| format!("npm ci in {} failed", folder.display()))?;
        fs::write(stamp, lock)?;
        Ok(())
    })
}
