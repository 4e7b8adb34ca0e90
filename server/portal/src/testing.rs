//! A whole portal for tests: a real Postgres, an Atlas in memory, a clock moved by hand.

use std::{collections::BTreeSet, str::FromStr, sync::Arc};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tempfile::TempDir;
use time::{OffsetDateTime, macros::datetime};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::{
    Actor, Client, Parts, Portal, SignedIn,
    atlas::{FakeAtlas, ListedCluster, ListedUser, UserSecurity},
    certificates::{self, Begun, pickup::Keyring},
    changes,
    clock::{Clock, FakeClock, Random},
    model::{
        ChangeId, GroupId, Months, NewRequest, PersonId, Reason, RequestId, Username, X509Type,
    },
    policy::RoleGroups,
    projects, requests, x509,
};

/// When a test's clock starts.
pub const START: OffsetDateTime = datetime!(2026-11-22 09:00:00 UTC);
/// The project the tests know best; its slug is `payments-prod`.
pub const PAYMENTS: &str = "64f0c0a1e4b0a1b2c3d4e501";
/// Another project; its slug is `catalog-staging`.
pub const CATALOG: &str = "64f0c0a1e4b0a1b2c3d4e502";

/// Parses what a test is sure of.
///
/// # Panics
/// If it should not have been.
pub fn parse<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a test's own value")
}

/// A pool that acts as the runtime role on the database of `owner`.
pub fn runtime_pool(owner: &PgPool) -> PgPool {
    let options = (*owner.connect_options())
        .clone()
        .options([("role", "certdesk_app")]);
    PgPoolOptions::new()
        .max_connections(8)
        .connect_lazy_with(options)
}

/// A portal with its surroundings.
pub struct TestPortal {
    /// The portal, acting as the runtime role.
    pub portal: Portal,
    /// Its clock.
    pub clock: FakeClock,
    /// Its Atlas.
    pub atlas: FakeAtlas,
    /// The database as the owner role, for what the runtime role may not do.
    pub owner: PgPool,
    /// The folder of sealing keys.
    pub keys: TempDir,
}

impl TestPortal {
    /// A portal that has read its two projects from Atlas: *Payments prod* with the managed users
    /// `orders-api` and `ledger-batch`, a customer-managed and a password user; *Catalog staging*
    /// with `catalog-web`.
    ///
    /// # Panics
    /// If it cannot be set up.
    pub async fn new(owner: PgPool) -> Self {
        let test = Self::empty(owner);
        let payments: GroupId = parse(PAYMENTS);
        let catalog: GroupId = parse(CATALOG);
        test.atlas.add_project(&payments, "Payments prod");
        test.atlas.add_project(&catalog, "Catalog staging");
        for user in ["orders-api", "ledger-batch"] {
            test.atlas.add_managed_user(&payments, &parse(user));
        }
        test.atlas.add_managed_user(&catalog, &parse("catalog-web"));
        for (name, database, x509_type) in [
            (
                "CN=Legacy Billing,O=Example",
                "$external",
                X509Type::Customer,
            ),
            ("admin-scram", "admin", X509Type::None),
        ] {
            test.atlas.add_user(
                &payments,
                ListedUser {
                    username: parse(name),
                    database: database.into(),
                    x509_type,
                    roles: Vec::new(),
                    scopes: Vec::new(),
                },
            );
        }
        let cluster = ListedCluster {
            name: "payments".into(),
            state: Some("IDLE".into()),
            srv: Some("mongodb+srv://payments.example.mongodb.net".into()),
        };
        test.atlas.set_clusters(&payments, Some(vec![cluster]));
        projects::sync(&test.portal)
            .await
            .expect("an Atlas that answers");
        certificates::sync(&test.portal)
            .await
            .expect("an Atlas that answers");
        test
    }

    /// A portal that knows nothing yet.
    ///
    /// # Panics
    /// If it cannot be set up.
    pub fn empty(owner: PgPool) -> Self {
        let clock = FakeClock::at(START);
        let atlas = FakeAtlas::new(Arc::new(clock.clone()));
        let keys = tempfile::tempdir().expect("a temporary folder");
        // Not seeded: databases of tests that run at once live side by side, ids should not.
        let random = Random::from_system();
        let portal = Portal::new(Parts {
            pool: runtime_pool(&owner),
            atlas: Arc::new(atlas.clone()),
            clock: Arc::new(clock.clone()),
            keyring: Keyring::open(keys.path(), random.clone()).expect("a writable folder"),
            random,
            role_groups: RoleGroups {
                security: vec!["certdesk-security".into()],
                operator: vec!["certdesk-operators".into()],
                owner_pattern: "atlas-{project}-owners".into(),
                requester_pattern: Some("atlas-{project}-developers".into()),
            },
            step_up_s: Some(300),
            boot_id: Uuid::now_v7(),
            pace: crate::pace::Pace::default(),
            tasks: TaskTracker::new(),
        });
        Self {
            portal,
            clock,
            atlas,
            owner,
            keys,
        }
    }

    /// Another process of the same installation.
    pub fn replica(&self) -> Portal {
        Portal::new(Parts {
            pool: runtime_pool(&self.owner),
            atlas: self.portal.atlas.clone(),
            clock: self.portal.clock.clone(),
            keyring: self.portal.keyring.clone(),
            random: Random::from_system(),
            role_groups: self.portal.role_groups.clone(),
            step_up_s: self.portal.step_up_s,
            boot_id: Uuid::now_v7(),
            pace: crate::pace::Pace::default(),
            tasks: TaskTracker::new(),
        })
    }

