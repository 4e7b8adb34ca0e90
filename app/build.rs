//! Turns `locales/<language>/<namespace>.json` into typed keys.
//!
//! A text that one language has and another lacks stops the build: nobody should meet an English
//! sentence in the middle of a Korean page.

use std::{error::Error, fs, path::PathBuf};

use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};

/// One file of texts for each area, so that people who work on different areas do not meet.
const NAMESPACES: [&str; 10] = [
    "account",
    "audit",
    "certificates",
    "common",
    "errors",
    "frame",
    "operations",
    "projects",
    "requests",
    "today",
];

/// The generated code is read by nobody but the compiler.
const ATTRIBUTES: &str = "#![allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, \
    clippy::allow_attributes, clippy::allow_attributes_without_reason)]";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");

    let config = Config::new("en")?
        .add_locales(["ko", "zh"])?
        .add_namespaces(NAMESPACES)?
        .parse_options(ParseOptions::new().interpolate_display(true));
    let parsed = parse_locales(None, config).map_err(|e| e.to_string())?;
    // Keys that are missing or left over are only warnings to the library.
    for warning in parsed.diag.warnings().iter() {
        println!("cargo::error={warning}");
    }
    for error in parsed.diag.errors().iter() {
        println!("cargo::error={error}");
    }

    let attributes = ATTRIBUTES.parse()?;
    let code = leptos_i18n_codegen::gen_code(&parsed, None, false, Some(&attributes), false)
        .map_err(|e| e.to_string())?;
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo names no folder for the output")?;
    let out = PathBuf::from(folder).join("i18n.rs");
    fs::write(out, code.to_string())?;
    Ok(())
}
