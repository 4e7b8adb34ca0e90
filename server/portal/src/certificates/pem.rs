//! Judging what Atlas handed out before calling it a certificate.

use aws_lc_rs::{
    rsa,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use rustls_pki_types::pem::{PemObject as _, SectionKind};
use sha2::{Digest as _, Sha256};
use strum::{Display, IntoStaticStr};
use time::{Duration, OffsetDateTime};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use zeroize::Zeroizing;

use crate::model::{Months, Serial, Username};

/// How far an end may lie from what was asked for. Atlas reckons in calendar months from an hour
/// before the issue; a clock may be off; nothing explains more than two days.
const END_TOLERANCE: Duration = Duration::days(2);

/// A certificate that is what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) serial: Serial,
    pub(super) sha256: [u8; 32],
    pub(super) subject: String,
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
}

/// Why an answer is not the certificate that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Mismatch {
    /// Not PEM, or cut off.
    NotPem,
    /// Not exactly one certificate and one private key.
    WrongParts,
    /// The certificate cannot be read.
    NotACertificate,
    /// The key cannot be read.
    NotAKey,
    /// The key belongs to another certificate.
    OtherKey,
    /// It names somebody else.
    WrongSubject,
    /// It ends at another time.
    WrongEnd,
    /// Its serial number was there before.
    OldSerial,
}

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) username: &'a Username,
    pub(super) months: Months,
    pub(super) now: OffsetDateTime,
    pub(super) baseline: &'a [Serial],
}

/// Checks one key, one certificate, that they belong together, and that it is what was asked for.
pub(super) fn check(pem: &str, asked: &Asked<'_>) -> Result<Checked, Mismatch> {
    let mut certificates = Vec::new();
    let mut keys: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem.as_bytes()) {
        match section.map_err(|_| Mismatch::NotPem)? {
            (SectionKind::Certificate, der) => certificates.push(der),
            (SectionKind::PrivateKey, der) => keys.push(Zeroizing::new(der)),
            (_, der) => {
                drop(Zeroizing::new(der));
                return Err(Mismatch::WrongParts);
            }
        }
    }
    let ([certificate], [key]) = (certificates.as_slice(), keys.as_slice()) else {
        return Err(if certificates.is_empty() && keys.is_empty() {
            Mismatch::NotPem
        } else {
            Mismatch::WrongParts
        });
    };
    let (rest, parsed) =
        X509Certificate::from_der(certificate).map_err(|_| Mismatch::NotACertificate)?;
    if !rest.is_empty() {
        return Err(Mismatch::NotACertificate);
    }
    let public = public_key_of(key).ok_or(Mismatch::NotAKey)?;
    if parsed.public_key().subject_public_key.data.as_ref() != public {
        return Err(Mismatch::OtherKey);
    }

    // Exactly CN=<user>: the server matches the whole subject, so that anything more is somebody else.
    let attributes: Vec<_> = parsed.subject().iter_attributes().collect();
    let names: Vec<_> = parsed
        .subject()
        .iter_common_name()
        .filter_map(|name| name.as_str().ok())
        .collect();
    if attributes.len() != 1 || names != [asked.username.as_str()] {
        return Err(Mismatch::WrongSubject);
    }
    let time = |time: x509_parser::time::ASN1Time| {
        OffsetDateTime::from_unix_timestamp(time.timestamp()).map_err(|_| Mismatch::NotACertificate)
    };
    let (not_before, not_after) = (
        time(parsed.validity().not_before)?,
        time(parsed.validity().not_after)?,
    );
    if (not_after - asked.months.after(asked.now)).abs() > END_TOLERANCE || not_before >= not_after
    {
        return Err(Mismatch::WrongEnd);
    }
    let serial = parsed
        .raw_serial()
        .iter()
        .try_fold(0_i64, |number, byte| {
            number.checked_mul(256)?.checked_add(i64::from(*byte))
        })
        .filter(|number| *number > 0)
        .map(Serial)
        .ok_or(Mismatch::NotACertificate)?;
    if asked.baseline.contains(&serial) {
        return Err(Mismatch::OldSerial);
    }
    Ok(Checked {
        serial,
        sha256: Sha256::digest(certificate).into(),
        subject: format!("CN={}", asked.username),
        not_before,
        not_after,
    })
}

/// The public half of a PKCS#8 key, as a certificate holds it. Atlas makes RSA keys; should it turn
/// to elliptic curves one day, those are understood too.
fn public_key_of(pkcs8: &[u8]) -> Option<Vec<u8>> {
    if let Ok(pair) = rsa::KeyPair::from_pkcs8(pkcs8) {
        return Some(pair.public_key().as_ref().to_vec());
    }
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8).ok()?;
    Some(pair.public_key().as_ref().to_vec())
}
