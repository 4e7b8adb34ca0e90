//! Answers of Atlas that are lost: what became of the call is found out, once, and on record.

mod commits;
mod crashes;
mod deciding;
mod model;
mod pausing;
mod reconciling;
mod schema;

use portal::{
    Actor,
    atlas::{ListedCertificate, NextCreate},
    audit, certificates,
    model::{
        AuditFilter, CertificateFilter, CertificateRow, CertificateScope, EventKind, GroupId,
        Origin, RequestId, RequestPage, RequestState, Username,
    },
    requests,
    testing::{PAYMENTS, START, TestPortal, parse},
};
use time::Duration;

fn payments() -> GroupId {
    parse(PAYMENTS)
}

fn orders() -> Username {
    parse("orders-api")
}

/// A request that Olga has approved.
async fn approved(test: &TestPortal, username: &str) -> (Actor, RequestId) {
    let dana = test.dana().await;
    let id = test.submitted(&dana, username).await;
    test.approve(&test.olga().await, id).await;
    (dana, id)
}

/// A request whose certificate was had made, when the clock showed [`START`], and whose answer was lost.
async fn lost(test: &TestPortal, next: NextCreate) -> (Actor, RequestId) {
    test.clock.set(START);
    let (dana, id) = approved(test, "orders-api").await;
    test.atlas.next_create(next);
    test.issue(&dana, id).await.expect("begun");
    assert_eq!(state(test, id).await, RequestState::Unknown);
    (dana, id)
}

/// Lets so many seconds pass since the deadline of a call begun at [`START`], and looks.
async fn look_at(test: &TestPortal, seconds: i64) -> portal::Result<()> {
    test.clock.set(START + Duration::seconds(50 + seconds));
    certificates::reconcile(&test.portal).await
}

async fn page(test: &TestPortal, actor: &Actor, id: RequestId) -> RequestPage {
    requests::get(&test.portal, actor, id, None)
        .await
        .expect("visible")
}

async fn state(test: &TestPortal, id: RequestId) -> RequestState {
    page(test, &test.sam().await, id).await.row.state
}

fn story(page: &RequestPage) -> Vec<EventKind> {
    page.story.iter().map(|line| line.event.kind()).collect()
}

/// How many entries of a kind the log has.
async fn entries(test: &TestPortal, kind: EventKind) -> usize {
    let filter = AuditFilter {
        kind: Some(kind),
        ..AuditFilter::default()
    };
    let sam = test.sam().await;
    let list = audit::list(&test.portal, &sam, filter).await;
    list.expect("entries").rows.len()
}

/// Every certificate on record.
async fn on_record(test: &TestPortal) -> Vec<CertificateRow> {
    let filter = CertificateFilter {
        scope: Some(CertificateScope::All),
        ..CertificateFilter::default()
    };
    let sam = test.sam().await;
    let list = certificates::list(&test.portal, &sam, filter).await;
    list.expect("a list").rows
}

/// How a certificate came to be known, if it is on record.
async fn origin(test: &TestPortal, listed: &ListedCertificate) -> Option<Origin> {
    let rows = on_record(test).await;
    let row = rows.iter().find(|row| row.serial == listed.serial);
    row.map(|row| row.origin)
}

/// Makes a certificate behind the portal's back, for so many months.
fn behind_our_back(test: &TestPortal, months: &str) -> ListedCertificate {
    test.atlas
        .make_certificate(&payments(), &orders(), parse(months))
}
