//! Bundling, naming, copying and compressing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

use super::{
    Quality,
    wasm::{MODULE, SCRIPT},
};
use crate::{children::run, workspace::Workspace};

/// What one file of the package is called.
pub(super) struct Name {
    /// `js`, `wasm` or `css`, which is also its extension.
    pub kind: &'static str,
    pub hash: String,
    pub file: String,
}

impl Name {
    fn of(kind: &'static str, content: &[u8]) -> Self {
        let hash = hex::encode(&Sha256::digest(content)[..10]);
        Self {
            kind,
            file: format!("app.{hash}.{kind}"),
            hash,
        }
    }
}

/// The files of the package, not named yet.
pub(super) struct Bundle {
    script: String,
    module: Vec<u8>,
    style: Vec<u8>,
}

impl Bundle {
    /// Puts the style sheets into one, the script and what it imports into another.
    pub(super) fn make(
        workspace: &Workspace,
        tools: &Path,
        workshop: &Path,
        quality: Quality,
    ) -> Result<Self> {
        let style = workspace.path("style/main.css");
        let style = if style.exists() {
            bundle(tools, &style, &workshop.join("bundled.css"), quality)?
        } else {
            Vec::new()
        };
        let script = bundle(
            tools,
            &workshop.join(SCRIPT),
            &workshop.join("bundled.js"),
            quality,
        )?;
        Ok(Self {
            script: String::from_utf8(script).context("the script is not text")?,
            module: fs::read(workshop.join(MODULE))?,
            style,
        })
    }

    /// Writes the files under the names their content gives them.
    pub(super) fn write(self, package: &Path) -> Result<Vec<Name>> {
        let module = Name::of("wasm", &self.module);
        // The script knows the module by name; by that it changes whenever the module does.
        let script = self.script.replace(MODULE, &module.file);
        let script_name = Name::of("js", script.as_bytes());
        let style = Name::of("css", &self.style);
        fs::write(package.join(&module.file), &self.module)?;
        fs::write(package.join(&script_name.file), script)?;
        fs::write(package.join(&style.file), &self.style)?;
        Ok(vec![script_name, module, style])
    }
}

fn bundle(tools: &Path, from: &Path, to: &Path, quality: Quality) -> Result<Vec<u8>> {
    let mut node = Command::new("node");
    node.arg(tools.join("bundle.mjs")).arg(from).arg(to);
    if quality == Quality::Small {
        node.arg("--minify");
    }
    run(&mut node).with_context(|| format!("esbuild could not bundle {}", from.display()))?;
    fs::read(to).with_context(|| format!("could not read {}", to.display()))
}

/// Copies the pictures to the top of the site.
pub(super) fn copy_assets(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    for file in all_files(from)? {
        let target = to.join(file.strip_prefix(from)?);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(&file, &target).with_context(|| format!("could not copy {}", file.display()))?;
    }
    Ok(())
}

/// Puts a `.br` and a `.gz` beside everything that gains from it.
pub(super) fn compress(tools: &Path, site: &Path) -> Result<()> {
    let mut node = Command::new("node");
    node.arg(tools.join("compress.mjs")).arg(site);
    run(&mut node).context("the site could not be compressed")
}

/// All files below a folder, in the same order everywhere; none where there is no folder.
pub(super) fn all_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(all_files(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Makes sure of an empty folder.
pub(super) fn empty_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("could not remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))
}
