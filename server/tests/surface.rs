//! Everything that can be reached, and who gets what there. A new endpoint fails here until somebody
//! has decided about it.

mod changes;
mod odd;
mod operations;

use std::{collections::BTreeSet, fmt::Write as _};

use axum::body::Body;
use http::{Method, StatusCode, header};
use portal::{
    Actor,
    certificates::{self, Wanted},
    model::{AuditFilter, CertificateFilter, CertificateScope, RequestId},
    testing::{PAYMENTS, TestPortal, authority, parse},
};
use sqlx::PgPool;

use crate::support::{Browser, TestWeb, Wishes};

/// Server functions that only read.
const READS: &[&str] = &[
    "/api/account/page",
    "/api/account/viewer",
    "/api/audit/get",
    "/api/audit/head",
    "/api/audit/list",
    "/api/certificates/get",
    "/api/certificates/list",
    "/api/changes/get",
    "/api/changes/list",
    "/api/changes/status",
    "/api/operations/page",
    "/api/projects/get",
    "/api/projects/list",
    "/api/requests/form",
    "/api/requests/get",
    "/api/requests/inbox",
    "/api/requests/list",
    "/api/requests/status",
    "/api/today/page",
    "/api/users/form",
    "/api/x509/get",
];

/// Server functions that change something about a request.
const WRITES: &[&str] = &[
    "/api/requests/acknowledge",
    "/api/requests/approve",
    "/api/requests/deny",
    "/api/requests/issue",
    "/api/requests/submit",
    "/api/requests/withdraw",
    "/api/users/create",
    "/api/users/delete",
    "/api/users/update",
];

/// Server functions that change something of one's own.
const OWN: &[&str] = &["/api/account/end-session", "/api/account/set-preferences"];

/// Pages.
const PAGES: &[&str] = &[
    "/",
    "/account",
    "/approvals",
    "/audit",
    "/certificates",
    "/changes",
    "/operations",
    "/projects",
    "/requests",
    "/requests/new",
];

const PEOPLE: &[(&str, &[&str])] = &[
    ("stranger", &["staff"]),
    ("dana", &["atlas-payments-prod-developers"]),
    ("devon", &["atlas-payments-prod-developers"]),
    ("olga", &["atlas-payments-prod-owners"]),
    ("olivia", &["atlas-catalog-staging-owners"]),
    ("sam", &["certdesk-security"]),
    ("oscar", &["certdesk-operators"]),
];

async fn world(owner: PgPool) -> TestWeb {
    let test = TestPortal::new(owner).await;
    for number in 0..200 {
        test.atlas
            .add_managed_user(&parse(PAYMENTS), &parse(&format!("service-{number}")));
    }
    portal::projects::sync(&test.portal)
        .await
        .expect("an Atlas that answers");
    let portal = test.portal.clone();
    TestWeb::around(test, portal, Wishes::default())
}

/// Somebody as the tests of `portal` know them, who has also signed in.
async fn actor(web: &TestWeb, sub: &str, groups: &[&str]) -> (Actor, Browser) {
    let browser = web.sign_in_as(sub, groups).await;
    let Actor::Person(mut person) = web.test.person(sub, groups).await else {
        unreachable!("a person was made");
    };
    web.web.provider.issuer().clone_into(&mut person.iss);
    let (id,): (uuid::Uuid,) = sqlx::query_as("select id from person where sub = $1 and iss = $2")
        .bind(sub)
        .bind(&person.iss)
        .fetch_one(&web.test.owner)
        .await
        .expect("a person");
    person.id = portal::model::PersonId(id);
    (Actor::Person(person), browser)
}

async fn call(browser: &mut Browser, method: Method, path: &str, body: &str) -> StatusCode {
    let mut request = browser
        .request(method.clone(), path)
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "cors");
    request.headers_mut().expect("well formed").insert(
        header::ACCEPT,
        header::HeaderValue::from_static("application/json"),
    );
    if method == Method::POST {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let answer = browser
        .send(
            request
                .body(Body::from(body.to_owned()))
                .expect("a request"),
        )
        .await;
    assert!(
        !answer.status.is_server_error(),
        "{path}: {} {}",
        answer.status,
        answer.text()
    );
    answer.status
}

