//! Who gets what where projects are changed.

use std::fmt::Write as _;

use http::Method;
use portal::{
    Actor, changes, database_users,
    model::{ChangeId, NewUser},
    testing::{PAYMENTS, authority, parse},
    x509,
};
use sqlx::PgPool;

use super::{PEOPLE, actor, call, world};
use crate::support::TestWeb;

/// Server functions that change something about a change of a project.
pub(super) const WRITES: &[&str] = &[
    "/api/changes/approve",
    "/api/changes/carry_out",
    "/api/changes/deny",
    "/api/changes/withdraw",
    "/api/x509/ask",
];

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn changing_a_project_is_for_whom_it_is_for(owner: PgPool) {
    let web = world(owner).await;
    web.test.set_authorities(Some(&authority("Root"))).await;
    let (olga, _) = actor(&web, "olga", PEOPLE[3].1).await;
    let (otto, _) = actor(&web, "otto", PEOPLE[3].1).await;
    let mut matrix = String::new();
    let mut number = 0;
    for path in WRITES {
        writeln!(matrix, "{path}").expect("a string takes any text");
        let people = [("nobody", &[] as &[&str])]
            .into_iter()
            .chain(PEOPLE.iter().copied());
        for (place, (who, groups)) in people.enumerate() {
            number += 1;
            let change = prepared(&web, path, (&olga, &otto), number).await;
            let mut browser = if who == "nobody" {
                web.browser()
            } else {
                web.sign_in_as(who, groups).await
            };
            let body = body(&web, &olga, change, &browser.csrf).await;
            let status = call(&mut browser, Method::POST, path, &body).await;
            web.test.tasks_done().await;
            let comma = if place == 0 { "  " } else { ", " };
            write!(matrix, "{comma}{who} {}", status.as_u16()).expect("a string takes any text");
        }
        matrix.push('\n');
    }
    insta::assert_snapshot!(matrix);
}

/// A change in the state in which the endpoint would do something: Olga's own where its requester is
/// asked for, Otto's where another owner is.
async fn prepared(
    web: &TestWeb,
    path: &str,
    (olga, otto): (&Actor, &Actor),
    number: u32,
) -> Option<ChangeId> {
    let portal = &web.test.portal;
    let (who, other) = match path {
        "/api/x509/ask" => {
            // One at a time: the next person would be told of the last one's.
            let page = x509::get(portal, olga, &parse(PAYMENTS)).await;
            if let Some(open) = page.expect("theirs").open {
                changes::withdraw(portal, olga, open.row.id)
                    .await
                    .expect("theirs");
            }
            return None;
        }
        "/api/changes/approve" | "/api/changes/deny" => (otto, olga),
        _ => (olga, otto),
    };
    let new = NewUser {
        project: parse(PAYMENTS),
        username: parse(&format!("fresh-{number}")),
        roles: vec![parse("read@elsewhere")],
        clusters: Vec::new(),
        reason: parse("a reason that is long enough"),
    };
    let id = database_users::create(portal, who, new)
        .await
        .expect("a name nobody had");
    if path == "/api/changes/carry_out" {
        web.test.atlas.set_unreachable(true);
        web.test.approve_change(other, id).await;
        web.test.atlas.set_unreachable(false);
    }
    Some(id)
}

async fn body(web: &TestWeb, olga: &Actor, change: Option<ChangeId>, csrf: &str) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("csrf", csrf)
        .append_pair("reason", "a reason that is long enough");
    match change {
        None => {
            form.append_pair("project", PAYMENTS)
                .append_pair("typed", "Payments prod");
        }
        Some(id) => {
            let page = changes::get(&web.test.portal, olga, id)
                .await
                .expect("visible");
            form.append_pair("id", &id.to_string())
                .append_pair("digest", &page.digest);
        }
    }
    form.finish()
}
