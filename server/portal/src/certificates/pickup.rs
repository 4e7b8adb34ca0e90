//! Sealing a private key until its requester collects it.
//!
//! The key is sealed under a secret that only the requester's browser has, together with a key of
//! the day that is kept outside the database and destroyed on schedule. A copy of the database
//! opens nothing; neither does a copy of it with the folder of keys; and an old backup cannot be
//! opened even with the cookie.

use std::{
    collections::HashMap,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use time::{Date, OffsetDateTime, macros::format_description};
use zeroize::Zeroizing;

use crate::{
    Error, Result,
    clock::Random,
    model::{AttemptId, PersonId, RequestId, Serial, Upstream},
};

/// Days a key of the day is kept after its day: longer than any pickup waits.
const KEPT_DAYS: i64 = 2;

/// The name of the cookie that holds the pickup secret of a request.
pub fn cookie_name(request: RequestId) -> String {
    format!("__Host-pk-{}", request.0.simple())
}

/// The secret in the requester's cookie.
pub(super) struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    pub(super) fn new(random: &Random) -> Self {
        Self(Zeroizing::new(random.bytes()))
    }

    /// As the browser sent it back.
    pub(super) fn from_cookie(value: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(value).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    pub(super) fn to_cookie(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }

    /// What the database keeps of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_slice()).into()
    }
}

/// A key, sealed.
pub(super) struct Sealed {
    pub(super) bytes: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    pub(super) epoch: String,
}

/// What a sealed key belongs to. Opening it as anything else fails.
pub(super) struct Belongs {
    pub(super) attempt: AttemptId,
    pub(super) requester: PersonId,
    pub(super) serial: Serial,
    pub(super) until: OffsetDateTime,
}

impl Belongs {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.attempt.0.as_bytes());
        bytes.extend(self.requester.0.as_bytes());
        bytes.extend(self.serial.0.to_be_bytes());
        bytes.extend(self.until.unix_timestamp().to_be_bytes());
        bytes
    }
}

type Key = Zeroizing<[u8; 32]>;

/// Keys of the day, kept in a folder outside the database. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    folder: Arc<PathBuf>,
    known: Arc<Mutex<HashMap<String, Key>>>,
    random: Random,
}

impl Keyring {
    /// Opens the folder that holds the keys, making it if it is not there.
    ///
    /// # Errors
    /// When it cannot be made or written to.
    pub fn open(folder: &Path, random: Random) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let keyring = Self {
            folder: Arc::new(folder.to_owned()),
            known: Arc::default(),
            random,
        };
        keyring.check()?;
        Ok(keyring)
    }

    /// Whether the folder can be used, for the readiness probe.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check(&self) -> io::Result<()> {
        let probe = self
            .folder
            .join(format!(".probe-{}", hex::encode(self.random.bytes::<8>())));
        fs::write(&probe, b"")?;
        fs::remove_file(&probe)
    }

    pub(super) fn seal(
        &self,
        secret: &Secret,
        belongs: &Belongs,
        plain: &[u8],
        now: OffsetDateTime,
    ) -> Result<Sealed> {
        let epoch = epoch_of(now.date());
        let nonce: [u8; 24] = self.random.bytes();
        let bytes = cipher(&self.key(&epoch, true)?, secret, belongs.attempt)
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: &belongs.bytes(),
                },
            )
            .map_err(|_| Error::internal("a key could not be sealed", "the cipher refused"))?;
        Ok(Sealed {
            bytes,
            nonce: nonce.to_vec(),
            epoch,
        })
    }

    pub(super) fn open_sealed(
        &self,
        secret: &Secret,
        belongs: &Belongs,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let nonce: [u8; 24] = sealed
            .nonce
            .as_slice()
            .try_into()
            .map_err(|error| Error::internal("a nonce has the wrong length", error))?;
        cipher(&self.key(&sealed.epoch, false)?, secret, belongs.attempt)
            .decrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: &sealed.bytes,
                    aad: &belongs.bytes(),
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| {
                Error::internal(
                    "a key could not be unsealed",
                    "it was sealed for something else",
                )
            })
    }

    /// Destroys keys whose day is over for long enough: whatever was sealed under them can never be
    /// opened again, wherever a copy of it is.
    ///
    /// # Errors
    /// `Unavailable` when the folder cannot be used.
    pub fn destroy_old(&self, now: OffsetDateTime) -> Result<()> {
        let oldest = epoch_of(now.date() - time::Duration::days(KEPT_DAYS));
        // Also those another process has destroyed already.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|epoch, _| *epoch >= oldest);
        drop(known);
        for file in fs::read_dir(self.folder.as_path()).map_err(keys_away)? {
            let path = file.map_err(keys_away)?.path();
            let epoch = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default()
                .to_owned();
            if path.extension().is_some_and(|end| end == "key") && epoch < oldest {
                fs::write(&path, [0; 32]).map_err(keys_away)?;
                fs::remove_file(&path).map_err(keys_away)?;
                tracing::info!(key.epoch = epoch, "Destroyed the sealing key of {epoch}");
            }
        }
        Ok(())
    }

    fn key(&self, epoch: &str, make: bool) -> Result<Key> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(epoch) {
            return Ok(key.clone());
        }
        let key = self.read_or_make(epoch, make).map_err(keys_away)?;
        known.insert(epoch.to_owned(), key.clone());
        Ok(key)
    }

    fn read_or_make(&self, epoch: &str, make: bool) -> io::Result<Key> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = self.folder.join(format!("{epoch}.key"));
        if make && !path.exists() {
            // Written aside and linked into place: another replica sees the whole key or none, and
            // whoever links first decides which key it is.
            let aside = self.folder.join(format!(
                ".{epoch}-{}",
                hex::encode(self.random.bytes::<8>())
            ));
            let key: Key = Zeroizing::new(self.random.bytes());
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&aside)?;
            file.write_all(key.as_slice())?;
            file.sync_all()?;
            let linked = fs::hard_link(&aside, &path);
            fs::remove_file(&aside)?;
            // What is sealed under a key must not outlive it by a power cut.
            fs::File::open(self.folder.as_path())?.sync_all()?;
            if let Err(error) = linked
                && error.kind() != io::ErrorKind::AlreadyExists
            {
                return Err(error);
            }
        }
        let bytes = Zeroizing::new(fs::read(&path)?);
        let key = bytes.as_slice().try_into().map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the sealing key of {epoch} is not 32 bytes long"),
            )
        })?;
        Ok(Zeroizing::new(key))
    }
}

