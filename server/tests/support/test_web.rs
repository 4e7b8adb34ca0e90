//! A portal with its web side.

use std::{path::PathBuf, sync::Arc, time::Duration};

use app::SiteFiles;
use axum::Router;
use portal::{
    Client, Portal,
    identity::{self, LiveSession, SignIn},
    testing::TestPortal,
};
use secrecy::SecretString;
use server::{
    Web,
    config::{Limits, Oidc, Public},
    layers::rates::Rates,
    oidc::Provider,
    router, session, telemetry, web,
};
use sqlx::PgPool;

use super::{Browser, IdentityProvider};

/// Where the portal of the tests is.
pub(crate) const ORIGIN: &str = "https://certdesk.example.com";
/// An issuer nobody answers for: port 9 discards.
const NOBODY: &str = "http://127.0.0.1:9";

/// A portal with its web side.
pub(crate) struct TestWeb {
    pub(crate) test: TestPortal,
    pub(crate) web: Web,
    pub(crate) router: Router,
    pub(crate) admin: Router,
}

/// What a test wants different.
pub(crate) struct Wishes {
    pub(crate) issuer: String,
    pub(crate) origin: &'static str,
    pub(crate) limits: Limits,
    pub(crate) trusted_proxies: Vec<ipnet::IpNet>,
    pub(crate) assume_s256: bool,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            issuer: NOBODY.to_owned(),
            origin: ORIGIN,
            limits: Limits {
                concurrency: 256,
                handler: Duration::from_secs(15),
            },
            trusted_proxies: Vec::new(),
            assume_s256: false,
        }
    }
}

impl TestWeb {
    /// A portal whose identity provider is away.
    pub(crate) fn new(owner: PgPool) -> Self {
        Self::with(owner, Wishes::default())
    }

    /// A portal with an identity provider that does as it is told.
    pub(crate) async fn with_provider(owner: PgPool) -> (Self, IdentityProvider) {
        let provider = IdentityProvider::start().await;
        let issuer = provider.issuer.clone();
        (
            Self::with(
                owner,
                Wishes {
                    issuer,
                    ..Wishes::default()
                },
            ),
            provider,
        )
    }

    /// A portal that knows two projects and their database users.
    pub(crate) async fn with_projects(owner: PgPool) -> Self {
        let test = TestPortal::new(owner).await;
        let portal = test.portal.clone();
        Self::around(test, portal, Wishes::default())
    }

    /// A portal with what a test wants different.
    pub(crate) fn with(owner: PgPool, wishes: Wishes) -> Self {
        let test = TestPortal::empty(owner);
        let portal = test.portal.clone();
        Self::around(test, portal, wishes)
    }

    /// The web side around a portal that may be connected in another way than the test's own.
    pub(crate) fn around(test: TestPortal, portal: Portal, wishes: Wishes) -> Self {
        let public = Public {
            url: wishes.origin.parse().expect("an address"),
            listen: "127.0.0.1:3000".parse().expect("an address"),
            admin_listen: "127.0.0.1:3001".parse().expect("an address"),
            trusted_proxies: wishes.trusted_proxies,
        };
        let oidc = Oidc {
            issuer: wishes.issuer,
            client_id: "certdesk".to_owned(),
            client_secret: SecretString::from("the secret of the client"),
            groups_claim: "groups".to_owned(),
            scopes: vec!["profile".to_owned()],
            step_up_s: Some(300),
            assume_s256: wishes.assume_s256,
        };
        let provider = Provider::new(oidc, &public, Arc::clone(&portal.clock)).expect("a provider");
        let web = Web::new(web::Parts {
            portal,
            provider: Arc::new(provider),
            public,
            limits: wishes.limits,
            rates: Rates::default(),
            files: SiteFiles::default(),
            site_root: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/site"),
        });
        let numbers = telemetry::no_numbers().expect("numbers");
        Self {
            router: router::public(&web),
            admin: router::admin(&web, numbers),
            test,
            web,
        }
    }

    /// A browser nobody has signed in with.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.router.clone(), self.web.public.origin())
    }

    /// A browser at the admin listener.
    pub(crate) fn operator(&self) -> Browser {
        Browser::new(self.admin.clone(), String::new())
    }

    /// Somebody who has just signed in, without the way there.
    pub(crate) async fn sign_in_as(&self, sub: &str, groups: &[&str]) -> Browser {
        let portal = &self.web.portal;
        let id = session::new_id(portal);
        let key = session::key_of(id);
        let sign_in = SignIn {
            iss: self.web.provider.issuer().to_owned(),
            sub: sub.to_owned(),
            name: sub.to_owned(),
            email: None,
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            auth_time: Some(portal.clock.now()),
            provider_sid: Some(format!("sid-of-{sub}")),
            id_token: "an.id.token".to_owned(),
            client: Client::default(),
            user_agent: String::new(),
        };
        identity::sign_in(portal, sign_in, key, None)
            .await
            .expect("a database that answers");
        let live = identity::find(portal, key, Client::default())
            .await
            .expect("a database that answers");
        let mut browser = self.browser();
        browser
            .cookies
            .insert(session::COOKIE.to_owned(), id.to_string());
        browser.csrf = live.expect("a session that was just begun").csrf;
        browser
    }

    /// The session a browser carries.
    pub(crate) async fn live(&self, browser: &Browser) -> LiveSession {
        let id = browser.cookies[session::COOKIE].parse().expect("an id");
        identity::find(&self.web.portal, session::key_of(id), Client::default())
            .await
            .expect("a database that answers")
            .expect("a session")
    }

    /// The newest audit entry's type, and its class where it has one.
    pub(crate) async fn last_entry(&self) -> (String, Option<String>) {
        sqlx::query_as(
            "select type, convert_from(body, 'UTF8')::jsonb #>> '{entry,data,class}'
             from audit.entry order by seq desc limit 1",
        )
        .fetch_one(&self.test.owner)
        .await
        .expect("an entry")
    }

    /// How many rows a query counts, as the owner role.
    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query)
            .fetch_one(&self.test.owner)
            .await
            .expect("a count")
    }
}
