//! What is kept between runs, and how it reaches the disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::certificates::Certificate;
use crate::credentials::Credential;
use crate::errors::ApiError;
use crate::events::Event;
use crate::world::{Project, World};

/// Everything that survives a restart.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) world: World,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) events: Vec<Event>,
    /// Project id to the private key of its authority, in PEM.
    pub(crate) authorities: BTreeMap<String, String>,
    pub(crate) credentials: Vec<Credential>,
}

impl Stored {
    /// The project, or the answer Atlas gives when there is none.
    pub(crate) fn project(&self, id: &str) -> Result<&Project, ApiError> {
        check_group_id(id)?;
        self.world
            .projects
            .iter()
            .find(|p| p.id == id)
            .ok_or_else(|| ApiError::group_not_found(id))
    }

    /// The project, to be changed.
    pub(crate) fn project_mut(&mut self, id: &str) -> Result<&mut Project, ApiError> {
        check_group_id(id)?;
        self.world
            .projects
            .iter_mut()
            .find(|p| p.id == id)
            .ok_or_else(|| ApiError::group_not_found(id))
    }

    /// The state of an earlier run, if there was one.
    pub(crate) fn load(path: &Path) -> anyhow::Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        let stored = serde_json::from_str(&text).with_context(|| {
            format!(
                "{} is not a state of this program; remove it to start anew",
                path.display()
            )
        })?;
        Ok(Some(stored))
    }
}

fn check_group_id(id: &str) -> Result<(), ApiError> {
    let well_formed = id.len() == 24 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if well_formed {
        Ok(())
    } else {
        Err(ApiError::invalid_group_id(id))
    }
}

/// Replaces a file so that a crash leaves either the old content or the new, never half of it.
pub(crate) fn replace(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let beside = path.with_extension("new");
    let mut file =
        File::create(&beside).with_context(|| format!("cannot write {}", beside.display()))?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&beside, path).with_context(|| format!("cannot replace {}", path.display()))?;
    File::open(folder)?.sync_all()?;
    Ok(())
}
