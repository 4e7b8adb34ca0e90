//! The files a key is collected in, made in memory from the PEM as Atlas gave it.
//!
//! Buffers that hold key material are wiped when they are dropped, and made large enough at first: one
//! that grows leaves its bytes behind where it was.

use std::{
    fmt::Write as _,
    io::{self, Cursor, Write as _},
    str::FromStr,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rustls_pki_types::pem::{PemObject as _, SectionKind};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use zeroize::Zeroizing;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{
    Error, Result,
    model::{
        DeliveryFormat, Field, FieldError, PASSPHRASE_MAX, PASSPHRASE_MIN, Problem, Username,
        secret_name,
    },
};

/// Rounds of PBKDF2-HMAC-SHA-256, and of the derivation of the MAC's key. Ten times what Java and fifty
/// times what OpenSSL writes; a program that opens the file at its start waits some tenths of a second.
const ROUNDS: u32 = 100_000;

/// The pass-phrase of a PKCS#12 file, as a person typed it. Never kept.
pub struct Passphrase(SecretString);

impl FromStr for Passphrase {
    type Err = Problem;

    /// ASCII that can be seen, and spaces, only: programs disagree about how other characters become
    /// bytes (RFC 7292 wants UTF-16 for the MAC's key, PBES2 does not say), and a file that one
    /// opens stays closed for another.
    fn from_str(text: &str) -> Result<Self, Problem> {
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        if length == 0 {
            Err(Problem::Missing)
        } else if length < PASSPHRASE_MIN {
            let least = PASSPHRASE_MIN;
            Err(Problem::TooShort { least })
        } else if length > PASSPHRASE_MAX {
            let most = PASSPHRASE_MAX;
            Err(Problem::TooLong { most })
        } else if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            Ok(Self(text.into()))
        } else {
            Err(Problem::Malformed)
        }
    }
}

/// The file somebody wants their key in, with all it takes to make it.
pub enum Wanted {
    /// One PEM file.
    Pem,
    /// Two PEM files in an archive.
    Split,
    /// A PKCS#12 file that this pass-phrase opens.
    Pkcs12(Passphrase),
    /// The manifest of a Kubernetes Secret.
    Kubernetes,
}

impl Wanted {
    /// Out of a form; the pass-phrase is looked at where one is needed.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub fn parse(format: &str, passphrase: &str) -> Result<Self> {
        let wrong = |field, problem| Error::Invalid(vec![FieldError { field, problem }]);
        let format: DeliveryFormat = format
            .parse()
            .map_err(|_| wrong(Field::Format, Problem::NotAChoice))?;
        Ok(match format {
            DeliveryFormat::Pem => Self::Pem,
            DeliveryFormat::Split => Self::Split,
            DeliveryFormat::Pkcs12 => Self::Pkcs12(
                passphrase
                    .parse()
                    .map_err(|problem| wrong(Field::Passphrase, problem))?,
            ),
            DeliveryFormat::Kubernetes => Self::Kubernetes,
        })
    }

    /// Which form it is.
    pub fn format(&self) -> DeliveryFormat {
        match self {
            Self::Pem => DeliveryFormat::Pem,
            Self::Split => DeliveryFormat::Split,
            Self::Pkcs12(_) => DeliveryFormat::Pkcs12,
            Self::Kubernetes => DeliveryFormat::Kubernetes,
        }
    }
}

/// A file for the requester's browser.
pub struct Delivery {
    /// Name to save it under; plain ASCII.
    pub file_name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes; wiped when dropped.
    pub body: Zeroizing<Vec<u8>>,
}

/// Makes the file. Takes a while where there is a pass-phrase.
pub(super) fn make(
    pem: Zeroizing<Vec<u8>>,
    username: &Username,
    wanted: &Wanted,
    now: OffsetDateTime,
) -> Result<Delivery> {
    let (content_type, body) = match wanted {
        Wanted::Pem => ("application/x-pem-file", pem),
        Wanted::Split => ("application/zip", split(&pem, username, now)?),
        Wanted::Pkcs12(passphrase) => ("application/x-pkcs12", pkcs12(&pem, username, passphrase)?),
        Wanted::Kubernetes => ("application/yaml", kubernetes(&pem, username)?),
    };
    Ok(Delivery {
        file_name: wanted.format().file_name(username),
        content_type,
        body,
    })
}

/// Certificate and key of a PEM as it stands.
struct Halves<'a> {
    certificate: &'a str,
    key: &'a str,
}

impl<'a> Halves<'a> {
    fn of(pem: &'a [u8]) -> Result<Self> {
        let whole = std::str::from_utf8(pem).map_err(not_as_issued)?;
        let section = |label: &str| {
            let end_line = format!("-----END {label}-----");
            let begin = whole.find(&format!("-----BEGIN {label}-----"))?;
            let end = begin + whole[begin..].find(&end_line)? + end_line.len();
            let line_end = whole[end..]
                .find('\n')
                .map_or(whole.len(), |at| end + at + 1);
            Some(&whole[begin..line_end])
        };
        // `pem::check` has let through one of each, with exactly these labels.
        match (section("CERTIFICATE"), section("PRIVATE KEY")) {
            (Some(certificate), Some(key)) => Ok(Self { certificate, key }),
            _ => Err(not_as_issued("a certificate or a key is missing")),
        }
    }
}

