//! The main job through the real router, with forms only: no script runs here.

use axum::body::Body;
use http::{Method, StatusCode};
use portal::testing::{PAYMENTS, TestPortal};
use sqlx::PgPool;

use crate::support::{Answer, Browser, TestWeb, Wishes};

const DEVELOPER: &[&str] = &["atlas-payments-prod-developers"];
const OWNER: &[&str] = &["atlas-payments-prod-owners"];

async fn world(owner: PgPool) -> TestWeb {
    let test = TestPortal::new(owner).await;
    let portal = test.portal.clone();
    TestWeb::around(test, portal, Wishes::default())
}

/// Asks for a certificate by the form; answers the request's address.
async fn ask(browser: &mut Browser, username: &str) -> String {
    let form = browser
        .get(&format!(
            "/requests/new?project={PAYMENTS}&username={username}"
        ))
        .await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.text());
    assert!(form.text().contains("/api/requests/submit"));
    let fields = [
        ("project", PAYMENTS),
        ("username", username),
        ("months", "3"),
        ("reason", "Rotation before the freeze"),
    ];
    let sent = browser.post("/api/requests/submit", &fields).await;
    assert!(
        sent.status.is_redirection(),
        "{} {}",
        sent.status,
        sent.text()
    );
    path_of(&sent)
}

fn path_of(answer: &Answer) -> String {
    let base = url::Url::parse("https://certdesk.example.com").expect("an address");
    base.join(answer.location())
        .expect("an address")
        .path()
        .to_owned()
}

fn id_of(path: &str) -> &str {
    path.rsplit('/').next().expect("an id")
}

