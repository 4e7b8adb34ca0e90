//! API keys: HTTP digest authentication (RFC 7616).

use std::sync::{Mutex, MutexGuard};

use digest_auth::{AuthContext, HttpMethod, Qop, WwwAuthenticateHeader};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use secrecy::{ExposeSecret, SecretString};
use time::{Duration, OffsetDateTime};

use crate::atlas::{
    ReadError, Unanswered,
    exchange::{Exchange, Manner, operation},
    request::Endpoint,
};

/// RFC 7616 section 3.5: where a server names the nonce to use next.
const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");
/// How long a nonce is kept for a request that was prepared and perhaps never sent.
const RESERVED_FOR: Duration = Duration::minutes(2);
/// Most nonces kept at the same time.
const RESERVED_MAX: usize = 64;

pub(in crate::atlas) struct Digest {
    pub(super) public_key: String,
    private_key: SecretString,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// The challenge that reading requests answer, each with the next `nc`.
    current: Option<WwwAuthenticateHeader>,
    /// Challenges nobody has answered yet, newest last, each for one request that must not fail
    /// because somebody else used its nonce, or because the server takes a nonce only once.
    reserved: Vec<(OffsetDateTime, WwwAuthenticateHeader)>,
}

impl Digest {
    pub(super) fn new(public_key: String, private_key: SecretString) -> Self {
        Self {
            public_key,
            private_key,
            held: Mutex::default(),
        }
    }

    /// The answer to the current challenge, and its nonce; `None` where there was no challenge yet.
    pub(super) fn answer(
        &self,
        method: &str,
        uri: &str,
    ) -> Result<Option<(String, HeaderValue)>, ReadError> {
        match &mut self.held().current {
            Some(challenge) => self.respond(challenge, method, uri).map(Some),
            None => Ok(None),
        }
    }

    /// Gets a nonce nobody has used: a harmless request without an answer is challenged anew.
    pub(super) async fn reserve(
        &self,
        endpoint: &Endpoint,
        exchange: &Exchange,
    ) -> Result<(), ReadError> {
        let request = endpoint.get(endpoint.harmless());
        let answer = exchange
            .send(&operation!("challenge"), Manner::Reading, request)
            .await?;
        if answer.status != 401 {
            return Err(if answer.status >= 400 {
                answer.into_error()
            } else {
                NO_CHALLENGE.into()
            });
        }
        let challenge = challenge(&answer.headers).ok_or(NO_CHALLENGE)?;
        let now = exchange.clock.now();
        let mut held = self.held();
        held.reserved.retain(|(until, _)| now < *until);
        if held.reserved.len() == RESERVED_MAX {
            held.reserved.remove(0);
        }
        held.reserved.push((now + RESERVED_FOR, challenge));
        Ok(())
    }

    /// The answer to a reserved challenge, and its nonce; `None` where there is none left.
    pub(super) fn answer_reserved(
        &self,
        method: &str,
        uri: &str,
        now: OffsetDateTime,
    ) -> Option<(String, HeaderValue)> {
        let (until, mut challenge) = self.held().reserved.pop()?;
        (now < until)
            .then(|| self.respond(&mut challenge, method, uri).ok())
            .flatten()
    }

    /// Takes the challenge from a 401 that came for the nonce `used`. `Some` if there was one, with
    /// whether it says that only the nonce was too old.
    pub(super) fn learn(&self, headers: &HeaderMap, used: Option<&str>) -> Option<bool> {
        let challenge = challenge(headers)?;
        let stale = challenge.stale;
        let mut held = self.held();
        // Where somebody else has brought a newer nonce in the meantime, theirs stays.
        let current = held.current.as_ref().map(|current| current.nonce.as_str());
        if current.is_none() || current == used {
            held.current = Some(challenge);
        }
        Some(stale)
    }

