//! Changes of a project: one person asks, another says yes, the portal carries them out.
//!
//! Shown with switching customer-managed X.509 off; what differs for database users is tested with them.

mod asking;
mod carrying_out;
mod deciding;
mod following;
mod lists;
mod outliving;
mod schema;
mod settling;

use portal::{
    Actor, Result,
    atlas::{Write, WriteCall},
    changes,
    model::{ChangeId, ChangePage, ChangeState, EventKind, GroupId},
    testing::{PAYMENTS, TestPortal, authority, parse},
};
use sqlx::PgPool;

/// A portal whose *Payments prod* has an authority of its own, and two owners: Olga and Otto.
async fn with_two_owners(owner: PgPool) -> (TestPortal, Actor, Actor) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, otto) = (test.olga().await, test.otto().await);
    (test, olga, otto)
}

fn payments() -> GroupId {
    parse(PAYMENTS)
}

async fn page(test: &TestPortal, actor: &Actor, id: ChangeId) -> ChangePage {
    changes::get(&test.portal, actor, id)
        .await
        .expect("visible")
}

async fn state(test: &TestPortal, actor: &Actor, id: ChangeId) -> ChangeState {
    page(test, actor, id).await.row.state
}

fn story(page: &ChangePage) -> Vec<EventKind> {
    page.story.iter().map(|line| line.event.kind()).collect()
}

/// Says yes with all that is right, and waits for what comes of it.
async fn approve(test: &TestPortal, second: &Actor, id: ChangeId) -> Result<()> {
    let digest = page(test, second, id).await.digest;
    let approved = changes::approve(&test.portal, second, id, &digest, "Payments prod", &[]).await;
    test.tasks_done().await;
    approved
}

/// The calls that switched customer-managed X.509 off, or tried to.
fn calls(test: &TestPortal) -> Vec<WriteCall> {
    let mut calls = test.atlas.writes();
    calls.retain(|call| call.write == Write::DisableCustomerX509);
    calls
}

/// How often somebody was recorded trying what they may not.
async fn denials(test: &TestPortal) -> i64 {
    sqlx::query_scalar("select count(*) from audit.entry where type = 'access.denied'")
        .fetch_one(&test.portal.pool)
        .await
        .expect("a count")
}