/// The value of a hidden field.
fn hidden(page: &Answer, name: &str) -> String {
    let document = scraper::Html::parse_document(&page.text());
    let selector = scraper::Selector::parse(&format!("input[name={name}]")).expect("a selector");
    let value = document
        .select(&selector)
        .next()
        .and_then(|input| input.value().attr("value"));
    value
        .unwrap_or_else(|| panic!("no field {name}:\n{}", page.text()))
        .to_owned()
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn ask_approve_issue_collect_confirm(owner: PgPool) {
    let web = world(owner).await;
    let mut dana = web.sign_in_as("dana", DEVELOPER).await;
    let mut olga = web.sign_in_as("olga", OWNER).await;
    let request = ask(&mut dana, "orders-api").await;
    let id = id_of(&request).to_owned();

    let brief = olga.get(&request).await;
    assert!(brief.text().contains("CN=orders-api"), "{}", brief.text());
    let digest = hidden(&brief, "digest");
    let approved = olga
        .post(
            "/api/requests/approve",
            &[("id", &id), ("months", "3"), ("digest", &digest)],
        )
        .await;
    assert!(approved.status.is_redirection());

    let issued = dana.post("/api/requests/issue", &[("id", &id)]).await;
    assert!(issued.status.is_redirection());
    let cookie = format!("__Host-pk-{}", id.replace('-', ""));
    assert!(
        dana.cookies.contains_key(&cookie),
        "{:?}",
        dana.cookies.keys()
    );
    web.test.tasks_done().await;

    let ready = dana.get(&request).await;
    assert!(
        ready.text().contains(&format!("{request}/certificate")),
        "{}",
        ready.text()
    );
    let key = dana
        .post(&format!("{request}/certificate"), &[("format", "pem")])
        .await;
    assert_eq!(key.status, StatusCode::OK);
    assert_eq!(key.header("content-type"), "application/x-pem-file");
    assert_eq!(key.header("cache-control"), "no-store");
    assert!(key.header("content-disposition").contains("orders-api.pem"));
    assert!(key.text().contains("PRIVATE KEY"));

    let saved = dana.post("/api/requests/acknowledge", &[("id", &id)]).await;
    assert!(saved.status.is_redirection());
    let again = dana
        .post(&format!("{request}/certificate"), &[("format", "pem")])
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(!again.text().contains("PRIVATE KEY"));
    let list = dana.get("/certificates").await;
    assert!(list.text().contains("orders-api"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn no_page_holds_a_key_or_its_secret(owner: PgPool) {
    let web = world(owner).await;
    let mut dana = web.sign_in_as("dana", DEVELOPER).await;
    let mut olga = web.sign_in_as("olga", OWNER).await;
    let request = ask(&mut dana, "orders-api").await;
    let id = id_of(&request).to_owned();
    let digest = hidden(&olga.get(&request).await, "digest");
    olga.post(
        "/api/requests/approve",
        &[("id", &id), ("months", "3"), ("digest", &digest)],
    )
    .await;
    dana.post("/api/requests/issue", &[("id", &id)]).await;
    web.test.tasks_done().await;
    let secret = dana.cookies[&format!("__Host-pk-{}", id.replace('-', ""))].clone();
    let mut pages = Vec::new();
    for path in [request.as_str(), "/", "/certificates", "/requests"] {
        pages.push((path.to_owned(), dana.get(path).await));
    }
    let path = format!("/api/requests/get?id={id}");
    let asked = dana
        .request(Method::GET, &path)
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "cors");
    pages.push((
        path,
        dana.send(asked.body(Body::empty()).expect("a request"))
            .await,
    ));
    for (path, page) in pages {
        let text = page.text();
        assert!(
            !text.contains("PRIVATE KEY") && !text.contains(&secret),
            "{path}"
        );
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn another_browser_of_the_same_person_gets_no_key(owner: PgPool) {
    let web = world(owner).await;
    let mut dana = web.sign_in_as("dana", DEVELOPER).await;
    let mut olga = web.sign_in_as("olga", OWNER).await;
    let request = ask(&mut dana, "orders-api").await;
    let id = id_of(&request).to_owned();
    let digest = hidden(&olga.get(&request).await, "digest");
    olga.post(
        "/api/requests/approve",
        &[("id", &id), ("months", "3"), ("digest", &digest)],
    )
    .await;
    dana.post("/api/requests/issue", &[("id", &id)]).await;
    web.test.tasks_done().await;

    let mut elsewhere = web.sign_in_as("dana", DEVELOPER).await;
    let refused = elsewhere
        .post(&format!("{request}/certificate"), &[("format", "pem")])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let unknown = dana
        .post(&format!("{request}/certificate"), &[("format", "floppy")])
        .await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    let key = dana
        .post(&format!("{request}/certificate"), &[("format", "pem")])
        .await;
    assert_eq!(key.status, StatusCode::OK);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_typed_survives_a_mistake(owner: PgPool) {
    let web = world(owner).await;
    let mut dana = web.sign_in_as("dana", DEVELOPER).await;
    for (months, reason) in [
        ("3", "short"),
        ("99", "Long enough <b>and</b> \"quoted\""),
        ("x", "Long enough </textarea><script>"),
    ] {
        let fields = [
            ("project", PAYMENTS),
            ("username", "orders-api"),
            ("months", months),
            ("reason", reason),
        ];
        let sent = dana.post("/api/requests/submit", &fields).await;
        assert!(sent.status.is_redirection(), "{}", sent.text());
        assert!(
            !sent.location().contains("script"),
            "what was typed does not travel in the address"
        );
        let back = dana.get(sent.location()).await;
        let document = scraper::Html::parse_document(&back.text());
        let selector = scraper::Selector::parse("textarea[name=reason]").expect("a selector");
        let kept: String = document
            .select(&selector)
            .next()
            .expect("the form")
            .text()
            .collect();
        assert_eq!(kept.trim_start_matches('\n'), reason);
        assert!(back.text().contains("aria-invalid"), "{}", back.text());
        assert!(!back.text().contains("</textarea><script>"));
    }
    assert_eq!(web.count("select count(*) from request").await, 0);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn names_of_every_shape_find_their_way(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let names = [
        "payouts.worker",
        "a/b",
        "per cent %",
        "with space",
        "jürgen",
        "日本",
        "q?a=b&c#d",
        "<script>",
    ];
    for name in names {
        test.atlas.add_managed_user(
            &portal::testing::parse(PAYMENTS),
            &portal::testing::parse(name),
        );
    }
    portal::projects::sync(&test.portal).await.expect("done");
    let portal = test.portal.clone();
    let web = TestWeb::around(test, portal, Wishes::default());
    let mut dana = web.sign_in_as("dana", DEVELOPER).await;
    let project = dana.get(&format!("/projects/{PAYMENTS}")).await;
    for name in names {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("username", name)
            .finish();
        let form = dana
            .get(&format!("/requests/new?project={PAYMENTS}&{query}"))
            .await;
        assert_eq!(form.status, StatusCode::OK, "{name}");
        assert!(form.text().contains("/api/requests/submit"), "{name}");
        assert!(!form.text().contains("<script>\""), "{name}");
        let fields = [
            ("project", PAYMENTS),
            ("username", name),
            ("months", "3"),
            ("reason", "Rotation before the freeze"),
        ];
        let sent = dana.post("/api/requests/submit", &fields).await;
        assert!(
            path_of(&sent).starts_with("/requests/"),
            "{name}: {}",
            sent.location()
        );
        let page = dana.get(&path_of(&sent)).await;
        assert_eq!(page.status, StatusCode::OK, "{name}");
    }
    assert_eq!(project.status, StatusCode::OK);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn addresses_that_lead_nowhere_say_so(owner: PgPool) {
    let web = world(owner).await;
    let mut dana = web.sign_in_as("dana", DEVELOPER).await;
    for path in [
        "/requests/1",
        "/requests/00000000-0000-0000-0000-000000000000",
        "/certificates/x",
        "/projects/x",
        "/projects/64f0c0a1e4b0a1b2c3d4e502",
        "/audit/1",
        "/nowhere",
        "/requests/new?project=x",
    ] {
        let answer = dana.get(path).await;
        assert!(
            answer.status == StatusCode::NOT_FOUND
                || answer.status == StatusCode::UNPROCESSABLE_ENTITY,
            "{path}: {}",
            answer.status
        );
    }
}
