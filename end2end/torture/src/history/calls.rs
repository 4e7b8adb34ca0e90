//! What the stand-in for Atlas was asked, and what it made.

use anyhow::{Context as _, Result};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What a request changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Makes a certificate for this database user.
    Certificate(String),
    /// Changes this database user, or makes it.
    User(Option<String>),
    /// Changes the project itself.
    Project,
}

/// A request that changes something, as it reached the stand-in.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Its number in the journal.
    pub(crate) seq: u64,
    /// When it arrived.
    pub(crate) at: OffsetDateTime,
    /// The method.
    pub(crate) method: String,
    /// The project.
    pub(crate) project: String,
    /// What it changes.
    pub(crate) target: Target,
    /// The certificate it made.
    pub(crate) certificate: Option<i64>,
}

/// A certificate as its maker remembers it.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// Its serial number.
    pub(crate) serial: i64,
    /// The project.
    pub(crate) project: String,
    /// The database user.
    pub(crate) username: String,
    /// Whether it was made behind the portal's back.
    pub(crate) out_of_band: bool,
    /// A line from the middle of its private key.
    pub(crate) canary: String,
}

impl Call {
    /// Reads an entry of the journal; `None` if it changes nothing in a project.
    pub(crate) fn read(entry: &Value) -> Result<Option<Self>> {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let (method, path) = (text("method"), text("path"));
        if method == "GET" || method == "HEAD" {
            return Ok(None);
        }
        let Some((project, target)) = target_of(&path) else {
            return Ok(None);
        };
        Ok(Some(Self {
            seq: entry["seq"]
                .as_u64()
                .context("an entry of the journal has no number")?,
            at: OffsetDateTime::parse(&text("at"), &Rfc3339)
                .context("an entry of the journal has no time")?,
            method,
            project,
            target,
            certificate: entry["certificateId"]
                .as_str()
                .map(str::parse)
                .transpose()
                .context("a certificate's number in the journal is none")?,
        }))
    }

    /// The database user whose certificate it makes.
    pub(crate) fn certificate_of(&self) -> Option<&str> {
        match &self.target {
            Target::Certificate(username) if self.method == "POST" => Some(username),
            _ => None,
        }
    }
}

impl Made {
    /// Reads a certificate as the stand-in tells it.
    pub(crate) fn read(certificate: &Value) -> Result<Self> {
        let text = |name: &str| -> Result<String> {
            let text = certificate[name].as_str();
            Ok(text
                .with_context(|| format!("a certificate at the stand-in has no {name}"))?
                .to_owned())
        };
        Ok(Self {
            serial: text("id")?
                .parse()
                .context("a certificate's number is none")?,
            project: text("groupId")?,
            username: text("username")?,
            out_of_band: certificate["outOfBand"].as_bool().unwrap_or_default(),
            canary: text("keyCanary")?,
        })
    }
}

/// The project of a path and what is changed in it.
fn target_of(path: &str) -> Option<(String, Target)> {
    let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let mut parts = path.split('/').skip_while(|part| *part != "groups").skip(1);
    let project = decode(parts.next()?);
    let target = match (parts.next(), parts.next(), parts.next()) {
        (Some("databaseUsers"), Some(user), Some("certs")) => Target::Certificate(decode(user)),
        (Some("databaseUsers"), Some(_database), user) => Target::User(user.map(decode)),
        (Some("databaseUsers"), None, None) => Target::User(None),
        _ => Target::Project,
    };
    Some((project, target))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_known_by_what_it_changes() {
        let of = |path: &str| target_of(&format!("/api/atlas/v2{path}")).expect("a project's path");
        let project = "64f0".to_owned();
        assert_eq!(
            of("/groups/64f0/databaseUsers/a%2Fb/certs"),
            (project.clone(), Target::Certificate("a/b".to_owned()))
        );
        assert_eq!(
            of("/groups/64f0/databaseUsers/$external/svc"),
            (project.clone(), Target::User(Some("svc".to_owned())))
        );
        assert_eq!(
            of("/groups/64f0/databaseUsers"),
            (project.clone(), Target::User(None))
        );
        assert_eq!(
            of("/groups/64f0/userSecurity/customerX509"),
            (project, Target::Project)
        );
        assert_eq!(target_of("/api/oauth/token"), None);
    }

    #[test]
    fn reading_changes_nothing() {
        let entry =
            json!({"method": "GET", "path": "/api/atlas/v2/groups/64f0/databaseUsers/u/certs"});
        assert!(Call::read(&entry).expect("an entry").is_none());
    }
}
