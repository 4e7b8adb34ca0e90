//! The unprivileged account of the operating system that Postgres runs as when we are root:
//! Postgres refuses to run as root.

use std::{fs, os::unix::fs::chown, path::Path, process::Command};

use anyhow::{Context, Result, bail};

/// An account of the operating system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsUser {
    /// Its number.
    pub uid: u32,
    /// Its group's number.
    pub gid: u32,
}

impl OsUser {
    /// The account to step down to; `None` where we are unprivileged already.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn unprivileged() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("could not read /etc/passwd")?;
        match ["postgres", "nobody"]
            .iter()
            .find_map(|name| find(&accounts, name))
        {
            Some(user) => Ok(Some(user)),
            None => bail!(
                "Postgres does not run as root, and this system has neither an account \
                 `postgres` nor `nobody`; start this command as an ordinary user"
            ),
        }
    }

    /// Gives a file or folder to the account.
    ///
    /// # Errors
    /// When it may not be given away.
    pub fn own(&self, path: &Path) -> Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
            .with_context(|| format!("could not give {} to Postgres's account", path.display()))
    }

    /// Whether the account gets as far as this folder: a checkout in root's home it does not.
    pub fn reaches(&self, folder: &Path) -> bool {
        let mut command = Command::new("setpriv");
        command
            .args(self.setpriv_arguments())
            .arg("test")
            .arg("-x")
            .arg(folder);
        command.status().is_ok_and(|status| status.success())
    }

    /// How `setpriv` is told to become this account.
    pub fn setpriv_arguments(&self) -> [String; 3] {
        [
            format!("--reuid={}", self.uid),
            format!("--regid={}", self.gid),
            "--clear-groups".to_owned(),
        ]
    }
}

fn find(accounts: &str, name: &str) -> Option<OsUser> {
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some(OsUser {
        uid: fields.next()?.parse().ok()?,
        gid: fields.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "postgres2:x:1:2::/:/bin/sh\npostgres:x:105:113::/var/lib:/bin/bash\n";
        let user = OsUser { uid: 105, gid: 113 };
        assert_eq!(find(accounts, "postgres"), Some(user));
        assert_eq!(find(accounts, "nobody"), None);
    }
}
