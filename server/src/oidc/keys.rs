//! The provider's keys.

use openidconnect::{JsonWebKey as _, core::CoreJsonWebKey, core::CoreJsonWebKeySet};
use serde_json::Value;

/// The most keys a provider may publish.
const KEYS_MAX: usize = 100;
/// The shortest RSA modulus that is trusted, in bytes (NIST SP 800-131A: 2048 bits).
const RSA_MIN: usize = 256;

/// The keys that are strong enough to be believed.
pub(super) fn trustworthy(keys: &CoreJsonWebKeySet) -> CoreJsonWebKeySet {
    let strong = keys
        .keys()
        .iter()
        .take(KEYS_MAX)
        .filter(|key| is_strong(key));
    CoreJsonWebKeySet::new(strong.cloned().collect())
}

fn is_strong(key: &CoreJsonWebKey) -> bool {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use openidconnect::core::CoreJsonWebKeyType::{RSA, Symmetric};

    match key.key_type() {
        // A shared secret has no place in a published document.
        Symmetric => false,
        RSA => {
            let modulus = match serde_json::to_value(key) {
                Ok(Value::Object(fields)) => {
                    fields.get("n").and_then(Value::as_str).map(str::to_owned)
                }
                _ => None,
            };
            modulus
                .and_then(|modulus| URL_SAFE_NO_PAD.decode(modulus.trim_end_matches('=')).ok())
                .is_some_and(|modulus| {
                    modulus.iter().skip_while(|byte| **byte == 0).count() >= RSA_MIN
                })
        }
        _ => true,
    }
}
