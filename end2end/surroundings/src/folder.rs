//! Where a world keeps its files.

use std::{
    fs::{self, File, Permissions, TryLockError},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process, thread,
};

use anyhow::{Context, Result, bail};

use crate::{postgres, workspace::Workspace};

/// The folder of one world, held by one process at a time.
pub struct Folder {
    path: PathBuf,
    throwaway: bool,
    /// Held as long as the world runs; the operating system lets go of it whatever happens to us.
    _lock: File,
}

impl Folder {
    /// `.demo/<port>`: a demo on another port is another installation, with its own data, because
    /// the address of the sign-in is part of who people are.
    ///
    /// # Errors
    /// When another process holds it, or it cannot be made.
    pub fn kept(workspace: &Workspace, port: u16) -> Result<Self> {
        let path = workspace.path(".demo").join(port.to_string());
        let lock = lock(&path)?.with_context(|| {
            format!(
                "this demo is running already, in another terminal: http://localhost:{port}. \
                 For a second one: cargo demo --port {}",
                port.saturating_add(50)
            )
        })?;
        Ok(Self {
            path,
            throwaway: false,
            _lock: lock,
        })
    }

    /// `.demo/check/<process>`, removed at the end of a good run.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn throwaway(workspace: &Workspace) -> Result<Self> {
        let base = workspace.path(".demo/check");
        remove_abandoned(&base)?;
        let path = base.join(process::id().to_string());
        let lock = lock(&path)?.context("another process holds the folder of this one")?;
        Ok(Self {
            path,
            throwaway: true,
            _lock: lock,
        })
    }

    /// A file or folder inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Postgres's own part.
    pub fn postgres(&self) -> PathBuf {
        self.path("postgres")
    }

    /// Removes what is inside.
    ///
    /// # Errors
    /// When something in it cannot be removed.
    pub fn empty(&self) -> Result<()> {
        empty(&self.path)
    }

    /// Makes the folders the services expect.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn prepare(&self) -> Result<()> {
        for name in ["logs", "keys", "identity"] {
            let folder = self.path(name);
            fs::create_dir_all(&folder)
                .and_then(|()| fs::set_permissions(&folder, Permissions::from_mode(0o700)))
                .with_context(|| format!("could not make {}", folder.display()))?;
        }
        Ok(())
    }

    /// The end of a world in which nothing went wrong.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn leave(self) -> Result<()> {
        if self.throwaway {
            self.empty()?;
            fs::remove_file(lock_file(&self.path))?;
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // After a failure the logs stay for whoever looks into it; the database, which is large and
        // tells little, does not. `leave` has removed everything before this runs.
        if self.throwaway && !thread::panicking() {
            let _ = postgres::remove(&self.postgres());
        }
    }
}

fn empty(path: &Path) -> Result<()> {
    postgres::remove(&path.join("postgres"))?;
    if path.exists() {
        fs::remove_dir_all(path).with_context(|| format!("could not remove {}", path.display()))?;
    }
    Ok(())
}

/// The lock lies beside the folder, so that the folder can be removed while it is held.
fn lock_file(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

/// `None` when another process holds it.
fn lock(path: &Path) -> Result<Option<File>> {
    let file = lock_file(path);
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent)
            .with_context(|| format!("could not make {}", parent.display()))?;
    }
    let lock =
        File::create(&file).with_context(|| format!("could not write {}", file.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => bail!("could not lock {}: {error}", file.display()),
    }
}

/// Removes throw-away worlds whose process is gone.
fn remove_abandoned(base: &Path) -> Result<()> {
    for entry in fs::read_dir(base).into_iter().flatten() {
        let lock_path = entry?.path();
        if lock_path
            .extension()
            .is_none_or(|extension| extension != "lock")
        {
            continue;
        }
        let path = lock_path.with_extension("");
        if let Some(_held) = lock(&path)? {
            empty(&path)?;
            fs::remove_file(&lock_path)?;
        }
    }
    Ok(())
}
