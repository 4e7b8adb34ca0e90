//! Tells whether the site would come out the same as the last time.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

use super::{Quality, files::all_files};
use crate::workspace::Workspace;

/// A hash of everything the site is made from. The compiler's part is the module it wrote: cargo
/// knows better than we whether that is up to date.
pub(super) fn of(workspace: &Workspace, module: &Path, quality: Quality) -> Result<String> {
    let mut inputs = vec![
        module.to_owned(),
        workspace.path("xtask/node/package-lock.json"),
    ];
    inputs.push(workspace.path("xtask/node/bundle.mjs"));
    inputs.push(workspace.path("xtask/node/compress.mjs"));
    inputs.extend(all_files(&workspace.path("style"))?);
    inputs.extend(all_files(&workspace.path("xtask/src/site"))?);
    let mut hasher = Sha256::new();
    hasher.update(format!("{quality:?}"));
    for input in inputs {
        let content =
            fs::read(&input).with_context(|| format!("could not read {}", input.display()))?;
        hasher.update(input.display().to_string());
        hasher.update((content.len() as u64).to_le_bytes());
        hasher.update(content);
    }
    Ok(hex::encode(hasher.finalize()))
}
