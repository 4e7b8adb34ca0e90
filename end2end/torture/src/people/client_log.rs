//! What clients did and were told: in memory, and in a file for whoever looks into it afterwards.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result};

use crate::history::Told;

/// The log of all clients.
#[derive(Clone)]
pub(crate) struct ClientLog(Arc<Mutex<Inner>>);

struct Inner {
    told: Vec<Told>,
    /// Cookies that must not lie about anywhere: sessions and pickup secrets, by what they are.
    secrets: Vec<(String, String)>,
    file: File,
}

impl ClientLog {
    /// An empty one, written to this file.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file =
            File::create(path).with_context(|| format!("could not write {}", path.display()))?;
        Ok(Self(Arc::new(Mutex::new(Inner {
            told: Vec::new(),
            secrets: Vec::new(),
            file,
        }))))
    }

    /// Notes a deed and what came of it. Keys and cookies are not in there.
    pub(super) fn note(&self, told: Told) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(line) = serde_json::to_string(&told) {
            let _ = writeln!(inner.file, "{line}");
        }
        inner.told.push(told);
    }

    /// Notes a secret this client was given, to look for it where it must not be. Not in the file.
    pub(super) fn keep_secret(&self, what: String, value: String) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.secrets.push((what, value));
    }

    /// Everything noted so far.
    pub(crate) fn told(&self) -> Vec<Told> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.told.clone()
    }

    /// Every secret noted so far, by what it is.
    pub(crate) fn secrets(&self) -> Vec<(String, String)> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.secrets.clone()
    }
}
