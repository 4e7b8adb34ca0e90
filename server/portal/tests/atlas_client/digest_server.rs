//! A server that checks every digest.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use digest_auth::{AuthContext, AuthorizationHeader, HttpMethod};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use crate::support::{CANARY, PUBLIC_KEY};

/// How a server treats nonces.
#[derive(Clone, Copy, Default)]
pub(crate) struct Habits {
    /// A nonce runs out after this many answers.
    pub(crate) uses: Option<u32>,
    /// Say `stale=true` when one has run out.
    pub(crate) tells_stale: bool,
    /// Name the next nonce with every answer (RFC 7616 section 3.5).
    pub(crate) names_next: bool,
}

/// A server that checks digests, and answers with `then` whoever has the key.
#[derive(Clone)]
pub(crate) struct DigestServer {
    habits: Habits,
    then: ResponseTemplate,
    world: Arc<Mutex<World>>,
}

#[derive(Default)]
struct World {
    /// The next `nc` each nonce may come with.
    nonces: HashMap<String, u32>,
    /// Method, nonce and `nc` of every request; 0 without an answer.
    log: Vec<(String, String, u32)>,
}

impl DigestServer {
    pub(crate) fn new(habits: Habits, then: ResponseTemplate) -> Self {
        Self {
            habits,
            then,
            world: Arc::default(),
        }
    }

    pub(crate) async fn start(&self) -> MockServer {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(self.clone())
            .mount(&server)
            .await;
        server
    }

    /// The same server with another answer.
    pub(crate) fn answering(&self, then: ResponseTemplate) -> Self {
        Self {
            then,
            ..self.clone()
        }
    }

    /// Method, nonce and `nc` of every request.
    pub(crate) fn log(&self) -> Vec<(String, String, u32)> {
        self.world.lock().expect("nobody panics here").log.clone()
    }

    /// Whether this request answers a challenge of this server, be it for the first time or not.
    pub(crate) fn proves(&self, request: &Request) -> bool {
        let world = self.world.lock().expect("nobody panics here");
        answer_in(request).is_some_and(|answer| {
            world.nonces.contains_key(&answer.nonce) && is_right(&answer, request)
        })
    }

    /// A challenge with a nonce of its own.
    pub(crate) fn new_challenge(&self) -> ResponseTemplate {
        Self::challenge(&mut self.world.lock().expect("nobody panics here"), false)
    }

    fn challenge(world: &mut World, stale: bool) -> ResponseTemplate {
        let nonce = Self::nonce(world);
        let challenge = format!(
            r#"Digest realm="MMS Public API", domain="", nonce="{nonce}", algorithm=MD5, qop="auth", stale={stale}"#
        );
        let body = "{\n  \"error\" : 401,\n  \"reason\" : \"Unauthorized\",\n  \"detail\" : \
                    \"You are not authorized for this resource.\",\n  \"errorCode\" : \
                    \"UNEXPECTED_ERROR\"\n}";
        ResponseTemplate::new(401)
            .insert_header("www-authenticate", challenge)
            .set_body_raw(body, "application/json")
    }

    fn nonce(world: &mut World) -> String {
        let nonce = format!("nonce/{}+=", world.nonces.len());
        world.nonces.insert(nonce.clone(), 1);
        nonce
    }
}

impl Respond for DigestServer {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut world = self.world.lock().expect("nobody panics here");
        let sent = request.method.to_string();
        let Some(answer) = answer_in(request) else {
            world.log.push((sent, String::new(), 0));
            return Self::challenge(&mut world, false);
        };
        world.log.push((sent, answer.nonce.clone(), answer.nc));
        if !is_right(&answer, request) {
            return Self::challenge(&mut world, false);
        }
        let uses = self.habits.uses.unwrap_or(u32::MAX);
        match world.nonces.get_mut(&answer.nonce) {
            Some(next) if *next <= answer.nc && answer.nc <= uses => *next = answer.nc + 1,
            _ => return Self::challenge(&mut world, self.habits.tells_stale),
        }
        if self.habits.names_next {
            let next = Self::nonce(&mut world);
            let info = format!(r#"qop=auth, nextnonce="{next}""#);
            return self.then.clone().insert_header("authentication-info", info);
        }
        self.then.clone()
    }
}

fn answer_in(request: &Request) -> Option<AuthorizationHeader> {
    let header = request.headers.get("authorization")?;
    Some(AuthorizationHeader::parse(header.to_str().expect("is text")).expect("is an answer"))
}

/// Whether it comes from somebody who has the key.
fn is_right(answer: &AuthorizationHeader, request: &Request) -> bool {
    let target = &request.url[url::Position::BeforePath..];
    assert_eq!(answer.uri, target, "what is signed is what is sent");
    let password = format!("private-{CANARY}");
    let context = AuthContext {
        cnonce: answer.cnonce.clone().map(Into::into),
        ..AuthContext::new_with_method(
            PUBLIC_KEY,
            password.as_str(),
            target,
            None::<&[u8]>,
            HttpMethod::from(request.method.as_str()),
        )
    };
    let mut right = answer.clone();
    right.digest(&context);
    right.response == answer.response && answer.username == PUBLIC_KEY
}
