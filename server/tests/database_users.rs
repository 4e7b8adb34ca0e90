//! The forms about database users, through the real router and without any script.

use http::StatusCode;
use portal::testing::{PAYMENTS, TestPortal, parse};
use scraper::{Html, Selector};
use sqlx::PgPool;

use crate::support::{Answer, TestWeb, Wishes};

const OWNER: &[&str] = &["atlas-payments-prod-owners"];
const REASON: &str = "Nightly reports, ticket PAY-7";

fn document(page: &Answer) -> Html {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    Html::parse_document(&page.text())
}

fn texts(page: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).expect("a selector");
    let found = page.select(&selector);
    found.map(|element| element.text().collect()).collect()
}

fn values(page: &Html, selector: &str, name: &str) -> Vec<String> {
    let selector = Selector::parse(selector).expect("a selector");
    let found = page.select(&selector);
    found
        .filter_map(|element| element.value().attr(name).map(str::to_owned))
        .collect()
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_new_user_is_asked_for(owner: PgPool) {
    let web = TestWeb::with_projects(owner).await;
    let mut olga = web.sign_in_as("olga", OWNER).await;
    let new = format!("/projects/{PAYMENTS}/users/new");

    let project = document(&olga.get(&format!("/projects/{PAYMENTS}")).await);
    let ways = values(&project, "a[href$='/users/new']", "href");
    assert_eq!(ways, [new.as_str()]);

    // The name is a question in the address.
    let first = document(&olga.get(&new).await);
    assert_eq!(values(&first, "form[method=get]", "action"), [new.as_str()]);
    let malformed = document(&olga.get(&format!("{new}?name=j.doe")).await);
    assert_eq!(values(&malformed, "#name", "value"), ["j.doe"]);
    assert_eq!(texts(&malformed, "#name-problem").len(), 1);
    let taken = document(&olga.get(&format!("{new}?name=orders-api")).await);
    assert_eq!(texts(&taken, ".callout h2"), ["orders-api is taken."]);
    assert!(values(&taken, "form[action='/api/users/create']", "action").is_empty());
    let suggested = values(&taken, ".suggest a", "href").remove(0);

    // The one suggested can be had, and is offered no other.
    let form = document(&olga.get(&suggested).await);
    let name = values(&form, "input[name=username]", "value").remove(0);
    assert!(name.starts_with("orders-api-"), "{name}");
    assert!(values(&form, ".suggest a", "href").is_empty());

    // What is missing is said, and what was typed stays.
    let half = [
        ("project", PAYMENTS),
        ("username", name.as_str()),
        ("roles[]", "readWrite@orders"),
        ("added[0][role]", "read"),
        ("added[0][database]", ""),
        ("scope", "chosen"),
        ("reason", "short"),
    ];
    let back = olga.post("/api/users/create", &half).await;
    assert_eq!(back.location(), format!("{new}?name={name}"));
    let again = document(&olga.get(back.location()).await);
    for problem in ["#roles-problem", "#clusters-problem", "#reason-problem"] {
        assert_eq!(texts(&again, problem).len(), 1, "{problem}");
    }
    let ticked = values(&again, "#grants input[checked]", "value");
    assert_eq!(ticked, ["readWrite@orders"]);
    let chosen = values(&again, "[name='added[0][role]'] [selected]", "value");
    assert_eq!(chosen, ["read"]);
    assert_eq!(texts(&again, "#reason")[0].trim(), "short");

    let whole = [
        ("project", PAYMENTS),
        ("username", name.as_str()),
        ("roles[]", "readWrite@orders"),
        ("added[0][role]", "read"),
        ("added[0][database]", "reports"),
        ("added[0][collection]", "daily"),
        ("scope", "whole"),
        ("reason", REASON),
    ];
    let sent = olga.post("/api/users/create", &whole).await;
    assert!(sent.location().starts_with("/changes/"), "{}", sent.text());
    let change = olga.get(sent.location()).await;
    for shown in [name.as_str(), "reports.daily", REASON] {
        assert!(change.text().contains(shown), "{shown}: {}", change.text());
    }

    // Who asks for the same name is led to that change.
    let asked = document(&olga.get(&suggested).await);
    let way = values(&asked, ".callout a", "href");
    assert_eq!(way, [sent.location()]);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_user_has_its_page_whatever_it_is_called(owner: PgPool) {
    let names = ["a/b", "new", "100%2F", " x ", "\"<b>\" & 'c'", "日本 語?#"];
    let test = TestPortal::new(owner).await;
    for name in names {
        test.atlas.add_managed_user(&parse(PAYMENTS), &parse(name));
    }
    portal::projects::sync(&test.portal)
        .await
        .expect("an Atlas that answers");
    let portal = test.portal.clone();
    let web = TestWeb::around(test, portal, Wishes::default());
    let mut olga = web.sign_in_as("olga", OWNER).await;

    let project = document(&olga.get(&format!("/projects/{PAYMENTS}")).await);
    let ways = values(&project, "#users td a.aside", "href");
    let mut found = Vec::new();
    for way in ways {
        let answer = olga.get(&way).await;
        assert_eq!(answer.status, StatusCode::OK, "{way}");
        let page = document(&answer);
        found.extend(texts(&page, "h1"));
        let sent = values(&page, "input[name=username]", "value");
        assert_eq!(sent[0], found[found.len() - 1], "{way}");
    }
    for name in names {
        assert!(found.iter().any(|one| one == name), "{name:?} in {found:?}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn roles_are_changed_and_a_user_is_deleted_by_two_forms_of_one_page(owner: PgPool) {
    let web = TestWeb::with_projects(owner).await;
    let mut olga = web.sign_in_as("olga", OWNER).await;
    let page = format!("/projects/{PAYMENTS}/users/orders-api");
    let before = document(&olga.get(&page).await);
    let roles = values(&before, "#grants input[checked]", "value");
    let given: Vec<(&str, &str)> = [("project", PAYMENTS), ("username", "orders-api")]
        .into_iter()
        .chain(roles.iter().map(|role| ("roles[]", role.as_str())))
        .collect();

    // As it is: nothing changes.
    let same = [&given[..], &[("reason", REASON)]].concat();
    let back = olga.post("/api/users/update", &same).await;
    assert_eq!(back.location(), page);
    let same = document(&olga.get(&page).await);
    assert_eq!(texts(&same, "#change-reason")[0].trim(), REASON);
    assert_eq!(texts(&same, "#delete-reason")[0].trim(), "");

    // A name that differs is said where it was typed, and nowhere else.
    let mut deletion = vec![
        ("project", PAYMENTS),
        ("username", "orders-api"),
        ("typed", "orders-ap"),
        ("reason", REASON),
    ];
    let back = olga.post("/api/users/delete", &deletion).await;
    assert_eq!(back.location(), page);
    let wrong = document(&olga.get(&page).await);
    assert_eq!(texts(&wrong, "#delete-typed-problem").len(), 1);
    assert_eq!(
        values(&wrong, "details[open] #delete-typed", "value"),
        ["orders-ap"]
    );
    assert_eq!(texts(&wrong, "#change-reason")[0].trim(), "");

    deletion[2] = ("typed", "orders-api");
    let sent = olga.post("/api/users/delete", &deletion).await;
    assert!(sent.location().starts_with("/changes/"), "{}", sent.text());
    let after = document(&olga.get(&page).await);
    assert_eq!(values(&after, ".callout a", "href"), [sent.location()]);
    assert!(values(&after, "form[action='/api/users/update']", "action").is_empty());
}