#[test]
fn somebody_has_decided_about_every_server_function() {
    let registered: BTreeSet<&str> = server_fn::axum::server_fn_paths()
        .map(|(path, _)| path)
        .collect();
    let decided: BTreeSet<&str> = READS
        .iter()
        .chain(WRITES)
        .chain(changes::WRITES)
        .chain(odd::WRITES)
        .chain(operations::WRITES)
        .chain(OWN)
        .copied()
        .collect();
    let undecided: Vec<_> = registered.symmetric_difference(&decided).collect();
    assert!(
        undecided.is_empty(),
        "not in the tables above, or not there any more: {undecided:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn reading_is_for_whom_it_is_for(owner: PgPool) {
    let web = world(owner).await;
    let (dana, _) = actor(&web, "dana", PEOPLE[1].1).await;
    let (olga, _) = actor(&web, "olga", PEOPLE[3].1).await;
    let (sam, _) = actor(&web, "sam", PEOPLE[5].1).await;
    let request = web.test.submitted(&dana, "service-0").await;
    web.test.approve(&olga, request).await;
    web.test.issue(&dana, request).await;
    web.test.set_authorities(Some(&authority("Root"))).await;
    let change = web.test.asked_to_disable(&olga).await;
    let all = CertificateFilter {
        scope: Some(CertificateScope::All),
        ..CertificateFilter::default()
    };
    let certificate = certificates::list(&web.test.portal, &sam, all)
        .await
        .expect("all")
        .rows[0]
        .id;
    let seq = portal::audit::list(&web.test.portal, &sam, AuditFilter::default())
        .await
        .expect("all")
        .rows[0]
        .seq;

    let with = |path: &str| match path {
        "/api/audit/get" => format!("{path}?seq={seq}"),
        "/api/certificates/get" => format!("{path}?id={certificate}"),
        "/api/projects/get" => format!("{path}?id={PAYMENTS}"),
        "/api/changes/get" | "/api/changes/status" => format!("{path}?id={change}"),
        "/api/requests/form" | "/api/users/form" | "/api/x509/get" => {
            format!("{path}?project={PAYMENTS}")
        }
        "/api/requests/get" | "/api/requests/status" => format!("{path}?id={request}"),
        _ => path.to_owned(),
    };
    let mut matrix = String::new();
    let pages = [
        format!("/requests/{request}"),
        format!("/certificates/{certificate}"),
        format!("/projects/{PAYMENTS}"),
        format!("/projects/{PAYMENTS}/users/new?name=service-7"),
        format!("/projects/{PAYMENTS}/users/service-7"),
        format!("/projects/{PAYMENTS}/x509"),
        format!("/changes/{change}"),
        format!("/changes/{change}/authorities"),
        format!("/audit/{seq}"),
    ];
    let names = [
        "/requests/:id",
        "/certificates/:id",
        "/projects/:id",
        "/projects/:id/users/new",
        "/projects/:id/users/:username",
        "/projects/:id/x509",
        "/changes/:id",
        "/changes/:id/authorities",
        "/audit/:seq",
    ];
    for path in READS {
        writeln!(matrix, "{path}").expect("a string takes any text");
        let nobody = call(&mut web.browser(), Method::GET, &with(path), "").await;
        write!(matrix, "  nobody {}", nobody.as_u16()).expect("a string takes any text");
        for (who, groups) in PEOPLE {
            let mut browser = web.sign_in_as(who, groups).await;
            let status = call(&mut browser, Method::GET, &with(path), "").await;
            write!(matrix, ", {who} {}", status.as_u16()).expect("a string takes any text");
        }
        matrix.push('\n');
    }
    for (name, path) in PAGES
        .iter()
        .map(|page| (*page, (*page).to_owned()))
        .chain(names.into_iter().zip(pages))
    {
        writeln!(matrix, "{name}").expect("a string takes any text");
        let nobody = web.browser().get(&path).await;
        write!(matrix, "  nobody {}", nobody.status.as_u16()).expect("a string takes any text");
        for (who, groups) in PEOPLE {
            let answer = web.sign_in_as(who, groups).await.get(&path).await;
            write!(matrix, ", {who} {}", answer.status.as_u16()).expect("a string takes any text");
        }
        matrix.push('\n');
    }
    insta::assert_snapshot!(matrix);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn changing_is_for_whom_it_is_for(owner: PgPool) {
    let web = world(owner).await;
    let (dana, _) = actor(&web, "dana", PEOPLE[1].1).await;
    let (olga, _) = actor(&web, "olga", PEOPLE[3].1).await;
    let mut matrix = String::new();
    let mut service = 0;
    for path in WRITES {
        writeln!(matrix, "{path}").expect("a string takes any text");
        let people = [("nobody", &[] as &[&str])]
            .into_iter()
            .chain(PEOPLE.iter().copied());
        for (place, (who, groups)) in people.enumerate() {
            service += 1;
            let request = prepared(&web, path, (&dana, &olga), service).await;
            let mut browser = if who == "nobody" {
                web.browser()
            } else {
                web.sign_in_as(who, groups).await
            };
            let body = body(&web, path, &olga, request, service, &browser.csrf).await;
            let status = call(&mut browser, Method::POST, path, &body).await;
            web.test.tasks_done().await;
            let comma = if place == 0 { "  " } else { ", " };
            write!(matrix, "{comma}{who} {}", status.as_u16()).expect("a string takes any text");
        }
        matrix.push('\n');
    }
    insta::assert_snapshot!(matrix);
}

/// A request of Dana's in the state in which the endpoint would do something.
async fn prepared(
    web: &TestWeb,
    path: &str,
    (dana, olga): (&Actor, &Actor),
    service: u32,
) -> Option<RequestId> {
    if path == "/api/requests/submit" || path.starts_with("/api/users/") {
        return None;
    }
    let id = web
        .test
        .submitted(dana, &format!("service-{service}"))
        .await;
    if matches!(path, "/api/requests/issue" | "/api/requests/acknowledge") {
        web.test.approve(olga, id).await;
    }
    if path == "/api/requests/acknowledge" {
        let begun = web.test.issue(dana, id).await.expect("begun");
        certificates::deliver(&web.test.portal, dana, id, Some(&begun.secret), Wanted::Pem)
            .await
            .expect("their key");
    }
    Some(id)
}

async fn body(
    web: &TestWeb,
    path: &str,
    olga: &Actor,
    request: Option<RequestId>,
    service: u32,
    csrf: &str,
) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("csrf", csrf)
        .append_pair("reason", "a reason that is long enough")
        .append_pair("months", "3");
    match request {
        None if path.starts_with("/api/users/") => {
            let name = if path == "/api/users/create" {
                format!("fresh-{service}")
            } else {
                format!("service-{service}")
            };
            form.append_pair("project", PAYMENTS)
                .append_pair("username", &name)
                .append_pair("typed", &name)
                .append_pair("roles[]", "read@elsewhere");
        }
        None => {
            form.append_pair("project", PAYMENTS)
                .append_pair("username", &format!("service-{service}"));
        }
        Some(id) => {
            form.append_pair("id", &id.to_string());
            if path == "/api/requests/approve" {
                let page = portal::requests::get(&web.test.portal, olga, id, None)
                    .await
                    .expect("visible");
                form.append_pair("digest", &page.digest);
            }
        }
    }
    form.finish()
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_form_without_its_token_changes_nothing(owner: PgPool) {
    let web = world(owner).await;
    let (dana, _) = actor(&web, "dana", PEOPLE[1].1).await;
    let request = web.test.submitted(&dana, "service-0").await;
    let entries = web
        .count("select count(*) from audit.entry where type <> 'session.started'")
        .await;
    for path in WRITES
        .iter()
        .chain(changes::WRITES)
        .chain(odd::WRITES)
        .chain(OWN)
    {
        let mut browser = web.sign_in_as("dana", PEOPLE[1].1).await;
        let form = format!(
            "csrf=another&id={request}&handle={request}&theme=dark&project={PAYMENTS}&username=service-1&months=3&reason=a+reason+long+enough&digest=x"
        );
        let status = call(&mut browser, Method::POST, path, &form).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
    let after = web
        .count("select count(*) from audit.entry where type <> 'session.started'")
        .await;
    assert_eq!(entries, after);
}
