//! Certificates with the profile Atlas's have, made on the spot.

use std::sync::OnceLock;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SerialNumber,
};
use time::OffsetDateTime;

use crate::model::{GroupId, Serial};

/// What goes into a certificate.
pub(super) struct Wanted<'a> {
    pub(super) group: &'a GroupId,
    pub(super) common_name: &'a str,
    pub(super) serial: Serial,
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
    /// Send the key of another pair.
    pub(super) wrong_key: bool,
}

/// One certificate and then one PKCS#8 key, as Atlas sends them.
pub(super) fn make(wanted: &Wanted<'_>) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(&[(DnType::CommonName, wanted.common_name)]);
    params.serial_number = Some(SerialNumber::from(wanted.serial.0.unsigned_abs()));
    params.not_before = wanted.not_before;
    params.not_after = wanted.not_after;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];

    let mut authority = CertificateParams::default();
    authority.distinguished_name = name(&[
        (DnType::CommonName, wanted.group.as_str()),
        (DnType::OrganizationalUnitName, "Atlas"),
        (DnType::OrganizationName, "MongoDB Inc"),
    ]);

    let keys = keys();
    let certificate = params
        .signed_by(
            &keys.client,
            &Issuer::from_params(&authority, &keys.authority),
        )
        .expect("these parameters can be signed");
    let key = if wanted.wrong_key {
        &keys.authority
    } else {
        &keys.client
    };
    // Atlas ends lines with a line feed.
    format!("{}{}", certificate.pem(), key.serialize_pem()).replace("\r\n", "\n")
}

struct Keys {
    client: KeyPair,
    authority: KeyPair,
}

/// Made once per process: RSA keys are slow to make. Half of Atlas's 4096 bits for the same reason.
fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let pair = || {
            KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
                .expect("RSA keys can be made")
        };
        Keys {
            client: pair(),
            authority: pair(),
        }
    })
}

fn name(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, text) in parts {
        name.push(kind.clone(), *text);
    }
    name
}