    /// Takes the nonce the server wants to see next.
    pub(super) fn observe(&self, headers: &HeaderMap) {
        if let Some(next) = next_nonce(headers)
            && let Some(current) = &mut self.held().current
        {
            current.nonce = next;
            current.nc = 0;
        }
    }

    fn respond(
        &self,
        challenge: &mut WwwAuthenticateHeader,
        method: &str,
        uri: &str,
    ) -> Result<(String, HeaderValue), ReadError> {
        let context = AuthContext::new_with_method(
            self.public_key.as_str(),
            self.private_key.expose_secret(),
            uri,
            None::<&[u8]>,
            HttpMethod::from(method),
        );
        let answer = challenge.respond(&context).map_err(|_| NO_CHALLENGE)?;
        let header = HeaderValue::from_str(&answer.to_header_string()).map_err(|_| NO_CHALLENGE)?;
        Ok((challenge.nonce.clone(), header))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held
            .lock()
            .expect("nothing panics while it holds the lock")
    }
}

const NO_CHALLENGE: Unanswered = Unanswered::Malformed("no digest challenge that can be answered");

/// The first challenge that can be answered. Only `qop=auth` can: the legacy form of RFC 2069 is
/// open to chosen-plaintext attacks, and `auth-int` would cover a body this module never sees.
fn challenge(headers: &HeaderMap) -> Option<WwwAuthenticateHeader> {
    headers.get_all(WWW_AUTHENTICATE).iter().find_map(|value| {
        let (scheme, rest) = value.to_str().ok()?.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let mut challenge = digest_auth::parse(rest).ok()?;
        if !challenge.qop.as_ref()?.contains(&Qop::AUTH) {
            return None;
        }
        challenge.qop = Some(vec![Qop::AUTH]);
        Some(challenge)
    })
}

fn next_nonce(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(AUTHENTICATION_INFO)?.to_str().ok()?;
    let (_, after) = text.split_once("nextnonce")?;
    let quoted = after.trim_start().strip_prefix('=')?.trim_start();
    let (nonce, _) = quoted.strip_prefix('"')?.split_once('"')?;
    (!nonce.is_empty()).then(|| nonce.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_answer_is_that_of_the_example_in_rfc_7616() {
        // RFC 7616 section 3.9.1, with qop=auth and MD5.
        let headers = headers(
            WWW_AUTHENTICATE,
            r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#,
        );
        let mut challenge = challenge(&headers).expect("can be answered");
        let mut context = AuthContext::new("Mufasa", "Circle of Life", "/dir/index.html");
        context.set_custom_cnonce("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
        let answer = challenge.respond(&context).expect("can be answered");
        assert_eq!(answer.response, "8ca523f5e9506fed4657c9700eebdbec");
        assert_eq!(answer.qop, Some(Qop::AUTH));
    }

    #[test]
    fn challenges_that_cannot_be_answered_safely_are_none() {
        for value in [
            r#"Basic realm="MMS Public API""#,
            r#"Digest realm="MMS Public API", nonce="n""#,
            r#"Digest realm="MMS Public API", nonce="n", qop="auth-int""#,
            r#"Digest nonce="n", qop="auth""#,
            r#"Digest realm="unclosed"#,
            "Digest",
            "",
        ] {
            assert_eq!(
                challenge(&headers(WWW_AUTHENTICATE, value)),
                None,
                "{value}"
            );
        }
    }

    #[test]
    fn the_next_nonce_is_read_wherever_it_stands() {
        for (value, nonce) in [
            (r#"nextnonce="abc""#, Some("abc")),
            (
                r#"qop=auth, rspauth="x", nextnonce = "a,b", nc=00000001"#,
                Some("a,b"),
            ),
            (r#"rspauth="x""#, None),
            (r#"nextnonce="""#, None),
            ("nextnonce=abc", None),
        ] {
            let found = next_nonce(&headers(AUTHENTICATION_INFO, value));
            assert_eq!(found.as_deref(), nonce, "{value}");
        }
    }
}
