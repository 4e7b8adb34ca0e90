//! Cookies.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, SET_COOKIE};

/// Cookies of one browser. Host and path are not looked at: everything here is `localhost` and `/`.
#[derive(Clone, Debug, Default)]
pub(super) struct Jar(BTreeMap<String, String>);

impl Jar {
    /// Keeps what an answer sets, and forgets what it takes away.
    pub(super) fn keep(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let Some((name, value, gone)) = line.to_str().ok().and_then(parse) else {
                continue;
            };
            if gone {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The cookie of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The first cookie whose name begins like this.
    pub(super) fn find(&self, prefix: &str) -> Option<(&str, &str)> {
        let mut pairs = self.0.iter();
        pairs
            .find(|(name, _)| name.starts_with(prefix))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The header that sends them.
    pub(super) fn header(&self) -> String {
        let pairs: Vec<_> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }
}

fn parse(line: &str) -> Option<(&str, &str, bool)> {
    let mut parts = line.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let gone = value.is_empty()
        || parts.any(|part| {
            let part = part.trim().to_ascii_lowercase();
            part == "max-age=0" || part.starts_with("expires=thu, 01 jan 1970")
        });
    Some((name.trim(), value.trim(), gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_come_and_go() {
        let mut jar = Jar::default();
        let mut headers = HeaderMap::new();
        headers.append(
            SET_COOKIE,
            "__Host-sid=abc; Secure; Path=/".parse().expect("a header"),
        );
        headers.append(
            SET_COOKIE,
            "__Host-pk-7=s3; Max-Age=3600".parse().expect("a header"),
        );
        jar.keep(&headers);
        assert_eq!(jar.header(), "__Host-pk-7=s3; __Host-sid=abc");
        assert_eq!(jar.find("__Host-pk-"), Some(("__Host-pk-7", "s3")));
        headers.clear();
        headers.append(
            SET_COOKIE,
            "__Host-sid=; Max-Age=0".parse().expect("a header"),
        );
        jar.keep(&headers);
        assert_eq!(jar.get("__Host-sid"), None);
    }
}
