//! What browsers are told to refuse, on every kind of answer.

use std::collections::HashSet;

use axum::body::Body;
use http::{Method, StatusCode};
use sqlx::PgPool;

use crate::support::{Answer, TestWeb, test_web::Wishes};

const ALWAYS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    ("origin-agent-cluster", "?1"),
    ("x-robots-tag", "noindex, nofollow"),
    ("reporting-endpoints", "csp=\"/csp-report\""),
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains",
    ),
];

fn assert_guarded(what: &str, answer: &Answer) {
    for (name, value) in ALWAYS {
        assert_eq!(answer.header(name), *value, "{name} of {what}");
        assert_eq!(
            answer.headers.get_all(*name).iter().count(),
            1,
            "{name} of {what}"
        );
    }
    assert!(
        answer.header("permissions-policy").contains("camera=()"),
        "{what}"
    );
    assert!(
        !answer.header("content-security-policy").is_empty(),
        "{what}"
    );
    assert_eq!(
        answer
            .headers
            .get_all("content-security-policy")
            .iter()
            .count(),
        1,
        "{what}"
    );
    assert_eq!(answer.header("server"), "", "{what}");
    assert_eq!(answer.header("x-powered-by"), "", "{what}");
    assert!(!answer.header("x-request-id").is_empty(), "{what}");
    assert!(!answer.header("cache-control").is_empty(), "{what}");
}

fn nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy");
    let (_, rest) = policy
        .split_once("'nonce-")
        .unwrap_or_else(|| panic!("no nonce in {policy}"));
    rest.split('\'').next().unwrap_or_default().to_owned()
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn every_kind_of_answer_is_guarded(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut nobody = web.browser();
    let mut dana = web.sign_in_as("dana", &["staff"]).await;
    let answers = [
        ("a page", dana.get("/account").await, StatusCode::OK),
        (
            "a page for nobody",
            nobody.get("/account").await,
            StatusCode::SEE_OTHER,
        ),
        (
            "a page that is not there",
            nobody.get("/no/such/page").await,
            StatusCode::NOT_FOUND,
        ),
        (
            "a function that is not there",
            dana.post("/api/no/such", &[]).await,
            StatusCode::NOT_FOUND,
        ),
        (
            "a wrong method",
            dana.get("/auth/logout").await,
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        ("a file", nobody.get("/favicon.svg").await, StatusCode::OK),
        (
            "a file that is not there",
            nobody.get("/pkg/none.js").await,
            StatusCode::NOT_FOUND,
        ),
        (
            "a provider that is away",
            nobody.get("/auth/login").await,
            StatusCode::SERVICE_UNAVAILABLE,
        ),
        (
            "a sign-in that failed",
            nobody.get("/auth/callback").await,
            StatusCode::BAD_REQUEST,
        ),
        (
            "the end of a sign-out",
            nobody.get("/auth/signed-out").await,
            StatusCode::OK,
        ),
        (
            "a form from elsewhere",
            dana.send(
                dana.request(Method::POST, "/auth/logout")
                    .body(Body::empty())
                    .expect("a request"),
            )
            .await,
            StatusCode::FORBIDDEN,
        ),
        (
            "an address that is too long",
            nobody.get(&format!("/?{}", "x".repeat(5_000))).await,
            StatusCode::URI_TOO_LONG,
        ),
    ];
    for (what, answer, status) in answers {
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        assert_guarded(what, &answer);
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_policy_is_the_one_written_down(owner: PgPool) {
    let web = TestWeb::new(owner);
    let answer = web.browser().get("/auth/signed-out").await;
    let policy = answer
        .header("content-security-policy")
        .replace(&nonce(&answer), "N");
    insta::assert_snapshot!(policy.replace("; ", ";\n"), @r"
    default-src 'none';
    script-src 'nonce-N' https://certdesk.example.com/pkg/ 'wasm-unsafe-eval';
    style-src 'self' 'nonce-N';
    img-src 'self';
    font-src 'self';
    connect-src 'self';
    manifest-src 'self';
    form-action 'self';
    base-uri 'none';
    frame-ancestors 'none';
    object-src 'none';
    upgrade-insecure-requests;
    report-uri /csp-report;
    report-to csp
    ");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_sign_out_that_is_done_is_no_trouble(owner: PgPool) {
    let web = TestWeb::new(owner);
    let answer = web.browser().get("/auth/signed-out").await;
    assert_eq!(answer.status, StatusCode::OK);
    let text = answer.text();
    assert!(text.contains("You are signed out."), "{text}");
    assert!(text.contains("Sign in again"), "{text}");
    assert!(!text.contains("401") && !text.contains("Answer"), "{text}");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn forms_may_lead_to_the_provider(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    web.web
        .provider
        .ask()
        .await
        .expect("a provider that answers");
    let answer = web.browser().get("/auth/signed-out").await;
    let wanted = format!("form-action 'self' {};", provider.issuer);
    assert!(answer.header("content-security-policy").contains(&wanted));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nothing_is_said_about_tls_on_this_machine_alone(owner: PgPool) {
    let wishes = Wishes {
        origin: "http://localhost:3000",
        ..Wishes::default()
    };
    let web = TestWeb::with(owner, wishes);
    let answer = web.browser().get("/auth/signed-out").await;
    assert_eq!(answer.header("strict-transport-security"), "");
    let policy = answer.header("content-security-policy");
    assert!(!policy.contains("upgrade-insecure-requests"), "{policy}");
    assert!(policy.contains("http://localhost:3000/pkg/"), "{policy}");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn no_nonce_is_used_twice_and_the_page_has_the_one_in_the_header(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut dana = web.sign_in_as("dana", &["staff"]).await;
    let mut seen = HashSet::new();
    for _ in 0..50 {
        let answer = dana.get("/account").await;
        let nonce = nonce(&answer);
        let page = scraper::Html::parse_document(&answer.text());
        let scripts = scraper::Selector::parse("script").expect("a selector");
        for script in page.select(&scripts) {
            assert_eq!(script.attr("nonce"), Some(nonce.as_str()));
        }
        assert!(
            !answer.text().contains(&format!("crossorigin=\"{nonce}")),
            "the nonce leaks"
        );
        assert!(seen.insert(nonce), "a nonce came twice");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_number_from_outside_counts_only_from_a_trusted_proxy(owner: PgPool) {
    let proxies = vec!["10.0.0.0/8".parse().expect("a network")];
    let web = TestWeb::with(
        owner,
        Wishes {
            trusted_proxies: proxies,
            ..Wishes::default()
        },
    );
    let ask = async |address: &str, id: &str| {
        let mut browser = web.browser().at(address);
        let request = browser
            .request(Method::GET, "/auth/signed-out")
            .header("x-request-id", id);
        let answer = browser
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(ask("10.1.1.1", "from-the-proxy").await, "from-the-proxy");
    assert_ne!(ask("192.0.2.10", "from-anybody").await, "from-anybody");
    assert_ne!(
        ask("10.1.1.1", "with spaces and \"quotes\"").await,
        "with spaces and \"quotes\""
    );
}
