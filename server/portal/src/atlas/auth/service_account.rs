//! Service accounts: bearer tokens by OAuth 2 client credentials (RFC 6749 section 4.4).

use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use time::{Duration, OffsetDateTime};
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

use super::put;
use crate::atlas::{
    ReadError, Unanswered,
    exchange::{Exchange, Manner, operation},
    request::Endpoint,
    wire::WireToken,
};

/// A token is replaced this long before it ends, or halfway through a shorter life.
const REPLACE_BEFORE_END: Duration = Duration::seconds(60);
/// A prepared request is sent as long as its token has this much left.
const SEND_BEFORE_END: Duration = Duration::seconds(5);
/// A token this young is not what a missing role comes from. Without such an age, every call that
/// lacks its role would cost a token, of which Atlas gives 50 a minute.
const YOUNG: Duration = Duration::seconds(60);
/// What a token lives at least, where the answer does not say.
const LIFE_UNTOLD: u32 = 300;

pub(in crate::atlas) struct ServiceAccount {
    pub(super) client_id: String,
    client_secret: SecretString,
    token: Mutex<Option<Token>>,
    /// Held while a token is asked for; remembers how that failed last.
    asking: tokio::sync::Mutex<Option<ReadError>>,
    /// Requests for a token that have ended.
    rounds: AtomicU64,
}

struct Token {
    /// Which request for a token it came from.
    number: u64,
    text: SecretString,
    since: OffsetDateTime,
    replace_at: OffsetDateTime,
    ends_at: OffsetDateTime,
}

impl ServiceAccount {
    pub(super) fn new(client_id: String, client_secret: SecretString) -> Self {
        Self {
            client_id,
            client_secret,
            token: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            rounds: AtomicU64::new(0),
        }
    }

    /// The token, asked for if there is none with enough life left. However many callers need one at
    /// the same time, one asks and the others wait for what comes of it, be it a failure: taking
    /// turns at a server that does not answer would make the last caller wait for all of them.
    pub(super) async fn token(
        &self,
        endpoint: &Endpoint,
        exchange: &Exchange,
    ) -> Result<(u64, HeaderValue), ReadError> {
        let round = self.rounds.load(Ordering::Acquire);
        if let Some(header) = self.fresh(exchange.clock.now()) {
            return header;
        }
        let mut failure = self.asking.lock().await;
        if let Some(header) = self.fresh(exchange.clock.now()) {
            return header;
        }
        if self.rounds.load(Ordering::Acquire) != round
            && let Some(failure) = &*failure
        {
            return Err(failure.clone());
        }

        let asked = self.ask(endpoint, exchange).await;
        let number = self.rounds.fetch_add(1, Ordering::AcqRel) + 1;
        let header = asked.and_then(|wire| {
            let token = Token::new(number, wire, exchange.clock.now());
            let header = token.header()?;
            *self.held() = Some(token);
            Ok(header)
        });
        *failure = header.as_ref().err().cloned();
        header
    }

    /// The token, if there is one that need not be replaced yet.
    fn fresh(&self, now: OffsetDateTime) -> Option<Result<(u64, HeaderValue), ReadError>> {
        let held = self.held();
        let token = held.as_ref()?;
        (now < token.replace_at).then(|| token.header())
    }

    /// The token, if there is one that lives long enough to be sent. Waits for nobody.
    pub(super) fn token_at_hand(&self, now: OffsetDateTime) -> Option<(u64, HeaderValue)> {
        let held = self.held();
        let token = held.as_ref()?;
        (now + SEND_BEFORE_END < token.ends_at)
            .then(|| token.header().ok())
            .flatten()
    }

    /// Forgets the token a 401 came for, unless it cannot be to blame. `recognised`: Atlas's answer
    /// was about what the account may do, not about who it is. Says whether another token is worth
    /// a try.
    pub(super) fn give_up(&self, number: u64, recognised: bool, now: OffsetDateTime) -> bool {
        let mut held = self.held();
        match &*held {
            Some(token) if token.number == number => {
                if recognised && now - token.since < YOUNG {
                    return false;
                }
                *held = None;
                true
            }
            // Somebody else has replaced it already.
            _ => true,
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Token>> {
        self.token
            .lock()
            .expect("nothing panics while it holds the lock")
    }

    async fn ask(&self, endpoint: &Endpoint, exchange: &Exchange) -> Result<WireToken, ReadError> {
        let mut request = endpoint.post_for_token();
        put(&mut request, self.basic()?);
        let operation = operation!("token");
        let answer = exchange.send(&operation, Manner::Reading, request).await?;
        if answer.status != 200 {
            return Err(answer.into_error());
        }
        let token: WireToken = serde_json::from_slice(&answer.body)
            .map_err(|_| Unanswered::Malformed("the token's JSON is not as documented"))?;
        if token.token_type.eq_ignore_ascii_case("bearer") {
            Ok(token)
        } else {
            Err(Unanswered::Malformed("the token is not a bearer token").into())
        }
    }

    /// RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
    fn basic(&self) -> Result<HeaderValue, ReadError> {
        let mut joined = Zeroizing::new(String::new());
        joined.extend(byte_serialize(self.client_id.as_bytes()));
        joined.push(':');
        joined.extend(byte_serialize(
            self.client_secret.expose_secret().as_bytes(),
        ));
        let header = Zeroizing::new(format!("Basic {}", STANDARD.encode(joined.as_bytes())));
        as_header(&header)
    }
}

impl Token {
    fn new(number: u64, wire: WireToken, now: OffsetDateTime) -> Self {
        let life = Duration::seconds(wire.expires_in.unwrap_or(LIFE_UNTOLD).into());
        Self {
            number,
            text: wire.access_token,
            since: now,
            replace_at: now + life - REPLACE_BEFORE_END.min(life / 2),
            ends_at: now + life,
        }
    }

    fn header(&self) -> Result<(u64, HeaderValue), ReadError> {
        let header = Zeroizing::new(format!("Bearer {}", self.text.expose_secret()));
        Ok((self.number, as_header(&header)?))
    }
}

fn as_header(text: &str) -> Result<HeaderValue, ReadError> {
    HeaderValue::from_str(text)
        .map_err(|_| Unanswered::Malformed("the token cannot be part of a header").into())
}
