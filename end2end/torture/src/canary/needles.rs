//! What is searched for: keys and secrets, in every form they could lie about in.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use anyhow::{Context as _, Result};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::history::Made;

/// What begins every private key, whoever made it.
const ANY_KEY: [&str; 4] = [
    "-----BEGIN PRIVATE KEY",
    "-----BEGIN RSA PRIVATE KEY",
    "-----BEGIN EC PRIVATE KEY",
    "-----BEGIN ENCRYPTED PRIVATE KEY",
];

/// What is searched for.
pub(crate) struct Needles {
    search: AhoCorasick,
    /// What each pattern is.
    names: Vec<String>,
    /// The longest pattern's length.
    pub(super) longest: usize,
}

impl Needles {
    /// The keys of these certificates, and these secrets by what they are.
    pub(crate) fn new(made: &[Made], secrets: &[(String, String)]) -> Result<Self> {
        let mut patterns: Vec<(String, Vec<u8>)> = Vec::new();
        let mut add = |what: &str, bytes: &[u8]| patterns.push((what.to_owned(), bytes.to_vec()));
        for made in made {
            let what = format!(
                "the key of certificate {} of {}",
                made.serial, made.username
            );
            let der = STANDARD
                .decode(&made.canary)
                .context("a line of a key is base64")?;
            for (form, bytes) in [("PEM", made.canary.as_bytes()), ("DER", der.as_slice())] {
                in_every_form(&format!("{what}, as {form}"), bytes, &mut add);
            }
        }
        for (what, value) in secrets {
            in_every_form(what, value.as_bytes(), &mut add);
            if let Ok(raw) = URL_SAFE_NO_PAD.decode(value) {
                in_every_form(&format!("{what}, decoded"), &raw, &mut add);
            }
        }
        for text in ANY_KEY {
            in_every_form("a private key", text.as_bytes(), &mut add);
        }
        let longest = patterns
            .iter()
            .map(|(_, bytes)| bytes.len())
            .max()
            .unwrap_or(1);
        let (names, patterns): (Vec<_>, Vec<_>) = patterns.into_iter().unzip();
        let search = AhoCorasick::builder()
            // Fast to search; the other kinds save memory where there is no need to.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::LeftmostFirst)
            .build(patterns)?;
        Ok(Self {
            search,
            names,
            longest,
        })
    }

    /// Every find in these bytes: what, and at which of them.
    pub(super) fn find<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (&'a str, usize)> {
        self.search
            .find_iter(bytes)
            .map(|found| (self.names[found.pattern()].as_str(), found.start()))
    }
}

/// As it is, in hexadecimal as Postgres dumps bytes, and as it stands in an address.
fn in_every_form(what: &str, bytes: &[u8], add: &mut impl FnMut(&str, &[u8])) {
    add(what, bytes);
    add(
        &format!("{what}, in hexadecimal"),
        hex::encode(bytes).as_bytes(),
    );
    if let Ok(text) = std::str::from_utf8(bytes) {
        let encoded = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        if encoded != text {
            add(&format!("{what}, percent-encoded"), encoded.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles() -> Needles {
        let made = Made {
            serial: 7,
            project: String::new(),
            username: "svc".to_owned(),
            out_of_band: false,
            canary: "AAAABBBB/CCC+DDDEEEEFFFFGGGGHHHHIIIIJJJJKKKKLLLLMMMMNNNNOOOOPPPP".to_owned(),
        };
        let secret = (
            "the pickup secret".to_owned(),
            URL_SAFE_NO_PAD.encode([0xa5; 32]),
        );
        Needles::new(&[made], &[secret]).expect("well formed")
    }

    #[track_caller]
    fn found(bytes: &[u8], what: &str) {
        let needles = needles();
        let mut all = b"before ".to_vec();
        all.extend(bytes);
        all.extend(b" after");
        let found: Vec<_> = needles.find(&all).collect();
        assert_eq!(found, [(what, 7)]);
    }

    #[test]
    fn a_key_is_found_in_every_form() {
        let line = "AAAABBBB/CCC+DDDEEEEFFFFGGGGHHHHIIIIJJJJKKKKLLLLMMMMNNNNOOOOPPPP";
        let der = STANDARD.decode(line).expect("base64");
        let name = "the key of certificate 7 of svc, as";
        found(line.as_bytes(), &format!("{name} PEM"));
        found(
            hex::encode(line).as_bytes(),
            &format!("{name} PEM, in hexadecimal"),
        );
        found(
            line.replace('/', "%2F").replace('+', "%2B").as_bytes(),
            &format!("{name} PEM, percent-encoded"),
        );
        found(&der, &format!("{name} DER"));
        found(
            hex::encode(&der).as_bytes(),
            &format!("{name} DER, in hexadecimal"),
        );
    }

    #[test]
    fn a_secret_and_any_other_key_are_found() {
        found(&[0xa5; 32], "the pickup secret, decoded");
        found(
            URL_SAFE_NO_PAD.encode([0xa5; 32]).as_bytes(),
            "the pickup secret",
        );
        found(b"-----BEGIN PRIVATE KEY", "a private key");
    }

    #[test]
    fn what_is_public_is_not_found() {
        let needles = needles();
        assert_eq!(needles.find(b"-----BEGIN CERTIFICATE-----\nMII").count(), 0);
    }
}
