//! What an ID token says, and whether it is believed (OpenID Connect Core 1.0, 3.1.3.7).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, Nonce, SignatureVerificationError,
    core::{CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm},
};
use portal::identity::LoginAttempt;
use serde::Deserialize;
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::{
    Provider, Refusal,
    claims::{LEEWAY, NumericDate, payload},
    provider::Known,
};

/// Signature algorithms that are believed. No MACs: what the portal can check it could also make.
pub(super) const ALGORITHMS: [CoreJwsSigningAlgorithm; 3] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
];
/// A token that is good for longer was made by mistake.
const LIFE_MAX: Duration = Duration::hours(24);
/// A token that was made longer ago is not the answer to this sign-in.
const AGE_MAX: Duration = Duration::minutes(10);

/// The claims the library leaves to its users.
#[derive(Deserialize)]
struct Rest {
    exp: NumericDate,
    iat: NumericDate,
    nbf: Option<NumericDate>,
    auth_time: Option<NumericDate>,
    azp: Option<String>,
    at_hash: Option<String>,
    sub: String,
    sid: Option<String>,
}

/// What a believed ID token says.
pub(super) struct Believed {
    pub(super) sub: String,
    pub(super) sid: Option<String>,
    pub(super) auth_time: Option<OffsetDateTime>,
    pub(super) claims: Map<String, Value>,
    pub(super) token: String,
}

/// Checks everything an ID token must be.
pub(super) async fn believe(
    provider: &Provider,
    known: &Known,
    attempt: &LoginAttempt,
    token: &CoreIdToken,
    access_token: &AccessToken,
) -> Result<Believed, Refusal> {
    let nonce = Nonce::new(attempt.nonce.clone());
    match verify(provider, known, token, &nonce) {
        Err(error) if is_unknown_key(&error) => {
            // The provider may have changed its keys since we last asked.
            let known = provider.keys_again().await.ok_or_else(|| refusal(&error))?;
            verify(provider, &known, token, &nonce).map_err(|error| refusal(&error))?;
        }
        outcome => outcome.map_err(|error| refusal(&error))?,
    }
    check_the_rest(provider, attempt, token, access_token)
}

fn verify(
    provider: &Provider,
    known: &Known,
    token: &CoreIdToken,
    nonce: &Nonce,
) -> Result<(), ClaimsVerificationError> {
    let now = provider.clock.now() - LEEWAY;
    let now = chrono_of(now);
    // A verifier without the client secret: tokens under a MAC are refused whatever else is said.
    let verifier = CoreIdTokenVerifier::new_public_client(
        provider.client(known).client_id().clone(),
        known.metadata.issuer().clone(),
        known.keys.clone(),
    )
    .set_allowed_algs(ALGORITHMS)
    .set_time_fn(move || now);
    token.claims(&verifier, nonce).map(|_| ())
}

fn check_the_rest(
    provider: &Provider,
    attempt: &LoginAttempt,
    token: &CoreIdToken,
    access_token: &AccessToken,
) -> Result<Believed, Refusal> {
    let now = provider.clock.now();
    let text = token.to_string();
    let claims = payload(&text)?;
    let rest: Rest = serde_json::from_value(Value::Object(claims.clone()))
        .map_err(|error| Refusal::new("id_token.malformed", error))?;
    let ensure = |fine: bool, class: &'static str| {
        if fine {
            Ok(())
        } else {
            Err(Refusal::new(class, ""))
        }
    };
    ensure(now < rest.exp.0 + LEEWAY, "id_token.expired")?;
    ensure(
        rest.exp.0 <= now + LIFE_MAX + LEEWAY,
        "id_token.lives_too_long",
    )?;
    ensure(rest.iat.0 <= now + LEEWAY, "id_token.issued_in_future")?;
    ensure(rest.iat.0 >= now - AGE_MAX, "id_token.too_old")?;
    ensure(
        rest.nbf.is_none_or(|nbf| nbf.0 <= now + LEEWAY),
        "id_token.not_yet_valid",
    )?;
    let azp_is_us = rest
        .azp
        .is_none_or(|azp| azp == provider.settings.client_id);
    ensure(azp_is_us, "id_token.authorized_party")?;
    ensure(is_subject(&rest.sub), "id_token.subject")?;
    ensure(is_fresh(attempt, rest.auth_time, now), "id_token.auth_time")?;
    if let Some(at_hash) = rest.at_hash {
        ensure(
            is_hash_of(&at_hash, access_token, token),
            "id_token.access_token_hash",
        )?;
    }
    Ok(Believed {
        sub: rest.sub,
        sid: rest.sid.filter(|sid| !sid.is_empty() && sid.len() <= 512),
        auth_time: rest.auth_time.map(|at| at.0),
        claims,
        token: text,
    })
}

/// At most 255 ASCII characters (OpenID Connect Core 1.0, 2).
pub(super) fn is_subject(sub: &str) -> bool {
    !sub.is_empty() && sub.len() <= 255 && sub.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// A demanded fresh sign-in happened after it was demanded.
fn is_fresh(attempt: &LoginAttempt, auth_time: Option<NumericDate>, now: OffsetDateTime) -> bool {
    match (attempt.max_age_s, auth_time) {
        (None, None) => true,
        (None, Some(at)) => at.0 <= now + LEEWAY,
        (Some(_), None) => false,
        (Some(max_age_s), Some(at)) => {
            let oldest = attempt.created_at - Duration::seconds(i64::from(max_age_s)) - LEEWAY;
            at.0 >= oldest && at.0 <= now + LEEWAY
        }
    }
}

fn is_hash_of(at_hash: &str, access_token: &AccessToken, token: &CoreIdToken) -> bool {
    use sha2::{Digest as _, Sha256};

    // Every algorithm we take hashes with SHA-256; the claim is its left half.
    let digest = Sha256::digest(access_token.secret().as_bytes());
    let expected = URL_SAFE_NO_PAD.encode(&digest[..16]);
    token
        .signing_alg()
        .is_ok_and(|alg| ALGORITHMS.contains(alg))
        && AccessTokenHash::new(expected) == AccessTokenHash::new(at_hash.to_owned())
}

fn chrono_of(at: OffsetDateTime) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(at.unix_timestamp(), 0).unwrap_or_default()
}

fn is_unknown_key(error: &ClaimsVerificationError) -> bool {
    matches!(
        error,
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)
    )
}

fn refusal(error: &ClaimsVerificationError) -> Refusal {
    use ClaimsVerificationError as Error;

    let class = match error {
        Error::Expired(_) => "id_token.expired",
        Error::InvalidAudience(_) => "id_token.audience",
        Error::InvalidIssuer(_) => "id_token.issuer",
        Error::InvalidNonce(_) => "id_token.nonce",
        Error::InvalidSubject(_) => "id_token.subject",
        Error::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            "id_token.unknown_key"
        }
        Error::SignatureVerification(_) => "id_token.signature",
        Error::Unsupported(_) => "id_token.kind",
        _ => "id_token.refused",
    };
    Refusal::new(class, error)
}
