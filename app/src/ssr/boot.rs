//! The files a page loads.

use std::{fs, io, path::Path};

use serde::Deserialize;

/// Names of the stylesheet, the script and the wasm, as they stand in `/pkg`.
///
/// Hashed names are told by a manifest, so that they may be kept for ever by browsers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SiteFiles {
    /// The script that loads the wasm.
    pub js: String,
    /// The islands.
    pub wasm: String,
    /// The stylesheet.
    pub css: String,
}

impl Default for SiteFiles {
    fn default() -> Self {
        Self {
            js: "app.js".to_owned(),
            wasm: "app.wasm".to_owned(),
            css: "app.css".to_owned(),
        }
    }
}

impl SiteFiles {
    /// Reads `pkg/manifest.json` below the site's root; without one the names carry no hash.
    ///
    /// # Errors
    /// When there is a manifest that cannot be read.
    pub fn read(site_root: &Path) -> io::Result<Self> {
        match fs::read(site_root.join("pkg/manifest.json")) {
            Ok(json) => serde_json::from_slice(&json).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// The inline script that starts the islands of a page, if it has any.
    pub(super) fn boot_script(&self) -> String {
        format!(
            "{}({:?}, {:?});",
            include_str!("boot.js").trim_end().trim_end_matches(';'),
            format!("/pkg/{}", self.js),
            format!("/pkg/{}", self.wasm),
        )
    }
}
