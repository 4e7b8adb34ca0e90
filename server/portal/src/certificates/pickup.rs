//! Sealing a private key until its requester collects it.
//!
//! The key is sealed under a secret that only the requester's browser has, together with a key of
//! the day that is kept outside the database and destroyed on schedule. A copy of the database
//! opens nothing; neither does a copy of it with the folder of keys; and an old backup cannot be
//! opened even with the cookie.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use zeroize::Zeroizing;

pub use super::keyring::Keyring;
use super::keyring::{Key, epoch_of};
use crate::{
    Error, Result,
    clock::Random,
    model::{AttemptId, PersonId, RequestId, Serial},
};

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

impl Keyring {
    /// Seals a private key for as long as its pickup lasts.
    pub(super) fn seal(
        &self,
        secret: &Secret,
        belongs: &Belongs,
        plain: &[u8],
        now: OffsetDateTime,
    ) -> Result<Sealed> {
        let epoch = epoch_of(now.date());
        let nonce: [u8; 24] = self.random.bytes();
        let bytes = cipher(&self.key(&epoch)?, secret, belongs.attempt)
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
}

/// Opens what was sealed, with the key of the day it was sealed under.
pub(super) fn unseal(
    key: &Key,
    secret: &Secret,
    belongs: &Belongs,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>> {
    let nonce: [u8; 24] = sealed
        .nonce
        .as_slice()
        .try_into()
        .map_err(|error| Error::internal("a nonce has the wrong length", error))?;
    cipher(key, secret, belongs.attempt)
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

    use super::{super::outcome::PICKUP_FOR, *};

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

    fn opened(
        keyring: &Keyring,
        secret: &Secret,
        belongs: &Belongs,
        sealed: &Sealed,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let key = keyring.kept(&sealed.epoch).expect("readable")?;
        unseal(&key, secret, belongs, sealed).ok()
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
        let plain = opened(&keyring, &sent_back, &belongs(1), &sealed).expect("the right secret");
        assert_eq!(plain.as_slice(), b"a private key");
        assert!(opened(&keyring, &Secret::new(&random), &belongs(1), &sealed).is_none());
        assert!(opened(&keyring, &secret, &belongs(9), &sealed).is_none());
    }

    #[test]
    fn nothing_opens_after_the_key_of_its_day_is_destroyed() {
        let (_folder, keyring) = keyring();
        let secret = Secret::new(&Random::from_seed(2));
        let sealed = keyring
            .seal(&secret, &belongs(1), b"a private key", NOW)
            .expect("sealed");
        let until = NOW + PICKUP_FOR;
        keyring.destroy_old(until).expect("a usable folder");
        assert!(
            opened(&keyring, &secret, &belongs(1), &sealed).is_some(),
            "pickups outlive midnight"
        );
        keyring
            .destroy_old(until + PICKUP_FOR + time::Duration::minutes(15))
            .expect("a usable folder");
        assert!(opened(&keyring, &secret, &belongs(1), &sealed).is_none());
        // The same day again, with another key: an old backup stays closed.
        keyring
            .seal(&secret, &belongs(2), b"another", NOW)
            .expect("sealed");
        assert!(opened(&keyring, &secret, &belongs(1), &sealed).is_none());
    }

    #[test]
    fn a_cookie_that_is_no_secret_is_none() {
        for value in ["", "short", "!!!!", &"A".repeat(44)] {
            assert!(Secret::from_cookie(value).is_none(), "{value}");
        }
    }
}
