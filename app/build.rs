//! Turns `locales/<language>/<namespace>.json` into typed keys.
//!
//! A text that one language has and another lacks stops the build: nobody should meet an English
//! sentence in the middle of a Korean page.

use std::{collections::BTreeMap, error::Error, fs, path::PathBuf};

use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};

/// One file of texts for each area, so that people who work on different areas do not meet.
const NAMESPACES: [&str; 16] = [
    "account",
    "atlas",
    "audit",
    "certificates",
    "changes",
    "common",
    "errors",
    "frame",
    "operations",
    "pickup",
    "projects",
    "requests",
    "today",
    "unclear",
    "users",
    "x509",
];

/// The generated code is read by nobody but the compiler.
const ATTRIBUTES: &str = "#![allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, \
    clippy::allow_attributes, clippy::allow_attributes_without_reason)]";

const LANGUAGES: [&str; 3] = ["en", "ko", "zh"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    refuse_lost_values()?;

    let config = Config::new(LANGUAGES[0])?
        .add_locales(&LANGUAGES[1..])?
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

/// Refuses texts in which the library would lose a value: version 0.6.2 takes everything before a
/// tag for plain text, so `{{ a }} <b>{{ c }}</b>` shows its first value as it is written here.
/// Such a value goes into a tag of its own: `<v>{{ a }}</v> <b>{{ c }}</b>`, with `<v> = plain`.
fn refuse_lost_values() -> Result<(), Box<dyn Error>> {
    for (language, namespace) in LANGUAGES.iter().flat_map(|l| NAMESPACES.map(|n| (l, n))) {
        let path = format!("locales/{language}/{namespace}.json");
        let text = fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
        let texts: BTreeMap<String, String> =
            serde_json::from_str(&text).map_err(|e| format!("{path}: {e}"))?;
        for (key, text) in texts {
            if loses_a_value(&text) {
                println!(
                    "cargo::error={path}: `{key}` has a value before a tag, which would be lost: \
                     write <v>{{{{ value }}}}</v> and give it `<v> = plain`"
                );
            }
        }
    }
    Ok(())
}

/// Whether a value stands outside of tags, with a tag after it.
fn loses_a_value(text: &str) -> bool {
    let mut outside = text;
    let mut value_seen = false;
    while let Some(tag) = outside.find('<') {
        value_seen |= outside[..tag].contains("{{");
        if value_seen {
            return true;
        }
        let name: String = outside[tag + 1..]
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        let end = format!("</{name}>");
        match outside.find(&end) {
            Some(place) => outside = &outside[place + end.len()..],
            None => return false,
        }
    }
    false
}
