//! Passwords and client secrets of a demo: random, and kept beside its data, so that nothing in the
//! repository is a password that works anywhere.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
};

use anyhow::{Context, Result};

/// The secrets of one world, by name.
pub struct Secrets {
    file: PathBuf,
    values: BTreeMap<String, String>,
}

impl Secrets {
    /// Those written down in the file, if there is one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open(file: PathBuf) -> Result<Self> {
        let values = if file.exists() {
            let text = fs::read_to_string(&file)
                .with_context(|| format!("could not read {}", file.display()))?;
            serde_json::from_str(&text).with_context(|| format!("{} is damaged", file.display()))?
        } else {
            BTreeMap::new()
        };
        Ok(Self { file, values })
    }

    /// The secret of this name, made and written down when it is asked for the first time.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub fn get(&mut self, name: &str) -> Result<String> {
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        let value = random_hex()?;
        self.values.insert(name.to_owned(), value.clone());
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&self.file)
            .with_context(|| format!("could not write {}", self.file.display()))?;
        file.write_all(serde_json::to_string_pretty(&self.values)?.as_bytes())?;
        Ok(value)
    }
}

/// 192 bits from the operating system, as text that needs no escaping anywhere.
///
/// # Errors
/// When the system has no randomness.
pub fn random_hex() -> Result<String> {
    let mut bytes = [0; 24];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("could not read /dev/urandom")?;
    Ok(hex::encode(bytes))
}