fn keys_away(error: io::Error) -> Error {
    Error::Unavailable {
        upstream: Upstream::Keys,
        source: error.into(),
    }
}

/// The day, as file names and rows hold it; sorts as text.
fn epoch_of(date: Date) -> String {
    date.format(format_description!("[year]-[month]-[day]"))
        .unwrap_or_default()
}

fn cipher(epoch_key: &Key, secret: &Secret, attempt: AttemptId) -> XChaCha20Poly1305 {
    let mut material = Zeroizing::new([0_u8; 64]);
    material[..32].copy_from_slice(epoch_key.as_slice());
    material[32..].copy_from_slice(secret.0.as_slice());
    let mut key = Zeroizing::new([0_u8; 32]);
    Hkdf::<Sha256>::new(None, material.as_slice())
        .expand_multi_info(&[b"pickup/v1", attempt.0.as_bytes()], key.as_mut_slice())
        .expect("32 bytes are within HKDF's reach");
    XChaCha20Poly1305::new((&*key).into())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 23:50:00 UTC);

    fn belongs(attempt: u128) -> Belongs {
        Belongs {
            attempt: AttemptId(Uuid::from_u128(attempt)),
            requester: PersonId(Uuid::from_u128(2)),
            serial: Serial(3),
            until: NOW,
        }
    }

    fn keyring() -> (tempfile::TempDir, Keyring) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let keyring =
            Keyring::open(folder.path(), Random::from_seed(1)).expect("a writable folder");
        (folder, keyring)
    }

    #[test]
    fn what_was_sealed_opens_with_its_secret_only_and_as_itself_only() {
        let (_folder, keyring) = keyring();
        let random = Random::from_seed(2);
        let secret = Secret::new(&random);
        let sealed = keyring
            .seal(&secret, &belongs(1), b"a private key", NOW)
            .expect("sealed");
        assert!(!sealed.bytes.windows(7).any(|window| window == b"private"));

        let sent_back = Secret::from_cookie(&secret.to_cookie()).expect("our own cookie");
        let opened = keyring
            .open_sealed(&sent_back, &belongs(1), &sealed)
            .expect("the right secret");
        assert_eq!(opened.as_slice(), b"a private key");
        assert!(
            keyring
                .open_sealed(&Secret::new(&random), &belongs(1), &sealed)
                .is_err()
        );
        assert!(keyring.open_sealed(&secret, &belongs(9), &sealed).is_err());
    }

    #[test]
    fn nothing_opens_after_the_key_of_its_day_is_destroyed() {
        let (_folder, keyring) = keyring();
        let secret = Secret::new(&Random::from_seed(2));
        let sealed = keyring
            .seal(&secret, &belongs(1), b"a private key", NOW)
            .expect("sealed");
        keyring
            .destroy_old(NOW + time::Duration::days(1))
            .expect("a usable folder");
        assert!(
            keyring.open_sealed(&secret, &belongs(1), &sealed).is_ok(),
            "pickups outlive midnight"
        );
        keyring
            .destroy_old(NOW + time::Duration::days(KEPT_DAYS + 1))
            .expect("a usable folder");
        assert!(keyring.open_sealed(&secret, &belongs(1), &sealed).is_err());
    }

    #[test]
    fn two_replicas_agree_on_the_key_of_the_day() {
        let (folder, one) = keyring();
        let other = Keyring::open(folder.path(), Random::from_seed(7)).expect("a writable folder");
        let secret = Secret::new(&Random::from_seed(2));
        let sealed = one
            .seal(&secret, &belongs(1), b"a private key", NOW)
            .expect("sealed");
        assert!(other.open_sealed(&secret, &belongs(1), &sealed).is_ok());
    }

    #[test]
    fn a_cookie_that_is_no_secret_is_none() {
        for value in ["", "short", "!!!!", &"A".repeat(44)] {
            assert!(Secret::from_cookie(value).is_none(), "{value}");
        }
    }
}
