//! Tokens, good ones and others.

use std::sync::LazyLock;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
        RSA_PSS_SHA256,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The provider's key, the one it changes to, and a stranger's.
pub(crate) static KEYS: LazyLock<[RsaKey; 3]> = LazyLock::new(|| {
    ["first", "second", "stranger"].map(|kid| RsaKey {
        kid,
        pair: KeyPair::generate(KeySize::Rsa2048).expect("a key"),
    })
});
/// The provider's key on the curve P-256.
pub(crate) static EC_KEY: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"));

pub(crate) struct RsaKey {
    pub(crate) kid: &'static str,
    pair: KeyPair,
}

impl RsaKey {
    /// As the provider publishes it.
    pub(crate) fn jwk(&self) -> Value {
        let parts = PublicKeyComponents::<Vec<u8>>::from(self.pair.public_key());
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
            "n": encode(&parts.n), "e": encode(&parts.e),
        })
    }

    /// The public key, for those who mistake it for a shared secret.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        self.pair.public_key().as_ref().to_vec()
    }

    fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let padding: &'static dyn aws_lc_rs::signature::RsaEncoding = if alg == "PS256" {
            &RSA_PSS_SHA256
        } else {
            &RSA_PKCS1_SHA256
        };
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(padding, &SystemRandom::new(), message, &mut signature)
            .expect("a signature");
        signature
    }
}

/// The key on P-256 as the provider publishes it.
pub(crate) fn ec_jwk() -> Value {
    let point = EC_KEY.public_key().as_ref();
    json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "kid": "curve",
        "x": encode(&point[1..33]), "y": encode(&point[33..65]),
    })
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// How a token is signed.
#[derive(Clone)]
pub(crate) enum Signature {
    Rsa(usize),
    Curve,
    Shared(Vec<u8>),
    Exactly(Vec<u8>),
    /// Right, and then the payload is changed.
    OfAnother,
    /// Right, but not all of it.
    CutOff,
}

/// A token being made.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) signature: Signature,
    /// The payload as it is, in place of the claims.
    pub(crate) raw_payload: Option<String>,
}

impl Token {
    pub(crate) fn new(claims: Value) -> Self {
        Self {
            header: json!({ "alg": "RS256", "kid": "first", "typ": "JWT" }),
            claims,
            signature: Signature::Rsa(0),
            raw_payload: None,
        }
    }

    /// Sets a claim, or removes it with `null`.
    pub(crate) fn claim(&mut self, name: &str, value: Value) {
        set(&mut self.claims, name, value);
    }

    /// Sets a header field, or removes it with `null`.
    pub(crate) fn head(&mut self, name: &str, value: Value) {
        set(&mut self.header, name, value);
    }

    pub(crate) fn compact(&self) -> String {
        let payload = self
            .raw_payload
            .clone()
            .unwrap_or_else(|| self.claims.to_string());
        let header = encode(self.header.to_string().as_bytes());
        let signed = format!("{header}.{}", encode(payload.as_bytes()));
        let alg = self.header["alg"].as_str().unwrap_or_default();
        let signature = match &self.signature {
            Signature::Rsa(key) => KEYS[*key].sign(alg, signed.as_bytes()),
            Signature::Curve => {
                let signature = EC_KEY.sign(&SystemRandom::new(), signed.as_bytes());
                signature.expect("a signature").as_ref().to_vec()
            }
            Signature::Shared(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
            }
            Signature::Exactly(bytes) => bytes.clone(),
            Signature::OfAnother => KEYS[0].sign(alg, b"something else"),
            Signature::CutOff => {
                let mut signature = KEYS[0].sign(alg, signed.as_bytes());
                signature.truncate(128);
                signature
            }
        };
        format!("{signed}.{}", encode(&signature))
    }
}

fn set(object: &mut Value, name: &str, value: Value) {
    let fields = object.as_object_mut().expect("an object");
    if value.is_null() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), value);
    }
}
