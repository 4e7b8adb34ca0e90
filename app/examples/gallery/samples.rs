//! Made-up contents: the people and projects of the demo.

#![expect(
    clippy::wildcard_imports,
    unreachable_pub,
    reason = "samples name nearly every type, and are read by the gallery alone"
)]

pub mod change_lists;
pub mod changes;
pub mod operations;
pub mod projects;
pub mod requests;
pub mod today;
pub mod users;
pub mod x509;

pub use self::projects::{project, projects};
use portal::model::*;
use time::{Duration, macros::datetime};
use uuid::Uuid;

const NOW: Timestamp = datetime!(2026-11-21 12:04:20 UTC);

fn ago(duration: Duration) -> Timestamp {
    NOW - duration
}

fn ahead(duration: Duration) -> Timestamp {
    NOW + duration
}

fn person(number: u128, name: &str) -> PersonRef {
    PersonRef {
        id: PersonId(Uuid::from_u128(number)),
        name: name.to_owned(),
        is_you: number == 1,
    }
}

fn dana() -> PersonRef {
    person(1, "Dana Reyes")
}

fn project_ref(number: u8, name: &str) -> ProjectRef {
    ProjectRef {
        id: format!("{number:024x}").parse().expect("24 digits"),
        name: name.to_owned(),
    }
}

fn payments() -> ProjectRef {
    project_ref(1, "Payments prod")
}

fn catalog() -> ProjectRef {
    project_ref(2, "Catalog staging")
}

fn lake() -> ProjectRef {
    project_ref(3, "Data lake")
}

fn username(name: &str) -> Username {
    name.parse().expect("a name")
}

pub fn viewer() -> Viewer {
    Viewer {
        person: dana(),
        roles: vec![Role::Owner, Role::Developer],
        language: None,
        theme: Theme::System,
        counts: NavCounts {
            today: 4,
            approvals: 2,
            changes: 1,
        },
        csrf: "token".to_owned(),
    }
}

pub fn head() -> LogHead {
    LogHead {
        size: 1205,
        last_at: Some(ago(Duration::seconds(4))),
        hash: Some("9f3c…e1a7".to_owned()),
        atlas_answered_at: Some(ago(Duration::seconds(12))),
        now: NOW,
    }
}

fn certificate_row(
    number: u128,
    serial: i64,
    name: &str,
    project: ProjectRef,
    began: i64,
    ends: i64,
    holder: Option<PersonRef>,
) -> CertificateRow {
    CertificateRow {
        id: CertificateId(Uuid::from_u128(number)),
        serial: Serial(serial),
        project,
        username: username(name),
        not_before: ago(Duration::days(began)),
        not_after: ahead(Duration::days(ends) + Duration::hours(5)),
        origin: if holder.is_some() {
            Origin::Portal
        } else {
            Origin::Unexplained
        },
        request: holder.is_some().then(|| RequestId(Uuid::from_u128(number))),
        holder,
        explanation: None,
    }
}

fn rows() -> Vec<CertificateRow> {
    let devon = || person(2, "Devon Park");
    vec![
        certificate_row(
            1,
            2_558_523_591_213_958_694,
            "orders-api",
            payments(),
            88,
            3,
            Some(dana()),
        ),
        certificate_row(
            2,
            1_976_722_359_483_124_370,
            "etl-nightly",
            lake(),
            72,
            19,
            Some(devon()),
        ),
        certificate_row(
            3,
            4_410_127_730_095_521_187,
            "ledger-batch",
            payments(),
            68,
            23,
            Some(dana()),
        ),
        certificate_row(
            4,
            8_123_309_975_512_004_431,
            "search-indexer",
            catalog(),
            30,
            92,
            Some(dana()),
        ),
        certificate_row(
            5,
            7_310_559_212_377_001_125,
            "adhoc-reporting",
            lake(),
            12,
            168,
            None,
        ),
        certificate_row(
            6,
            7_200_118_204_457_718_812,
            "bi-reader",
            lake(),
            182,
            -3,
            Some(person(3, "Ines Duarte")),
        ),
    ]
}

pub fn certificates() -> CertificateList {
    CertificateList {
        rows: rows(),
        more: Some(Cursor("next".to_owned())),
        scope: CertificateScope::Projects,
        scopes: vec![CertificateScope::Mine, CertificateScope::Projects],
        ending_soon: 3,
        synced_at: Some(ago(Duration::seconds(40))),
        now: NOW,
    }
}

