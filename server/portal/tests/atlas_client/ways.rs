//! The ways to speak to Atlas: two generations of its API, two kinds of credential.
//!
//! Whatever is true of the client is true in all of them, so a test takes a [`Way`], and
//! [`in_every_way`](crate::ways::in_every_way) makes four of it.

use portal::atlas::{ApiVersion, AtlasSettings, Credential, Timing};
use serde_json::json;
use wiremock::{
    Match, Mock, MockGuard, MockServer, Request, Respond, ResponseTemplate,
    matchers::{method, path, path_regex, query_param},
};

use crate::{
    digest_server::{DigestServer, Habits},
    support::{
        CANARY, GROUP, Setup, TOKEN_PATH, account, error, key, list, server_with_tokens, settings,
    },
};

/// A way to speak to Atlas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) api: ApiVersion,
    pub(crate) with: Kind,
}

/// A kind of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Account,
    Key,
}

/// Makes tests of functions that take a [`Way`]: four of each, or the two of one kind of credential.
macro_rules! in_every_way {
    ($($name:ident),+ $(,)?) => {
        crate::ways::in_every_way!(@ [
            v2_account: V2 Account, v2_key: V2 Key, v1_account: V1 Account, v1_key: V1 Key
        ] $($name)+);
    };
    (Account: $($name:ident),+ $(,)?) => {
        crate::ways::in_every_way!(@ [v2: V2 Account, v1: V1 Account] $($name)+);
    };
    (Key: $($name:ident),+ $(,)?) => {
        crate::ways::in_every_way!(@ [v2: V2 Key, v1: V1 Key] $($name)+);
    };
    (@ $ways:tt $($name:ident)+) => {
        $(crate::ways::in_every_way!(@one $name $ways);)+
    };
    (@one $name:ident [$($way:ident: $api:ident $kind:ident),+]) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $way() {
                    super::$name(crate::ways::Way {
                        api: portal::atlas::ApiVersion::$api,
                        with: crate::ways::Kind::$kind,
                    })
                    .await;
                }
            )+
        }
    };
}
pub(crate) use in_every_way;

impl Way {
    pub(crate) fn credential(self) -> Credential {
        match self.with {
            Kind::Account => account(),
            Kind::Key => key(),
        }
    }

    pub(crate) fn settings(self, url: &str) -> AtlasSettings {
        settings(url, self.api, self.credential())
    }

    pub(crate) fn client(self, url: &str) -> Setup {
        self.client_with(url, |_| ())
    }

    pub(crate) fn client_with(self, url: &str, change: impl FnOnce(&mut Timing)) -> Setup {
        Setup::with(self.settings(url), change)
    }

    /// The path of a resource.
    pub(crate) fn at(self, resource: &str) -> String {
        let prefix = match self.api {
            ApiVersion::V2 => "/api/atlas/v2",
            ApiVersion::V1 => "/api/atlas/v1.0",
        };
        format!("{prefix}{resource}")
    }

    /// The path of `orders-api`'s certificates.
    pub(crate) fn certs(self) -> String {
        self.at(&format!("/groups/{GROUP}/databaseUsers/orders-api/certs"))
    }

    /// What is asked for in the header `Accept`.
    pub(crate) fn media_type(self) -> &'static str {
        match self.api {
            ApiVersion::V2 => "application/vnd.atlas.2025-02-19+json",
            ApiVersion::V1 => "application/json",
        }
    }

    /// A server that lets pass only who speaks this generation and has this credential, and that has
    /// what preparing needs. Whatever else it answers is up to the test.
    pub(crate) async fn server(self) -> MockServer {
        let server = match self.with {
            Kind::Account => server_with_tokens().await,
            Kind::Key => MockServer::start().await,
        };
        let gate = Gate {
            way: self,
            digest: DigestServer::new(Habits::default(), ResponseTemplate::new(500)),
        };
        Mock::given(gate.clone())
            .respond_with(gate)
            .with_priority(1)
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .and(path(self.at("/groups")))
            .and(query_param("itemsPerPage", "1"))
            .respond_with(list(&json!([])))
            .with_priority(2)
            .mount(&server)
            .await;
        server
    }

    /// A server that answers this to every reading call.
    pub(crate) async fn server_answering(self, answer: ResponseTemplate) -> MockServer {
        let server = self.server().await;
        Mock::given(method("GET"))
            .respond_with(answer)
            .mount(&server)
            .await;
        server
    }

    /// The requests a server got, without what proves who asks: `GET /path?query`.
    pub(crate) async fn seen(self, server: &MockServer) -> Vec<String> {
        let requests = server.received_requests().await.expect("are recorded");
        let preparing = self.at("/groups?itemsPerPage=1");
        requests
            .iter()
            .filter(|request| request.headers.contains_key("authorization"))
            .map(|request| (request, &request.url[url::Position::BeforePath..]))
            .filter(|(_, target)| *target != TOKEN_PATH && *target != preparing)
            .map(|(request, target)| format!("{} {target}", request.method))
            .collect()
    }
}

/// A server and a client that speak with each other for long: both take their time to be made.
pub(crate) struct Talk {
    pub(crate) way: Way,
    pub(crate) server: MockServer,
    pub(crate) setup: Setup,
}

impl Talk {
    pub(crate) async fn new(way: Way) -> Self {
        let server = way.server().await;
        let setup = way.client(&server.uri());
        Self { way, server, setup }
    }

    /// Answers this to every call but those that prove who asks, until what is returned is dropped.
    pub(crate) async fn answering(&self, answer: ResponseTemplate) -> MockGuard {
        Mock::given(path_regex("^/api/atlas/"))
            .respond_with(answer)
            .mount_as_scoped(&self.server)
            .await
    }

    /// The requests since there had been so many.
    pub(crate) async fn seen_since(&self, before: usize) -> Vec<String> {
        self.way.seen(&self.server).await.split_off(before)
    }
}

/// Stops whoever speaks another generation, or has no credential.
#[derive(Clone)]
struct Gate {
    way: Way,
    digest: DigestServer,
}

impl Gate {
    fn refusal(&self, request: &Request) -> Option<ResponseTemplate> {
        if request.url.path() == TOKEN_PATH {
            return None;
        }
        let header = |name: &str| request.headers.get(name).and_then(|it| it.to_str().ok());
        let agent = concat!("certdesk/", env!("CARGO_PKG_VERSION"));
        if !format!("{}/", request.url.path()).starts_with(&self.way.at("/"))
            || header("accept") != Some(self.way.media_type())
            || header("user-agent") != Some(agent)
        {
            return Some(error(406, "INVALID_VERSION_DATE"));
        }
        let bearer = format!("Bearer {CANARY}");
        match self.way.with {
            Kind::Account if header("authorization").is_some_and(|it| it.starts_with(&bearer)) => {
                None
            }
            Kind::Account => Some(error(401, "UNEXPECTED_ERROR")),
            Kind::Key => (!self.digest.proves(request)).then(|| self.digest.new_challenge()),
        }
    }
}

impl Match for Gate {
    fn matches(&self, request: &Request) -> bool {
        self.refusal(request).is_some()
    }
}

impl Respond for Gate {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.refusal(request)
            .expect("is asked only where there is one")
    }
}
