//! Keys that wait to be collected, and the files they can be collected in.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};
use time::OffsetDateTime;

use super::{AuditRow, Username};

/// Fewest characters of the pass-phrase that protects a PKCS#12 file. Whoever finds the file may guess
/// as often as they like.
pub const PASSPHRASE_MIN: u32 = 12;
/// Most characters of it.
pub const PASSPHRASE_MAX: u32 = 128;

/// A key that waits to be collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pickup {
    /// When it is destroyed.
    pub until: OffsetDateTime,
    /// Downloads so far.
    pub downloads_used: u8,
    /// Downloads allowed.
    pub downloads_allowed: u8,
    /// Whether this browser holds the pickup cookie.
    pub in_this_browser: bool,
}

/// The forms a key can be collected in.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Display,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DeliveryFormat {
    /// One PEM file, as Atlas gave it: certificate, then key.
    #[default]
    Pem,
    /// Key and certificate as two PEM files, in a zip archive.
    Split,
    /// A PKCS#12 file, protected by a pass-phrase.
    Pkcs12,
    /// The manifest of a Kubernetes Secret.
    Kubernetes,
}

impl DeliveryFormat {
    /// The name the file is saved under.
    pub fn file_name(self, username: &Username) -> String {
        username.file_name(match self {
            Self::Pem => "pem",
            Self::Split => "zip",
            Self::Pkcs12 => "p12",
            Self::Kubernetes => "yaml",
        })
    }
}

/// Why a key was not handed out; `Display` is what the log holds.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Display,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PickupRefusal {
    /// Somebody else than the requester reached for it.
    OtherPerson,
    /// The requester, in a browser without the secret or with a wrong one.
    WrongSecret,
    /// A fourth download.
    TooManyDownloads,
    /// A form that is not of the session that sent it.
    StaleForm,
}

/// Attempts of one person to collect a key, refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedPickup {
    /// The last of them.
    pub last: AuditRow,
    /// How many.
    pub times: u32,
}

/// Longest name of a Secret that is taken from a user's as it is; Kubernetes allows 253 characters.
const SECRET_NAME_MAX: usize = 63;

/// The name of a database user's Secret in a cluster: the user's own where Kubernetes takes it, and
/// otherwise one made from it that no other user's name leads to.
///
/// Kubernetes takes lower-case letters, digits, `-` and `.`, with a letter or digit at both ends and at
/// both sides of a dot (RFC 1123 subdomain).
pub fn secret_name(username: &Username) -> String {
    let name = username.as_str();
    let is_label = |label: &str| {
        let ends = [label.chars().next(), label.chars().next_back()];
        ends.iter().flatten().count() == 2
            && !ends.contains(&Some('-'))
            && label
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if name.len() <= SECRET_NAME_MAX && name.split('.').all(is_label) {
        return name.to_owned();
    }
    let safe = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    };
    let stem: String = name.chars().take(40).map(safe).collect();
    let stem = match stem.trim_matches('-') {
        "" => "certificate",
        stem => stem,
    };
    format!("{stem}-{:08x}", fingerprint(name))
}

/// FNV-1a: tells names apart that became alike, and is the same in every version. Nothing is protected
/// by it.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn user(name: &str) -> Username {
        name.parse().expect("a name")
    }

    #[test]
    fn files_say_what_they_are() {
        let names = [
            DeliveryFormat::Pem,
            DeliveryFormat::Split,
            DeliveryFormat::Pkcs12,
            DeliveryFormat::Kubernetes,
        ]
        .map(|format| format.file_name(&user("../orders api")));
        assert_eq!(
            names,
            [
                "orders-api.pem",
                "orders-api.zip",
                "orders-api.p12",
                "orders-api.yaml"
            ]
        );
    }

    #[test]
    fn a_secret_is_named_like_its_user_where_that_can_be() {
        for name in ["orders-api", "payouts.worker", "x", "7"] {
            assert_eq!(secret_name(&user(name)), name);
        }
        for (name, stem) in [
            ("orders_api", "orders-api-"),
            ("Orders-API", "orders-api-"),
            ("-orders", "orders-"),
            ("a..b", "a--b-"),
            ("名前", "certificate-"),
            ("x: y\u{2028}kind", "x--y-kind-"),
        ] {
            let secret = secret_name(&user(name));
            assert!(secret.starts_with(stem), "{name}: {secret}");
            assert_eq!(secret.len(), stem.len() + 8, "{name}: {secret}");
        }
        assert_ne!(
            secret_name(&user("orders_api")),
            secret_name(&user("orders api"))
        );
    }

    proptest! {
        #[test]
        fn kubernetes_takes_every_name(name in "[^\\p{Cc}]{1,90}") {
            let secret = secret_name(&user(&name));
            prop_assert!(secret.len() <= SECRET_NAME_MAX);
            for label in secret.split('.') {
                prop_assert!(!label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
                prop_assert!(label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            }
        }
    }
}
