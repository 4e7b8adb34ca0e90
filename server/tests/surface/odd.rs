//! Who gets what where something is not as it should be: a certificate nobody asked for, an answer that
//! was lost.

use std::fmt::Write as _;

use http::Method;
use portal::{
    atlas::{NextCreate, UnknownClass},
    certificates,
    model::{CertificateFilter, CertificateScope, RequestId, Username},
    testing::{PAYMENTS, parse},
};
use sqlx::PgPool;
use time::Duration;

use super::{PEOPLE, actor, call, world};
use crate::support::TestWeb;

/// Server functions with which people say what is true.
pub(super) const WRITES: &[&str] = &[
    "/api/certificates/explain",
    "/api/certificates/sweep",
    "/api/requests/resolve",
];

const REASON: &str = "Asked the team, see SEC-114";

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn saying_what_is_true_is_for_owners_and_security(owner: PgPool) {
    let web = world(owner).await;
    let request = ambiguous(&web).await;
    let mut matrix = String::new();
    let mut service = 100;
    for path in WRITES {
        writeln!(matrix, "{path}").expect("a string takes any text");
        let people = [("nobody", &[] as &[&str])]
            .into_iter()
            .chain(PEOPLE.iter().copied());
        for (place, (who, groups)) in people.enumerate() {
            service += 1;
            let id = match *path {
                "/api/certificates/explain" => unexplained(&web, service).await,
                "/api/requests/resolve" => request.to_string(),
                _ => String::new(),
            };
            let mut browser = if who == "nobody" {
                web.browser()
            } else {
                web.sign_in_as(who, groups).await
            };
            let body = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("csrf", &browser.csrf)
                .append_pair("id", &id)
                .append_pair("project", PAYMENTS)
                .append_pair("verdict", "nothing_made")
                .append_pair("reason", REASON)
                .finish();
            let status = call(&mut browser, Method::POST, path, &body).await;
            let comma = if place == 0 { "  " } else { ", " };
            write!(matrix, "{comma}{who} {}", status.as_u16()).expect("a string takes any text");
        }
        matrix.push('\n');
    }
    insta::assert_snapshot!(matrix);
}

/// A certificate that somebody has had made past the portal.
async fn unexplained(web: &TestWeb, service: u32) -> String {
    let username: Username = parse(&format!("service-{service}"));
    web.test
        .atlas
        .make_certificate(&parse(PAYMENTS), &username, parse("3"));
    certificates::sync(&web.test.portal)
        .await
        .expect("an Atlas that answers");
    let filter = CertificateFilter {
        scope: Some(CertificateScope::All),
        ..CertificateFilter::default()
    };
    let sam = web.test.sam().await;
    let list = certificates::list(&web.test.portal, &sam, filter).await;
    let rows = list.expect("security sees all").rows;
    let row = rows.into_iter().find(|row| row.username == username);
    row.expect("it was found").id.to_string()
}

/// A request of Dana's of which two certificates could be the one.
async fn ambiguous(web: &TestWeb) -> RequestId {
    let (dana, _) = actor(web, "dana", PEOPLE[1].1).await;
    let (olga, _) = actor(web, "olga", PEOPLE[3].1).await;
    let id = web.test.submitted(&dana, "service-0").await;
    web.test.approve(&olga, id).await;
    web.test
        .atlas
        .next_create(NextCreate::UnknownButMade(UnknownClass::Reset));
    web.test.issue(&dana, id).await;
    web.test
        .atlas
        .make_certificate(&parse(PAYMENTS), &parse("service-0"), parse("3"));
    web.test.clock.advance(Duration::seconds(60));
    certificates::reconcile(&web.test.portal)
        .await
        .expect("an Atlas that answers");
    id
}
