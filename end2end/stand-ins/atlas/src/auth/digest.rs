//! API keys: HTTP Digest with MD5 and `qop=auth`.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use md5::{Digest, Md5};
use time::{Duration, OffsetDateTime};

use crate::credentials::{Credential, Proof};
use crate::state::{StandIn, lock};

const REALM: &str = "MMS Public API";

/// How long a nonce may be used.
const NONCE_LIFETIME: Duration = Duration::minutes(5);

/// The body of the challenge, byte for byte: 142 bytes, pretty-printed, in an order no other answer has, and without
/// `parameters`.
const CHALLENGE: &str = "{\n  \"error\" : 401,\n  \"reason\" : \"Unauthorized\",\n  \"detail\" : \
    \"You are not authorized for this resource.\",\n  \"errorCode\" : \"UNEXPECTED_ERROR\"\n}";

/// The answer to a request without a good credential.
pub(crate) fn challenge(stand_in: &StandIn, stale: bool) -> Response {
    let nonce = stand_in.nonces.issue(stand_in.clock.now());
    let header = format!(
        "Digest realm=\"{REALM}\", domain=\"\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\", stale={stale}"
    );
    let headers = [
        (header::WWW_AUTHENTICATE, header),
        (header::CONTENT_TYPE, "application/json".to_owned()),
    ];
    (StatusCode::UNAUTHORIZED, headers, CHALLENGE).into_response()
}

/// The nonces given out, and the counters each was used with.
#[derive(Default)]
pub(crate) struct Nonces(Mutex<HashMap<String, Nonce>>);

struct Nonce {
    issued: OffsetDateTime,
    used: HashSet<u32>,
}

impl Nonces {
    fn issue(&self, now: OffsetDateTime) -> String {
        let nonce = hex::encode(rand::random::<[u8; 16]>());
        let mut known = lock(&self.0);
        known.retain(|_, nonce| now - nonce.issued <= NONCE_LIFETIME);
        known.insert(
            nonce.clone(),
            Nonce {
                issued: now,
                used: HashSet::new(),
            },
        );
        nonce
    }

    /// Checks an `Authorization: Digest` header. The error says whether a fresh nonce is all it takes.
    pub(super) fn verify(
        &self,
        header: &str,
        method: &str,
        target: &str,
        credentials: &[Arc<Credential>],
        now: OffsetDateTime,
    ) -> Result<Arc<Credential>, bool> {
        let parameters = parse(header);
        let get = |name: &str| parameters.get(name).map_or("", String::as_str);
        let fits = get("realm") == REALM
            && get("qop") == "auth"
            && get("uri") == target
            && matches!(get("algorithm"), "" | "MD5");
        if !fits {
            return Err(false);
        }
        let counter = u32::from_str_radix(get("nc"), 16).map_err(|_| false)?;
        let (credential, password) = credentials
            .iter()
            .find_map(|credential| match &credential.proof {
                Proof::ApiKey {
                    public_key,
                    private_key,
                } if public_key == get("username") => Some((credential, private_key)),
                _ => None,
            })
            .ok_or(false)?;
        let secret = md5_hex(&format!("{}:{REALM}:{password}", get("username")));
        let what = md5_hex(&format!("{method}:{target}"));
        let expected = md5_hex(&format!(
            "{secret}:{}:{}:{}:auth:{what}",
            get("nonce"),
            get("nc"),
            get("cnonce")
        ));
        if !expected.eq_ignore_ascii_case(get("response")) {
            return Err(false);
        }
        let mut known = lock(&self.0);
        let nonce = known
            .get_mut(get("nonce"))
            .filter(|nonce| now - nonce.issued <= NONCE_LIFETIME)
            .ok_or(true)?;
        // A counter that comes twice is a replay. Out of order is fine: requests may overtake each other.
        if nonce.used.insert(counter) {
            Ok(Arc::clone(credential))
        } else {
            Err(true)
        }
    }
}

fn md5_hex(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

/// Splits `name=value, name="quoted \"value\""` into a map with lower-case names.
fn parse(header: &str) -> HashMap<String, String> {
    let mut parameters = HashMap::new();
    let mut rest = header.chars().peekable();
    loop {
        let name: String = take_while(&mut rest, |c| c != '=');
        if rest.next().is_none() {
            return parameters;
        }
        let value = if rest.next_if_eq(&'"').is_some() {
            let mut value = String::new();
            while let Some(c) = rest.next() {
                match c {
                    '"' => break,
                    '\\' => value.extend(rest.next()),
                    other => value.push(other),
                }
            }
            take_while(&mut rest, |c| c != ',');
            value
        } else {
            take_while(&mut rest, |c| c != ',').trim().to_owned()
        };
        rest.next();
        parameters.insert(name.trim().to_ascii_lowercase(), value);
    }
}

fn take_while(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    keep: impl Fn(char) -> bool,
) -> String {
    let mut taken = String::new();
    while let Some(c) = rest.next_if(|&c| keep(c)) {
        taken.push(c);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Role;

    fn answer(nonce: &str, nc: &str, password: &str) -> String {
        let secret = md5_hex(&format!("pub:{REALM}:{password}"));
        let what = md5_hex("GET:/api/atlas/v2/groups");
        let response = md5_hex(&format!("{secret}:{nonce}:{nc}:abc:auth:{what}"));
        format!(
            "username=\"pub\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"/api/atlas/v2/groups\", qop=auth, \
             nc={nc}, cnonce=\"abc\", response=\"{response}\", algorithm=MD5"
        )
    }

    #[test]
    fn the_challenge_has_the_recorded_length() {
        assert_eq!(CHALLENGE.len(), 142);
    }

    #[test]
    fn an_answer_counts_once_and_only_with_the_right_key() {
        let credentials = [Arc::new(Credential::api_key(
            "k",
            "pub",
            "priv",
            Role::Owner,
        ))];
        let nonces = Nonces::default();
        let now = OffsetDateTime::UNIX_EPOCH;
        let nonce = nonces.issue(now);
        let verify = |header: &str, target: &str, at| {
            nonces
                .verify(header, "GET", target, &credentials, at)
                .map(|credential| credential.name.clone())
        };
        let good = answer(&nonce, "00000001", "priv");
        assert_eq!(
            verify(&good, "/api/atlas/v2/orgs", now),
            Err(false),
            "made for another address"
        );
        assert_eq!(
            verify(
                &answer(&nonce, "00000001", "wrong"),
                "/api/atlas/v2/groups",
                now
            ),
            Err(false)
        );
        assert_eq!(
            verify(&good, "/api/atlas/v2/groups", now),
            Ok("k".to_owned())
        );
        assert_eq!(
            verify(&good, "/api/atlas/v2/groups", now),
            Err(true),
            "a replay"
        );
        let second = answer(&nonce, "00000002", "priv");
        assert_eq!(
            verify(&second, "/api/atlas/v2/groups", now + Duration::hours(1)),
            Err(true),
            "too old"
        );
        assert_eq!(
            verify(
                &answer("made up", "00000001", "priv"),
                "/api/atlas/v2/groups",
                now
            ),
            Err(true)
        );
    }
}
