//! Reading the customer's authorities.

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use x509_parser::{
    certificate::X509Certificate,
    der_parser::asn1_rs::ToDer as _,
    oid_registry::{
        OID_DOMAIN_COMPONENT, OID_USERID, OID_X509_COMMON_NAME, OID_X509_COUNTRY_NAME,
        OID_X509_LOCALITY_NAME, OID_X509_ORGANIZATION_NAME, OID_X509_ORGANIZATIONAL_UNIT,
        OID_X509_STATE_OR_PROVINCE_NAME, OID_X509_STREET_ADDRESS,
    },
    pem::Pem,
    prelude::FromDer as _,
    time::ASN1Time,
    x509::{AttributeTypeAndValue, X509Name},
};

use crate::model::Authority;

/// What a text of concatenated PEM holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Authorities {
    /// Those that can be read, in the text's order.
    pub(super) list: Vec<Authority>,
    /// There is something else among them.
    pub(super) unreadable: bool,
}

impl Authorities {
    /// Reads a text of concatenated PEM. Words between the certificates are nothing: tools write them.
    pub(super) fn parse(text: &str) -> Self {
        let mut found = Self::default();
        for block in Pem::iter_from_buffer(text.as_bytes()) {
            match block.ok().as_ref().and_then(authority) {
                Some(authority) => found.list.push(authority),
                None => found.unreadable = true,
            }
        }
        found.unreadable |= found.list.is_empty() && !text.trim().is_empty();
        found
    }

    /// Whether they are the same, in whatever order.
    pub(super) fn are(&self, others: &[Authority]) -> bool {
        let sorted = |list: &[Authority]| {
            let mut all: Vec<String> = list.iter().map(|one| one.sha256.clone()).collect();
            all.sort_unstable();
            all
        };
        sorted(&self.list) == sorted(others)
    }
}

fn authority(block: &Pem) -> Option<Authority> {
    if block.label != "CERTIFICATE" {
        return None;
    }
    let (rest, certificate) = X509Certificate::from_der(&block.contents).ok()?;
    let time = |time: ASN1Time| OffsetDateTime::from_unix_timestamp(time.timestamp()).ok();
    rest.is_empty().then_some(Authority {
        subject: rfc2253(certificate.subject()),
        sha256: hex::encode(Sha256::digest(&block.contents)),
        not_before: time(certificate.validity().not_before)?,
        not_after: time(certificate.validity().not_after)?,
    })
}

/// A name as Atlas writes it (RFC 2253): the last part first.
fn rfc2253(name: &X509Name<'_>) -> String {
    let parts: Vec<String> = name
        .iter_rdn()
        .map(|part| {
            let values: Vec<String> = part.iter().map(attribute).collect();
            values.join("+")
        })
        .collect();
    parts.into_iter().rev().collect::<Vec<_>>().join(",")
}

/// One `KEY=value`. What has no short key, or no text, is given by number and bytes (RFC 2253, 2.4).
fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type();
    let keys = [
        (OID_X509_COMMON_NAME, "CN"),
        (OID_X509_LOCALITY_NAME, "L"),
        (OID_X509_STATE_OR_PROVINCE_NAME, "ST"),
        (OID_X509_ORGANIZATION_NAME, "O"),
        (OID_X509_ORGANIZATIONAL_UNIT, "OU"),
        (OID_X509_COUNTRY_NAME, "C"),
        (OID_X509_STREET_ADDRESS, "STREET"),
        (OID_DOMAIN_COMPONENT, "DC"),
        (OID_USERID, "UID"),
    ];
    let key = keys.iter().find(|(known, _)| known == oid);
    match (key, attribute.as_str()) {
        (Some((_, key)), Ok(text)) => format!("{key}={}", escaped(text)),
        (key, _) => {
            let key = key.map_or_else(|| oid.to_id_string(), |(_, key)| (*key).to_owned());
            let bytes = attribute.attr_value().to_der_vec().unwrap_or_default();
            format!("{key}=#{}", hex::encode(bytes))
        }
    }
}

/// A value with its special characters escaped (RFC 2253, 2.4).
fn escaped(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut escaped = String::new();
    for (place, c) in text.chars().enumerate() {
        let edge = (place == 0 && matches!(c, ' ' | '#')) || (place == last && c == ' ');
        if edge || matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
    use time::macros::datetime;

    use super::*;

    /// A certificate of itself for the names, the first part first.
    fn made(names: &[(DnType, &str)]) -> (String, Vec<u8>) {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        for (kind, value) in names {
            params.distinguished_name.push(kind.clone(), *value);
        }
        params.not_before = datetime!(2025-01-01 00:00 UTC);
        params.not_after = datetime!(2035-01-01 00:00 UTC);
        let key = KeyPair::generate().expect("a key");
        let made = params.self_signed(&key).expect("a certificate");
        (made.pem(), made.der().to_vec())
    }

    #[test]
    fn authorities_are_read_in_their_order() {
        let (first, der) = made(&[
            (DnType::CountryName, "SE"),
            (DnType::OrganizationName, "Acme, \"Inc\""),
            (DnType::CommonName, "Root #1"),
        ]);
        let (second, _) = made(&[(DnType::CommonName, "#Issuing ")]);
        let found = Authorities::parse(&format!("# ours\n{first}\nand\n\n{second}"));
        assert!(!found.unreadable);
        let subjects: Vec<&str> = found.list.iter().map(|one| one.subject.as_str()).collect();
        assert_eq!(
            subjects,
            [r#"CN=Root #1,O=Acme\, \"Inc\",C=SE"#, r"CN=\#Issuing\ "]
        );
        assert_eq!(found.list[0].sha256, hex::encode(Sha256::digest(der)));
        assert_eq!(found.list[0].not_after, datetime!(2035-01-01 00:00 UTC));

        let turned = Authorities::parse(&format!("{second}{first}"));
        assert!(turned.are(&found.list));
        assert!(!turned.are(&found.list[..1]));
    }

    #[test]
    fn a_part_without_a_short_key_is_given_by_number_and_bytes() {
        let (pem, _) = made(&[(DnType::CustomDnType(vec![2, 5, 4, 5]), "77")]);
        let found = Authorities::parse(&pem);
        assert_eq!(found.list[0].subject, "2.5.4.5=#0c023737");
    }

    #[test]
    fn what_is_no_certificate_is_said_to_be_unreadable() {
        let (pem, _) = made(&[(DnType::CommonName, "Root")]);
        assert_eq!(Authorities::parse(" \n"), Authorities::default());
        for text in [
            "garbage",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        ] {
            assert!(Authorities::parse(text).unreadable, "{text}");
            let among = Authorities::parse(&format!("{pem}{text}"));
            assert_eq!(among.list.len(), 1, "{text}");
        }
    }
}
