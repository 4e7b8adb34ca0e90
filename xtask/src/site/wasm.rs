//! From Rust to what a browser runs: the compiler, wasm-bindgen, wasm-opt.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::Quality;
use crate::{children::run, workspace::Workspace};

const TARGET: &str = "wasm32-unknown-unknown";

/// The name of the script; the module beside it is `app_bg.wasm`.
pub(super) const SCRIPT: &str = "app.js";
pub(super) const MODULE: &str = "app_bg.wasm";

/// Parts of WebAssembly that rustc uses for this target and every browser of today has. wasm-opt
/// refuses a module with parts it was not told of.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Compiles the app crate for the browser and answers the module's path.
pub(super) fn compile(workspace: &Workspace, quality: Quality) -> Result<PathBuf> {
    let (profile, folder) = match quality {
        Quality::Small => ("wasm-release", "wasm-release"),
        Quality::Quick => ("dev", "debug"),
    };
    let mut cargo = workspace.cargo(&[
        "build",
        "--package=app",
        "--lib",
        "--target",
        TARGET,
        "--no-default-features",
        "--features=hydrate",
        "--profile",
        profile,
    ]);
    run(&mut cargo)?;
    Ok(workspace.target.join(TARGET).join(folder).join("app.wasm"))
}

/// Writes the script that loads the module and lets the two call each other.
pub(super) fn bind(module: &Path, folder: &Path, quality: Quality) -> Result<()> {
    Bindgen::new()
        .input_path(module)
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .out_name("app")
                .typescript(false)
                .omit_default_module_path(false)
                .keep_debug(quality == Quality::Quick)
                .remove_name_section(quality == Quality::Small)
                .remove_producers_section(true)
                .generate(folder)
        })
        .context(
            "wasm-bindgen could not read what the compiler wrote. Its library and the \
             `wasm-bindgen` crate must have the same version in Cargo.toml",
        )
}

/// Makes the module small.
pub(super) fn optimise(tools: &Path, folder: &Path) -> Result<()> {
    let module = folder.join(MODULE);
    let mut wasm_opt = Command::new(tools.join("node_modules/.bin/wasm-opt"));
    wasm_opt
        .arg(&module)
        .args(["-Oz", "--converge"])
        .args(FEATURES)
        .arg("--output")
        .arg(&module);
    run(&mut wasm_opt).context("wasm-opt could not make the module small")
}
