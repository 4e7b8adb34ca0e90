//! What the browser downloads: wasm, script, style sheet, pictures.
//!
//! Names carry a hash of the content, so that they may be cached for ever; `pkg/manifest.json` tells
//! the portal which name each has now. Everything is also there compressed, because compressing well
//! takes longer than anyone waits for a page.

mod files;
mod fingerprint;
mod wasm;

use std::{fmt, fs, path::Path};

use anyhow::{Context, Result};

use crate::{node, progress, workspace::Workspace};
use files::{Bundle, Name};

/// How much trouble to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality {
    /// As people get it.
    Small,
    /// Quick to build, large, with names in stack traces.
    Quick,
}

/// How large the files became, in bytes as they travel.
pub(crate) struct Sizes(Vec<(String, u64, u64)>);

impl Sizes {
    /// What a browser with an empty cache fetches besides the page, in bytes as brotli sends them.
    pub(crate) fn transferred(&self) -> u64 {
        self.0.iter().map(|(_, _, brotli)| brotli).sum()
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, plain, brotli) in &self.0 {
            writeln!(
                formatter,
                "  {name:<40} {plain:>9} bytes, {brotli:>8} with brotli"
            )?;
        }
        write!(
            formatter,
            "  all together: {} bytes with brotli",
            self.transferred()
        )
    }
}

/// Builds `target/site`, or leaves it alone when nothing changed since the last time.
pub(crate) fn build(workspace: &Workspace, quality: Quality) -> Result<Sizes> {
    let site = workspace.site();
    let package = site.join("pkg");
    let tools = workspace.path("xtask/node");
    node::ensure_packages(&tools, "the tools that make the browser's files small")?;
    let module = progress::talkative("Building what the browser runs", || {
        wasm::compile(workspace, quality)
    })?;

    let fingerprint = fingerprint::of(workspace, &module, quality)?;
    let stamp = site.join(".fingerprint");
    if fs::read_to_string(&stamp).is_ok_and(|last| last == fingerprint) {
        return sizes(&package);
    }
    progress::quiet("Making it small", || {
        let workshop = workspace.target.join("site-workshop");
        files::empty_folder(&workshop)?;
        wasm::bind(&module, &workshop, quality)?;
        if quality == Quality::Small {
            wasm::optimise(&tools, &workshop)?;
        }
        let bundle = Bundle::make(workspace, &tools, &workshop, quality)?;
        files::empty_folder(&site)?;
        fs::create_dir_all(&package)?;
        let names = bundle.write(&package)?;
        write_names(workspace, &package, &names)?;
        files::copy_assets(&workspace.path("style/assets"), &site)?;
        files::compress(&tools, &site)?;
        fs::write(&stamp, &fingerprint)?;
        Ok(())
    })?;
    sizes(&package)
}

/// The manifest for the portal, and the hashes where Leptos and cargo-leptos look for them.
fn write_names(workspace: &Workspace, package: &Path, names: &[Name]) -> Result<()> {
    let manifest: serde_json::Map<_, _> = names
        .iter()
        .map(|name| (name.kind.to_owned(), name.file.clone().into()))
        .collect();
    fs::write(
        package.join("manifest.json"),
        serde_json::to_string_pretty(&manifest)?,
    )?;
    let hashes: Vec<_> = names
        .iter()
        .map(|name| format!("{}: {}", name.kind, name.hash))
        .collect();
    for profile in ["debug", "release"] {
        let beside_the_binary = workspace.target.join(profile);
        if beside_the_binary.is_dir() {
            fs::write(beside_the_binary.join("hash.txt"), hashes.join("\n"))?;
        }
    }
    Ok(())
}

fn sizes(package: &Path) -> Result<Sizes> {
    let manifest = fs::read(package.join("manifest.json"))
        .context("target/site is incomplete; remove it and build again")?;
    let manifest: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&manifest)?;
    let size = |name: &str| Ok::<_, std::io::Error>(fs::metadata(package.join(name))?.len());
    let rows = manifest
        .values()
        .filter_map(|name| name.as_str())
        .map(|name| Ok((name.to_owned(), size(name)?, size(&format!("{name}.br"))?)))
        .collect::<Result<_>>()?;
    Ok(Sizes(rows))
}