fn event(
    seq: i64,
    minutes_ago: i64,
    actor: ActorName,
    event: Event,
    text: Option<&str>,
) -> AuditRow {
    AuditRow {
        seq,
        at: ago(Duration::minutes(minutes_ago)),
        actor,
        event,
        text: text.map(str::to_owned),
        project: Some(payments()),
        username: Some(username("orders-api")),
        request: Some(RequestId(Uuid::from_u128(1))),
        change: None,
        requester: Some(dana()),
        certificate: None,
        may_open: true,
    }
}

fn months(number: u8) -> Months {
    number.try_into().expect("months")
}

fn story() -> Vec<AuditRow> {
    let you = || ActorName::Person(dana());
    let olga = || ActorName::Person(person(4, "Olga Lindt"));
    let system = || ActorName::System("issue".to_owned());
    let serial = Serial(2_558_523_591_213_958_694);
    vec![
        event(
            1190,
            122,
            you(),
            Event::RequestSubmitted {
                username: username("orders-api"),
                months: months(3),
                digest: String::new(),
            },
            Some("Rotation before the Black Friday freeze, ticket PAY-2291."),
        ),
        event(
            1196,
            33,
            olga(),
            Event::RequestApproved {
                months: months(3),
                digest: String::new(),
                valid_until: ahead(Duration::days(2)),
            },
            None,
        ),
        event(1200, 3, you(), Event::IssueIntent {}, None),
        event(
            1201,
            3,
            system(),
            Event::IssueCallStarted {
                baseline_count: "1".to_owned(),
                baseline_sha256: String::new(),
                deadline: ahead(Duration::minutes(1)),
            },
            None,
        ),
        event(
            1202,
            2,
            system(),
            Event::CertIssued {
                serial,
                sha256: "9f3c".to_owned(),
                subject: "CN=orders-api".to_owned(),
                not_before: NOW,
                not_after: ahead(Duration::days(95)),
                elapsed_ms: "1104".to_owned(),
                status: "201".to_owned(),
                atlas_request: None,
            },
            None,
        ),
        event(1203, 1, you(), Event::CertDelivered { serial }, None),
    ]
}

fn clusters() -> Vec<ClusterView> {
    vec![ClusterView {
        name: "payments".to_owned(),
        srv: Some("mongodb+srv://payments.k3x9a.mongodb.net".to_owned()),
    }]
}

fn role(role: &str, database: &str, collection: Option<&str>) -> DatabaseRole {
    DatabaseRole {
        role: role.to_owned(),
        database: database.to_owned(),
        collection: collection.map(str::to_owned),
    }
}

pub fn certificate() -> CertificatePage {
    CertificatePage {
        row: rows().remove(0),
        subject: "CN=orders-api".to_owned(),
        fingerprint: Some(
            "9f3c22b071aa4be85c10d2f7c4a1b39e60d5f1127ab8834fe0c9155d02a6e1a7".to_owned(),
        ),
        seen_at: Some(ago(Duration::seconds(40))),
        obstacle: None,
        database_roles: vec![
            role("readWrite", "orders", None),
            role("read", "catalog", Some("prices")),
        ],
        clusters: clusters(),
        story: story(),
        may_ask_again: true,
        may_explain: false,
        now: NOW,
    }
}

fn request(
    number: u128,
    name: &str,
    project: ProjectRef,
    state: RequestState,
    who: PersonRef,
) -> RequestRow {
    RequestRow {
        id: RequestId(Uuid::from_u128(number)),
        project,
        username: username(name),
        months: months(3),
        state,
        requester: who,
        reason: "Rotation before the Black Friday freeze, ticket PAY-2291.".to_owned(),
        submitted_at: ago(Duration::hours(2)),
        changed_at: ago(Duration::minutes(33)),
        until: Some(ahead(Duration::minutes(12))),
    }
}

pub fn account() -> AccountPage {
    let session = |number, is_this, browser: &str, address: &str| SessionRow {
        handle: Uuid::from_u128(number),
        is_this,
        started_at: ago(Duration::hours(3)),
        last_used_at: ago(Duration::minutes(i64::from(!is_this) * 40)),
        browser: browser.to_owned(),
        address: Some(address.to_owned()),
    };
    AccountPage {
        person: dana(),
        email: Some("dana.reyes@example.com".to_owned()),
        roles: vec![Role::Owner, Role::Developer],
        groups: vec![
            "atlas-payments-prod-owners".to_owned(),
            "developers".to_owned(),
        ],
        owns: vec![payments()],
        requests_in: vec![catalog(), lake(), payments()],
        language: None,
        theme: Theme::System,
        sessions: vec![
            session(1, true, "Firefox on Linux", "10.4.1.22"),
            session(2, false, "Safari on iPhone", "10.9.0.17"),
        ],
        now: NOW,
    }
}
