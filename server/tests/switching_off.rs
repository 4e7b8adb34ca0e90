//! Switching customer-managed X.509 off, through the real router and without any script.

use http::StatusCode;
use portal::{
    atlas::{ListedCluster, NextWrite, UnknownClass},
    changes,
    testing::{PAYMENTS, authority, parse},
};
use scraper::{Html, Selector};
use sqlx::PgPool;

use crate::support::{Answer, Browser, TestWeb};

const OWNER: &[&str] = &["atlas-payments-prod-owners"];
const REASON: &str = "The pilot is over, ticket PAY-2318";

fn document(page: &Answer) -> Html {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    Html::parse_document(&page.text())
}

fn texts(page: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).expect("a selector");
    let found = page.select(&selector);
    found
        .map(|element| element.text().collect::<String>().trim().to_owned())
        .collect()
}

fn value(page: &Html, selector: &str, name: &str) -> Option<String> {
    let selector = Selector::parse(selector).expect("a selector");
    page.select(&selector)
        .next()
        .and_then(|element| element.value().attr(name).map(str::to_owned))
}

fn x509() -> String {
    format!("/projects/{PAYMENTS}/x509")
}

/// A project with an authority of its own and two clusters, and two people who own it.
async fn world(owner: PgPool) -> (TestWeb, Browser, Browser) {
    let web = TestWeb::with_projects(owner).await;
    let cluster = |name: &str| ListedCluster {
        name: name.to_owned(),
        state: Some("IDLE".to_owned()),
        srv: None,
    };
    let clusters = vec![cluster("payments"), cluster("reports")];
    web.test
        .atlas
        .set_clusters(&parse(PAYMENTS), Some(clusters));
    web.test
        .set_authorities(Some(&authority("Payments Root")))
        .await;
    let olga = web.sign_in_as("olga", OWNER).await;
    let otto = web.sign_in_as("otto", OWNER).await;
    (web, olga, otto)
}

/// Asks by the form; answers nothing: the page tells.
async fn ask(olga: &mut Browser) {
    let fields = [
        ("project", PAYMENTS),
        ("reason", REASON),
        ("typed", "Payments prod"),
    ];
    let sent = olga.post("/api/x509/ask", &fields).await;
    assert_eq!(sent.location(), x509(), "{}", sent.text());
}

/// What the second person's form sends beside what they type.
async fn form(otto: &mut Browser) -> (String, String, String) {
    let page = document(&otto.get(&x509()).await);
    let of = |name: &str| {
        let field = format!("form[action='/api/changes/approve'] input[name={name}]");
        value(&page, &field, "value").unwrap_or_else(|| panic!("no field {name}"))
    };
    (of("id"), of("project"), of("digest"))
}

