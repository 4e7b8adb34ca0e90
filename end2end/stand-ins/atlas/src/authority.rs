//! The certificate authority Atlas keeps for each project.

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize, SerialNumber,
};
use time::{Duration, OffsetDateTime};

use crate::settings::KeyKind;
use crate::world::created_from_id;

/// One project's authority.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

/// What is written into a client certificate.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) common_name: String,
    pub(crate) serial: i64,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
}

impl Authority {
    /// Makes a new key for the project's authority. Slow: RSA.
    pub(crate) fn generate(group_id: &str) -> anyhow::Result<Self> {
        let key = generate_key(KeyKind::Rsa2048).context("the authority's key")?;
        Ok(Self {
            params: params(group_id),
            key,
        })
    }

    /// The authority with a key kept from an earlier run.
    pub(crate) fn from_key(group_id: &str, pem: &str) -> anyhow::Result<Self> {
        let key = KeyPair::from_pkcs8_pem_and_sign_algo(pem, &PKCS_RSA_SHA256)
            .context("the authority's key")?;
        Ok(Self {
            params: params(group_id),
            key,
        })
    }

    /// The private key, to be kept.
    pub(crate) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// The authority's own certificate. Atlas never shows it; tests need it to check a chain.
    pub(crate) fn certificate_pem(&self) -> anyhow::Result<String> {
        Ok(self.params.self_signed(&self.key)?.pem())
    }

    /// Signs a client certificate with exactly the extensions Atlas writes: key usage and extended key usage, both
    /// critical, and no alternative name, key identifier or revocation pointer.
    pub(crate) fn sign(&self, profile: &Profile, key: &KeyPair) -> anyhow::Result<String> {
        let mut leaf = CertificateParams::default();
        leaf.distinguished_name = DistinguishedName::new();
        leaf.distinguished_name
            .push(DnType::CommonName, profile.common_name.as_str());
        leaf.serial_number = Some(SerialNumber::from_slice(&profile.serial.to_be_bytes()));
        leaf.not_before = profile.not_before;
        leaf.not_after = profile.not_after;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.custom_extensions = vec![critical_client_auth()];
        let issuer = Issuer::from_params(&self.params, &self.key);
        Ok(leaf.signed_by(key, &issuer)?.pem())
    }
}

/// `extKeyUsage = critical, clientAuth`. The library writes this extension as not critical, Atlas as critical.
fn critical_client_auth() -> CustomExtension {
    const EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37];
    // SEQUENCE { OBJECT IDENTIFIER 1.3.6.1.5.5.7.3.2 }
    const CLIENT_AUTH: [u8; 12] = [
        0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02,
    ];
    let mut extension = CustomExtension::from_oid_content(EXTENDED_KEY_USAGE, CLIENT_AUTH.to_vec());
    extension.set_criticality(true);
    extension
}

fn params(group_id: &str) -> CertificateParams {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, group_id);
    name.push(DnType::OrganizationalUnitName, "Atlas");
    name.push(DnType::OrganizationName, "MongoDB Inc");
    let created = created_from_id(group_id);
    let mut params = CertificateParams::default();
    params.distinguished_name = name;
    params.not_before = created;
    params.not_after = created + Duration::days(30 * 365);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(SerialNumber::from_slice(&[1]));
    params
}

/// Makes a private key. Slow for RSA: call it where blocking is allowed.
pub(crate) fn generate_key(kind: KeyKind) -> anyhow::Result<KeyPair> {
    Ok(match kind {
        KeyKind::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?,
        KeyKind::Rsa4096 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_4096)?,
        KeyKind::EcdsaP256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
    })
}