fn not_as_issued(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::internal("a sealed PEM is not what was issued", error)
}

/// `<user>.key`, for its owner's eyes only, and `<user>.crt`. A zip archive opens everywhere, and keeps
/// who may read its files.
fn split(pem: &[u8], username: &Username, now: OffsetDateTime) -> Result<Zeroizing<Vec<u8>>> {
    let halves = Halves::of(pem)?;
    let mut room = Zeroizing::new(vec![0; pem.len() + 4096]);
    let archive = || -> zip::result::ZipResult<usize> {
        let mut zip = ZipWriter::new(Cursor::new(room.as_mut_slice()));
        let plain = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(zip_time(now));
        for (ending, mode, text) in [
            ("crt", 0o644, halves.certificate),
            ("key", 0o600, halves.key),
        ] {
            zip.start_file(username.file_name(ending), plain.unix_permissions(mode))?;
            zip.write_all(text.as_bytes())?;
        }
        usize::try_from(zip.finish()?.position()).map_err(|error| io::Error::other(error).into())
    };
    let length =
        { archive }().map_err(|error| Error::internal("an archive could not be written", error))?;
    room.truncate(length);
    Ok(room)
}

/// An archive knows no time zones; it says UTC.
fn zip_time(now: OffsetDateTime) -> zip::DateTime {
    u16::try_from(now.year())
        .ok()
        .and_then(|year| {
            let (month, day) = (now.month().into(), now.day());
            zip::DateTime::from_date_and_time(
                year,
                month,
                day,
                now.hour(),
                now.minute(),
                now.second(),
            )
            .ok()
        })
        .unwrap_or_default()
}

/// A PKCS#12 file: PBES2 with AES-256 and HMAC-SHA-256, under the user's name.
///
/// The library keeps one copy of the key while it works, and frees it as it is.
fn pkcs12(pem: &[u8], username: &Username, passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>> {
    let mut certificate = None;
    let mut key = None;
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
        match section.map_err(|error| not_as_issued(error.to_string()))? {
            (SectionKind::Certificate, der) => certificate = Some(der),
            (_, der) => key = Some(Zeroizing::new(der)),
        }
    }
    let (Some(certificate), Some(key)) = (certificate, key) else {
        return Err(not_as_issued("a certificate or a key is missing"));
    };
    let written = || -> p12_keystore::Result<Vec<u8>> {
        let chain = PrivateKeyChain::new(
            Sha256::digest(&certificate).to_vec(),
            PrivateKey::from_der(&key)?,
            [Certificate::from_der(&certificate)?],
        );
        let mut store = KeyStore::new();
        store.add_entry(
            &friendly_name(username),
            KeyStoreEntry::PrivateKeyChain(chain),
        );
        store
            .writer(passphrase.0.expose_secret())
            .encryption_iterations(ROUNDS)
            .mac_iterations(ROUNDS)
            .write()
    };
    written()
        .map(Zeroizing::new)
        .map_err(|error| Error::internal("a PKCS#12 file could not be written", error))
}

/// The user's name, without what the file's old-fashioned texts cannot hold.
fn friendly_name(username: &Username) -> String {
    let narrow = |c: char| {
        if u32::from(c) <= 0xffff {
            c
        } else {
            char::REPLACEMENT_CHARACTER
        }
    };
    username.as_str().chars().map(narrow).collect()
}

/// The manifest of a Secret: certificate and key as ingress controllers name them, and both together,
/// which is what drivers take as `tlsCertificateKeyFile`. The namespace is `kubectl`'s business.
fn kubernetes(pem: &[u8], username: &Username) -> Result<Zeroizing<Vec<u8>>> {
    let halves = Halves::of(pem)?;
    let mut manifest = Zeroizing::new(String::with_capacity(pem.len() * 3 + 1024));
    // The name is quoted: a user may be called `7` or `true`.
    write!(
        manifest,
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"{}\"\ntype: Opaque\ndata:\n",
        secret_name(username)
    )
    .map_err(|error| Error::internal("a manifest could not be written", error))?;
    for (name, text) in [
        ("tls.crt", halves.certificate.as_bytes()),
        ("tls.key", halves.key.as_bytes()),
        ("certificate.pem", pem),
    ] {
        manifest.push_str("  ");
        manifest.push_str(name);
        manifest.push_str(": ");
        STANDARD.encode_string(text, &mut manifest);
        manifest.push('\n');
    }
    Ok(Zeroizing::new(std::mem::take(&mut *manifest).into_bytes()))
}
