//! Certificate authorities of customers, made for tests and the demo.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// An authority to be made.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Wish {
    /// Its common name.
    pub(crate) common_name: String,
    /// Its organisation.
    #[serde(default = "example")]
    pub(crate) organization: String,
    /// When it begins to count; a year ago when absent.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub(crate) not_before: Option<OffsetDateTime>,
    /// When it ends; in nine years when absent.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub(crate) not_after: Option<OffsetDateTime>,
}

fn example() -> String {
    "Example".to_owned()
}

/// An authority, with the key that signs for it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Made {
    /// Its subject.
    pub(crate) subject: String,
    /// Its certificate.
    pub(crate) pem: String,
    /// Its private key, to sign certificates of `CUSTOMER` users with.
    pub(crate) private_key: String,
}

/// Makes an authority.
pub(crate) fn make(wish: &Wish, now: OffsetDateTime) -> anyhow::Result<Made> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    let name = &mut params.distinguished_name;
    // RFC 2253 writes the last part first.
    name.push(DnType::OrganizationName, wish.organization.as_str());
    name.push(DnType::CommonName, wish.common_name.as_str());
    let year = Duration::days(365);
    params.not_before = wish.not_before.unwrap_or(now - year);
    params.not_after = wish.not_after.unwrap_or(now + year * 9);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    Ok(Made {
        subject: format!("CN={},O={}", wish.common_name, wish.organization),
        // Customers' files end their lines as Atlas does.
        pem: params.self_signed(&key)?.pem().replace("\r\n", "\n"),
        private_key: key.serialize_pem(),
    })
}