async fn approve(otto: &mut Browser, typed: &str, all_the_same: &str) -> Answer {
    let (id, project, digest) = form(otto).await;
    let fields = [
        ("id", id.as_str()),
        ("project", project.as_str()),
        ("digest", digest.as_str()),
        ("typed", typed),
        ("override", all_the_same),
    ];
    otto.post("/api/changes/approve", &fields).await
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn asked_confirmed_and_followed_to_the_end(owner: PgPool) {
    let (web, mut olga, mut otto) = world(owner).await;

    // The page says what it would do before it has a form.
    let page = olga.get(&x509()).await;
    let (impact, form) = (
        page.text().find("class=\"toll\"").expect("the numbers"),
        page.text().find("/api/x509/ask").expect("the form"),
    );
    assert!(impact < form);
    let before = document(&page);
    assert!(page.text().contains("CN=Payments Root"), "{}", page.text());
    assert_eq!(texts(&before, ".title .state"), ["On"]);

    // A slip of the pen is caught, and what was typed stays.
    let slip = [
        ("project", PAYMENTS),
        ("reason", REASON),
        ("typed", "Payments"),
    ];
    let back = olga.post("/api/x509/ask", &slip).await;
    assert_eq!(back.location(), x509());
    let again = document(&olga.get(&x509()).await);
    assert_eq!(texts(&again, "#typed-problem").len(), 1);
    assert_eq!(
        value(&again, "#typed", "value").as_deref(),
        Some("Payments")
    );
    assert_eq!(texts(&again, "#reason"), [REASON]);

    ask(&mut olga).await;
    let own = document(&olga.get(&x509()).await);
    assert!(value(&own, "form[action='/api/changes/approve']", "action").is_none());
    assert!(value(&own, "form[action='/api/changes/withdraw']", "action").is_some());

    // Both ways lead to the same place: the inbox, and the change's own page.
    let inbox = document(&otto.get("/approvals").await);
    let way = value(&inbox, "#inbox a", "href").expect("one thing to decide");
    assert_eq!(way, x509());
    let today = document(&otto.get("/").await);
    assert!(value(&today, &format!(".tasks a[href='{}']", x509()), "href").is_some());

    let wrong = approve(&mut otto, "payments prod", "").await;
    assert_eq!(wrong.location(), x509());
    let page = document(&otto.get(&x509()).await);
    assert_eq!(texts(&page, "#typed-problem").len(), 1);
    assert!(web.test.atlas.writes().is_empty());

    let yes = approve(&mut otto, "Payments prod", "").await;
    assert_eq!(yes.location(), x509(), "{}", yes.text());
    web.test.tasks_done().await;
    let page = document(&otto.get(&x509()).await);
    assert_eq!(texts(&page, ".title .state"), ["Off"]);
    assert_eq!(texts(&page, ".clusters b"), ["payments", "reports"]);
    assert!(value(&page, "a[href$='/authorities']", "href").is_some());
    assert!(
        value(&page, "a[href$='/x509']", "href").is_some(),
        "loads again"
    );

    for cluster in ["payments", "reports"] {
        changes::follow(&web.test.portal).await.expect("done");
        web.test
            .atlas
            .set_cluster_state(&parse(PAYMENTS), cluster, "IDLE");
    }
    for _ in 0..2 {
        changes::follow(&web.test.portal).await.expect("done");
    }
    let page = document(&olga.get(&x509()).await);
    assert_eq!(
        texts(&page, ".callout.ok h2"),
        ["Customer-managed X.509 is off."]
    );
    assert!(value(&page, "form[action='/api/x509/ask']", "action").is_none());
    let restore = texts(&page, ".restore pre");
    assert!(restore[0].contains(PAYMENTS) && restore[0].contains("payments-prod-authorities.pem"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn busy_clusters_want_a_tick_and_say_why(owner: PgPool) {
    let (web, mut olga, mut otto) = world(owner).await;
    ask(&mut olga).await;
    let (id, project, digest) = form(&mut otto).await;
    web.test
        .atlas
        .set_cluster_state(&parse(PAYMENTS), "reports", "UPDATING");
    portal::projects::sync(&web.test.portal)
        .await
        .expect("an Atlas that answers");

    let unticked = [
        ("id", id.as_str()),
        ("project", project.as_str()),
        ("digest", digest.as_str()),
        ("typed", "Payments prod"),
    ];
    let back = otto.post("/api/changes/approve", &unticked).await;
    assert_eq!(back.location(), x509());
    let page = otto.get(&x509()).await;
    assert!(
        page.text()
            .contains("Not every cluster is known to be idle: reports.")
    );
    let page = document(&page);
    assert_eq!(
        value(&page, "#typed", "value").as_deref(),
        Some("Payments prod")
    );
    let what_it_means = texts(&page, "#override-hint");
    assert!(what_it_means[0].contains("reports"), "{what_it_means:?}");
    assert!(web.test.atlas.writes().is_empty());

    // Ticked, and another cluster becomes busy: the tick was not for that one, and is not kept.
    assert_eq!(
        value(&page, "#override", "value").as_deref(),
        Some("reports")
    );
    web.test
        .atlas
        .set_cluster_state(&parse(PAYMENTS), "payments", "REPAIRING");
    portal::projects::sync(&web.test.portal)
        .await
        .expect("an Atlas that answers");
    approve(&mut otto, "Payments prod", "reports").await;
    let page = otto.get(&x509()).await;
    let both = "Not every cluster is known to be idle: payments, reports.";
    assert!(page.text().contains(both), "{}", page.text());
    let page = document(&page);
    assert!(value(&page, "#override", "checked").is_none());
    assert!(web.test.atlas.writes().is_empty());

    let named = value(&page, "#override", "value").expect("a box to tick");
    let yes = approve(&mut otto, "Payments prod", &named).await;
    assert_eq!(yes.location(), x509(), "{}", yes.text());
    web.test.tasks_done().await;
    assert_eq!(web.test.atlas.writes().len(), 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_lost_answer_is_told_as_it_is(owner: PgPool) {
    let (web, mut olga, mut otto) = world(owner).await;
    ask(&mut olga).await;
    web.test
        .atlas
        .next_write(NextWrite::Unknown(UnknownClass::Timeout));
    approve(&mut otto, "Payments prod", "").await;
    web.test.tasks_done().await;
    let page = document(&olga.get(&x509()).await);
    assert_eq!(
        texts(&page, ".callout.warn h2"),
        ["Atlas’s answer was lost."]
    );
    assert!(value(&page, "form[action^='/api/changes/']", "action").is_none());
    assert_eq!(web.test.atlas.writes().len(), 1);
}
