//! HTTP digest with API keys, against a server that checks every answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use digest_auth::{AuthContext, AuthorizationHeader, HttpMethod};
use futures::future::join_all;
use portal::{
    atlas::{ApiVersion, Atlas, Credential, Unanswered},
    model::RefusalReason,
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{any, method},
};

use crate::support::{
    CANARY, PUBLIC_KEY, Setup, error, group, list, name, refused_for, seen, settings, unanswered,
};

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
        let Some(header) = request.headers.get("authorization") else {
            world.log.push((sent, String::new(), 0));
            return Self::challenge(&mut world, false);
        };
        let mut answer =
            AuthorizationHeader::parse(header.to_str().expect("is text")).expect("is an answer");
        world
            .log
            .push((sent.clone(), answer.nonce.clone(), answer.nc));

        let target = &request.url[url::Position::BeforePath..];
        assert_eq!(answer.uri, target, "what is signed is what is sent");
        let response = answer.response.clone();
        let password = format!("private-{CANARY}");
        let context = AuthContext {
            cnonce: answer.cnonce.clone().map(Into::into),
            ..AuthContext::new_with_method(
                PUBLIC_KEY,
                password.as_str(),
                target,
                None::<&[u8]>,
                HttpMethod::from(sent.as_str()),
            )
        };
        answer.digest(&context);
        if answer.response != response || answer.username != PUBLIC_KEY {
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

fn ncs(server: &DigestServer) -> Vec<u32> {
    server.log().into_iter().map(|(.., nc)| nc).collect()
}

#[tokio::test]
async fn one_challenge_serves_for_many_calls_with_a_counter_that_grows() {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let setup = Setup::with_key(&server.uri());
    for _ in 0..3 {
        setup.atlas.list_projects().await.expect("answers");
    }
    assert_eq!(ncs(&digest), [0, 1, 2, 3]);
}

#[tokio::test]
async fn a_nonce_that_runs_out_is_replaced_within_the_call_whether_or_not_the_server_says_so() {
    for tells_stale in [true, false] {
        let habits = Habits {
            uses: Some(2),
            tells_stale,
            ..Habits::default()
        };
        let digest = DigestServer::new(habits, list(&json!([])));
        let server = digest.start().await;
        let setup = Setup::with_key(&server.uri());
        for _ in 0..4 {
            setup.atlas.list_projects().await.expect("answers");
        }
        assert_eq!(ncs(&digest), [0, 1, 2, 3, 1, 2], "stale: {tells_stale}");
    }
}

#[tokio::test]
async fn the_nonce_the_server_names_is_used_next_from_one() {
    let habits = Habits {
        uses: Some(1),
        names_next: true,
        ..Habits::default()
    };
    let digest = DigestServer::new(habits, list(&json!([])));
    let server = digest.start().await;
    let setup = Setup::with_key(&server.uri());
    for _ in 0..3 {
        setup.atlas.list_projects().await.expect("answers");
    }
    assert_eq!(ncs(&digest), [0, 1, 1, 1]);
}

#[tokio::test]
async fn a_wrong_key_is_refused_after_one_answer() {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let credential = Credential::ApiKey {
        public_key: PUBLIC_KEY.to_owned(),
        private_key: "wrong".to_owned().into(),
    };
    let settings = settings(&server.uri(), ApiVersion::V2, credential);
    let setup = Setup::with(settings, |_| ());
    for _ in 0..2 {
        let reason = refused_for(setup.atlas.list_projects().await);
        assert_eq!(reason, RefusalReason::CredentialRefused);
    }
    // The second call begins with the nonce it has, and is believed after a new one.
    assert_eq!(ncs(&digest), [0, 1, 1, 1]);
}

#[tokio::test]
async fn a_server_that_calls_every_nonce_stale_is_not_asked_for_ever() {
    let habits = Habits {
        uses: Some(0),
        tells_stale: true,
        ..Habits::default()
    };
    let digest = DigestServer::new(habits, list(&json!([])));
    let server = digest.start().await;
    let reason = refused_for(Setup::with_key(&server.uri()).atlas.list_projects().await);
    assert_eq!(reason, RefusalReason::CredentialRefused);
    assert_eq!(ncs(&digest), [0, 1, 1]);
}

#[tokio::test]
async fn whoever_lacks_a_role_has_been_recognised_and_needs_no_new_nonce() {
    let digest = DigestServer::new(Habits::default(), error(401, "USER_UNAUTHORIZED"));
    let server = digest.start().await;
    let reason = refused_for(Setup::with_key(&server.uri()).atlas.list_projects().await);
    assert_eq!(reason, RefusalReason::RoleMissing);
    assert_eq!(ncs(&digest), [0, 1]);
}

#[tokio::test]
async fn callers_at_the_same_time_never_use_a_counter_twice() {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let setup = Setup::with_key(&server.uri());
    setup.atlas.list_projects().await.expect("answers");
    join_all((0..16).map(|_| setup.atlas.list_projects())).await;
    let mut answers: Vec<(String, u32)> = digest
        .log()
        .into_iter()
        .filter(|(.., nc)| *nc > 0)
        .map(|(_, nonce, nc)| (nonce, nc))
        .collect();
    let count = answers.len();
    answers.sort();
    answers.dedup();
    assert_eq!(answers.len(), count);
}

#[tokio::test]
async fn encoded_names_are_signed_as_they_are_sent() {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let setup = Setup::with_key(&server.uri());
    for nasty in ["a/b c%d?e#f", "jürgen", "CN=x,O=\"y\""] {
        let listed = setup.atlas.list_certificates(&group(), &name(nasty)).await;
        assert_eq!(listed.expect("the server checks"), []);
    }
}

#[tokio::test]
async fn without_a_challenge_that_can_be_answered_a_401_is_believed() {
    let challenges = [
        None,
        Some(r#"Basic realm="x""#),
        Some(r#"Digest realm="x", nonce="n", qop="auth-int""#),
    ];
    for challenge in challenges {
        let server = MockServer::start().await;
        let mut answer = error(401, "UNEXPECTED_ERROR");
        if let Some(challenge) = challenge {
            answer = answer.insert_header("www-authenticate", challenge);
        }
        Mock::given(method("GET"))
            .respond_with(answer)
            .mount(&server)
            .await;
        let setup = Setup::with_key(&server.uri());
        let reason = refused_for(setup.atlas.list_projects().await);
        assert_eq!(reason, RefusalReason::CredentialRefused, "{challenge:?}");
        assert_eq!(seen(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn preparing_fails_where_nobody_asks_for_a_digest() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(list(&json!([])))
        .mount(&server)
        .await;
    let setup = Setup::with_key(&server.uri());
    let why = unanswered(setup.atlas.prepare_create().await);
    assert!(matches!(why, Unanswered::Malformed(_)), "{why}");
}
