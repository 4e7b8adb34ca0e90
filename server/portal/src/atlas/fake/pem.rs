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

    // Signed by itself in the authority's name: Atlas keeps its authority's certificate to itself, so
    // nobody can check the signature, and a second RSA key would take as long to make as the first.
    let certificate = params
        .signed_by(client_key(), &Issuer::from_params(&authority, client_key()))
        .expect("these parameters can be signed");
    let key = if wanted.wrong_key {
        other_key()
    } else {
        client_key()
    };
    // Atlas ends lines with a line feed.
    format!("{}{}", certificate.pem(), key.serialize_pem()).replace("\r\n", "\n")
}

/// Made once per process: RSA keys are slow to make. Half of Atlas's 4096 bits for the same reason.
fn client_key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(new_key)
}

fn other_key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(new_key)
}

fn new_key() -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("RSA keys can be made")
}

fn name(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, text) in parts {
        name.push(kind.clone(), *text);
    }
    name
}
