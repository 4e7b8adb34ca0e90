//! Which request a fault is meant for.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// What a request must look like for a fault to strike it. Absent parts match everything.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Matcher {
    /// The method, in capitals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A part of the path, as it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_contains: Option<String>,
    /// The name of the database user in the path, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

impl Matcher {
    pub(super) fn matches(&self, target: &Target) -> bool {
        self.method
            .as_ref()
            .is_none_or(|method| *method == target.method)
            && self
                .path_contains
                .as_ref()
                .is_none_or(|part| target.path.contains(part.as_str()))
            && self
                .username
                .as_ref()
                .is_none_or(|name| target.username.as_ref() == Some(name))
    }
}

/// A request, as far as faults look at it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) method: String,
    pub(super) path: String,
    username: Option<String>,
}

impl Target {
    pub(super) fn new(method: &str, path: &str) -> Self {
        let mut parts = path
            .split('/')
            .skip_while(|part| *part != "databaseUsers")
            .skip(1)
            .map(decode);
        let first = parts.next();
        let second = parts.next();
        // …/databaseUsers/{username}/certs, but …/databaseUsers/{database}/{username}.
        let username = match second {
            Some(second) if second != "certs" => Some(second),
            _ => first,
        };
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            username,
        }
    }
}

fn decode(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_found_in_both_kinds_of_path() {
        let user = |path: &str| Target::new("GET", path).username;
        let base = "/api/atlas/v2/groups/g/databaseUsers";
        assert_eq!(
            user(&format!("{base}/a%2Fb%20c/certs")),
            Some("a/b c".to_owned())
        );
        assert_eq!(
            user(&format!("{base}/$external/a%25")),
            Some("a%".to_owned())
        );
        assert_eq!(user(base), None);
    }
}
