//! Logout tokens (OpenID Connect Back-Channel Logout 1.0, 2.4 to 2.6).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::{
    JsonWebKey as _, JsonWebKeyId,
    core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm},
};
use portal::identity::ProviderLogout;
use serde::Deserialize;
use serde_json::{Map, Value};
use time::Duration;

use super::{
    Provider, Refusal,
    claims::{LEEWAY, NumericDate, payload},
    token::{ALGORITHMS, is_subject},
};

/// What the token's `events` must hold.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old a token may be (2.4 recommends two minutes).
const LOGOUT_TOKEN_LIFE: Duration = Duration::minutes(2);
const TEXT_MAX: usize = 512;

#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
    cty: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: NumericDate,
    exp: NumericDate,
    jti: String,
    events: Map<String, Value>,
    sub: Option<String>,
    sid: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn is_only(&self, client_id: &str) -> bool {
        match self {
            Self::One(one) => one == client_id,
            Self::Many(many) => matches!(many.as_slice(), [one] if one == client_id),
        }
    }
}

impl Provider {
    /// Checks a logout token and says what it names.
    ///
    /// # Errors
    /// When anything at all is not as it should be.
    pub async fn read_logout_token(&self, token: &str) -> Result<ProviderLogout, Refusal> {
        let refuse = |what: &str| Refusal::new("logout_token", what);
        let (signed, signature) = token
            .rsplit_once('.')
            .ok_or_else(|| refuse("no signature"))?;
        let header = header(signed)?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| refuse("signature not base64url"))?;
        self.check_signature(&header, signed.as_bytes(), &signature)
            .await?;
        let fields = payload(token)?;
        if fields.contains_key("nonce") {
            return Err(refuse("a nonce marks an ID token"));
        }
        let claims: Claims = serde_json::from_value(Value::Object(fields))
            .map_err(|error| Refusal::new("logout_token", error))?;
        self.check_claims(claims)
    }

    async fn check_signature(
        &self,
        header: &Header,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<(), Refusal> {
        let known = self.known().await?;
        let fresh;
        let key = if let Some(key) = find(&known.keys, header) {
            key
        } else {
            fresh = self.keys_again().await;
            fresh
                .as_ref()
                .and_then(|known| find(&known.keys, header))
                .ok_or_else(|| Refusal::new("logout_token", "no key fits"))?
        };
        key.verify_signature(&header.alg, signed, signature)
            .map_err(|error| Refusal::new("logout_token", error))
    }

    fn check_claims(&self, claims: Claims) -> Result<ProviderLogout, Refusal> {
        let now = self.clock.now();
        let named = |text: &Option<String>| {
            text.as_ref()
                .is_none_or(|text| !text.is_empty() && text.len() <= TEXT_MAX)
        };
        let checks = [
            (claims.iss == self.settings.issuer, "another issuer"),
            (
                claims.aud.is_only(&self.settings.client_id),
                "another audience",
            ),
            (now < claims.exp.0 + LEEWAY, "expired"),
            (claims.iat.0 <= now + LEEWAY, "issued in the future"),
            (claims.iat.0 >= now - LOGOUT_TOKEN_LIFE, "too old"),
            (
                claims.events.get(EVENT).is_some_and(Value::is_object),
                "not a logout event",
            ),
            (claims.sub.is_some() || claims.sid.is_some(), "names nobody"),
            (
                claims.sub.as_deref().is_none_or(is_subject),
                "no such subject",
            ),
            (named(&claims.sid), "no such session"),
            (
                !claims.jti.is_empty() && claims.jti.len() <= TEXT_MAX,
                "no id",
            ),
        ];
        if let Some((_, what)) = checks.iter().find(|(fine, _)| !fine) {
            return Err(Refusal::new("logout_token", what));
        }
        Ok(ProviderLogout {
            iss: claims.iss,
            jti: claims.jti,
            sub: claims.sub,
            sid: claims.sid,
        })
    }
}

fn header(signed: &str) -> Result<Header, Refusal> {
    let refuse = |what: String| Refusal::new("logout_token", what);
    let (header, _) = signed
        .split_once('.')
        .ok_or_else(|| refuse("not three parts".to_owned()))?;
    let json = URL_SAFE_NO_PAD
        .decode(header)
        .map_err(|_| refuse("header not base64url".to_owned()))?;
    let header: Header =
        serde_json::from_slice(&json).map_err(|error| refuse(error.to_string()))?;
    // Explicit typing (2.4) is recommended, not required; another type is a token of another kind.
    let typ_fits = header.typ.as_deref().is_none_or(|typ| {
        let typ = typ.to_ascii_lowercase();
        ["logout+jwt", "application/logout+jwt", "jwt"].contains(&typ.as_str())
    });
    if !ALGORITHMS.contains(&header.alg) {
        return Err(refuse("an algorithm that is not believed".to_owned()));
    }
    if !typ_fits || header.crit.is_some() || header.cty.is_some() {
        return Err(refuse("a token of another kind".to_owned()));
    }
    Ok(header)
}

/// The one key that fits; several that do are none.
fn find<'k>(keys: &'k CoreJsonWebKeySet, header: &Header) -> Option<&'k CoreJsonWebKey> {
    let kid = header.kid.clone().map(JsonWebKeyId::new);
    let key_type = openidconnect::JwsSigningAlgorithm::key_type(&header.alg)?;
    let mut fitting = keys.keys().iter().filter(|key| {
        *key.key_type() == key_type
            && (kid.is_none() || key.key_id() == kid.as_ref())
            && key
                .key_use()
                .is_none_or(openidconnect::JsonWebKeyUse::allows_signature)
    });
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}