    /// Somebody who has just signed in, known to the database under their subject.
    ///
    /// # Panics
    /// If the database is away.
    pub async fn person(&self, sub: &str, groups: &[&str]) -> Actor {
        let groups: BTreeSet<String> = groups.iter().map(|&group| group.to_owned()).collect();
        let now = self.clock.now();
        let id: Uuid = sqlx::query_scalar(
            "insert into person (id, iss, sub, name, groups, created_at, signed_in_at)
             values ($1, 'https://id.example', $2, $3, $4, $5, $5)
             on conflict (iss, sub) do update set groups = excluded.groups, signed_in_at = excluded.signed_in_at
             returning id",
        )
        .bind(self.portal.new_id())
        .bind(sub)
        .bind(capitalised(sub))
        .bind(groups.iter().cloned().collect::<Vec<_>>())
        .bind(now)
        .fetch_one(&self.portal.pool)
        .await
        .expect("a database that answers");
        Actor::Person(Box::new(SignedIn {
            id: PersonId(id),
            iss: "https://id.example".into(),
            sub: sub.into(),
            name: capitalised(sub),
            groups,
            auth_time: Some(now),
            session: "0".repeat(64),
            client: Client::default(),
        }))
    }

    /// A developer of *Payments prod*.
    pub async fn dana(&self) -> Actor {
        self.person("dana", &["atlas-payments-prod-developers"])
            .await
    }

    /// An owner of *Payments prod*.
    pub async fn olga(&self) -> Actor {
        self.person("olga", &["atlas-payments-prod-owners"]).await
    }

    /// Another owner of *Payments prod*.
    pub async fn otto(&self) -> Actor {
        self.person("otto", &["atlas-payments-prod-owners"]).await
    }

    /// Security.
    pub async fn sam(&self) -> Actor {
        self.person("sam", &["certdesk-security"]).await
    }

    /// A request of `actor` for `username` in *Payments prod*, for three months.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn submitted(&self, actor: &Actor, username: &str) -> RequestId {
        requests::submit(&self.portal, actor, new_request(username))
            .await
            .expect("a request that may be made")
    }

    /// Says yes to a request, as asked.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn approve(&self, approver: &Actor, id: RequestId) {
        let page = requests::get(&self.portal, approver, id, None)
            .await
            .expect("a request they may see");
        requests::approve(&self.portal, approver, id, page.months_asked, &page.digest)
            .await
            .expect("a request they may approve");
    }

    /// Has the certificate of an approved request made, and waits for what comes of it.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn issue(&self, requester: &Actor, id: RequestId) -> Option<Begun> {
        let begun = certificates::issue(&self.portal, requester, id)
            .await
            .expect("a request they may issue");
        self.tasks_done().await;
        begun
    }

    /// Gives *Payments prod* these authorities, which switches customer-managed X.509 on; none switch it
    /// off. The portal has read it.
    ///
    /// # Panics
    /// If it cannot be read.
    pub async fn set_authorities(&self, pem: Option<&str>) {
        let security = UserSecurity {
            customer_cas: pem.map(str::to_owned),
            ..UserSecurity::default()
        };
        self.atlas.set_user_security(&parse(PAYMENTS), security);
        projects::sync(&self.portal)
            .await
            .expect("an Atlas that answers");
    }

    /// Asks to switch customer-managed X.509 off in *Payments prod*.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn asked_to_disable(&self, owner: &Actor) -> ChangeId {
        let reason = parse("The old authority is leaving, PAY-2301");
        x509::ask(
            &self.portal,
            owner,
            &parse(PAYMENTS),
            "Payments prod",
            reason,
        )
        .await
        .expect("nothing in the way")
    }

    /// Says yes to a change as its page shows it, and waits for what comes of it.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn approve_change(&self, second: &Actor, id: ChangeId) {
        let page = changes::get(&self.portal, second, id)
            .await
            .expect("a change they may see");
        let typed = match &page.row.username {
            Some(username) => username.as_str(),
            None => &page.row.project.name,
        };
        changes::approve(&self.portal, second, id, &page.digest, typed, &[])
            .await
            .expect("a change they may approve");
        self.tasks_done().await;
    }

    /// Waits until the portal's own tasks are done.
    pub async fn tasks_done(&self) {
        tasks_done(&self.portal).await;
    }
}

/// Waits until a portal's own tasks are done.
pub async fn tasks_done(portal: &Portal) {
    portal.tasks.close();
    portal.tasks.wait().await;
    portal.tasks.reopen();
}

/// A request for `username` in *Payments prod*, for three months.
pub fn new_request(username: &str) -> NewRequest {
    NewRequest {
        project: parse(PAYMENTS),
        username: parse::<Username>(username),
        months: parse::<Months>("3"),
        reason: parse::<Reason>("Rotation before the freeze, PAY-2291"),
    }
}

/// A certificate authority of a customer's, as PEM.
///
/// # Panics
/// If it cannot be made.
pub fn authority(common_name: &str) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Example");
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.not_before = datetime!(2026-01-01 00:00 UTC);
    params.not_after = datetime!(2036-01-01 00:00 UTC);
    let key = KeyPair::generate().expect("a key");
    params.self_signed(&key).expect("a certificate").pem()
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + chars.as_str())
        .unwrap_or_default()
}
