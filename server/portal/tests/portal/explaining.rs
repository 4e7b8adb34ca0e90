//! Saying what a certificate is that nothing in the log explains.

use portal::{
    Actor, Error, certificates,
    model::{
        CertificateFilter, CertificateId, CertificateScope, Conflict, Denial, EventKind, Origin,
        Reason,
    },
    testing::{PAYMENTS, TestPortal, parse},
};
use sqlx::PgPool;

fn reason() -> Reason {
    parse("Made by hand during the outage, INC-77")
}

async fn unexplained(test: &TestPortal) -> CertificateId {
    test.atlas
        .make_certificate(&parse(PAYMENTS), &parse("orders-api"), parse("3"));
    certificates::sync(&test.portal).await.expect("done");
    let filter = CertificateFilter {
        scope: Some(CertificateScope::All),
        ..CertificateFilter::default()
    };
    let sam = test.sam().await;
    let list = certificates::list(&test.portal, &sam, filter).await;
    list.expect("a list").rows[0].id
}

async fn explain(test: &TestPortal, actor: &Actor, id: CertificateId) -> portal::Result<()> {
    certificates::explain(&test.portal, actor, id, &reason()).await
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_owner_says_what_it_is_and_it_leaves_the_list(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let id = unexplained(&test).await;
    let (olga, sam) = (test.olga().await, test.sam().await);
    let today = async || {
        let today = portal::today::get(&test.portal, &sam).await.expect("today");
        let counts = portal::today::counts(&test.portal, &sam)
            .await
            .expect("counts");
        (today.unexplained.len(), counts.today)
    };
    assert_eq!(today().await, (1, 1));
    let before = certificates::get(&test.portal, &olga, id)
        .await
        .expect("theirs");
    assert!(before.may_explain && before.row.explanation.is_none());

    explain(&test, &olga, id).await.expect("an owner");
    assert_eq!(today().await, (0, 0));
    let page = certificates::get(&test.portal, &olga, id)
        .await
        .expect("theirs");
    assert_eq!(page.row.origin, Origin::Unexplained, "it stays what it is");
    let explanation = page.row.explanation.expect("said");
    assert!(explanation.by.is_you);
    assert_eq!(explanation.reason, reason().as_str());
    assert!(!page.may_explain);
    let last = page.story.last().expect("a story");
    assert_eq!(last.event.kind(), EventKind::CertExplained);
    assert_eq!(last.text.as_deref(), Some(reason().as_str()));

    // A reading changes nothing about it, and nobody says it twice.
    certificates::sync(&test.portal).await.expect("done");
    assert_eq!(today().await, (0, 0));
    let again = explain(&test, &sam, id).await.err();
    assert!(
        matches!(again, Some(Error::Conflict(Conflict::NothingToExplain))),
        "{again:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn only_an_owner_or_security_says_it_and_only_of_what_nothing_explains(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let id = unexplained(&test).await;
    let dana = test.dana().await;
    assert!(
        !certificates::get(&test.portal, &dana, id)
            .await
            .expect("visible")
            .may_explain
    );
    let refused = explain(&test, &dana, id).await.err();
    assert!(
        matches!(refused, Some(Error::NotAllowed(Denial::NotAnOwner))),
        "{refused:?}"
    );
    let stranger = test
        .person("olivia", &["atlas-catalog-staging-owners"])
        .await;
    let hidden = explain(&test, &stranger, id).await.err();
    assert!(matches!(hidden, Some(Error::NotFound)), "{hidden:?}");
    let story = certificates::get(&test.portal, &test.sam().await, id)
        .await
        .expect("all");
    assert_eq!(
        story.story.last().expect("a story").event.kind(),
        EventKind::AccessDenied
    );
    explain(&test, &test.sam().await, id)
        .await
        .expect("security");

    let request = test.submitted(&dana, "ledger-batch").await;
    test.approve(&test.olga().await, request).await;
    test.issue(&dana, request).await.expect("begun");
    let page = portal::requests::get(&test.portal, &dana, request, None).await;
    let own = page.expect("visible").certificate.expect("issued").id;
    let needless = explain(&test, &test.olga().await, own).await.err();
    assert!(
        matches!(needless, Some(Error::Conflict(Conflict::NothingToExplain))),
        "{needless:?}"
    );
    // Two at once: one is heard.
    let other = unexplained_of_ledger(&test).await;
    let (olga, sam) = (test.olga().await, test.sam().await);
    let both =
        futures::future::join(explain(&test, &olga, other), explain(&test, &sam, other)).await;
    assert_eq!(usize::from(both.0.is_ok()) + usize::from(both.1.is_ok()), 1);
}

async fn unexplained_of_ledger(test: &TestPortal) -> CertificateId {
    let made = test
        .atlas
        .make_certificate(&parse(PAYMENTS), &parse("ledger-batch"), parse("9"));
    certificates::sync(&test.portal).await.expect("done");
    let id: uuid::Uuid = sqlx::query_scalar("select id from certificate where serial = $1")
        .bind(made.serial.0)
        .fetch_one(&test.portal.pool)
        .await
        .expect("recorded");
    CertificateId(id)
}
