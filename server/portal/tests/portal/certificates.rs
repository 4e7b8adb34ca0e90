//! Which certificates there are.

use portal::{
    Actor, Error, audit, certificates,
    model::{
        AuditFilter, CertificateFilter, CertificateRow, CertificateScope, Cursor, EndsFilter,
        EventKind, Origin,
    },
    testing::{CATALOG, PAYMENTS, TestPortal, parse},
};
use sqlx::PgPool;
use time::Duration;

async fn list(test: &TestPortal, actor: &Actor, filter: CertificateFilter) -> Vec<CertificateRow> {
    certificates::list(&test.portal, actor, filter)
        .await
        .expect("a list")
        .rows
}

fn all() -> CertificateFilter {
    CertificateFilter {
        scope: Some(CertificateScope::All),
        ..CertificateFilter::default()
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_was_there_before_is_told_apart_from_what_came_behind_our_back(owner: PgPool) {
    let test = TestPortal::empty(owner);
    test.atlas.add_project(&parse(PAYMENTS), "Payments prod");
    test.atlas
        .add_managed_user(&parse(PAYMENTS), &parse("orders-api"));
    let before = test
        .atlas
        .make_certificate(&parse(PAYMENTS), &parse("orders-api"), parse("3"));
    portal::projects::sync(&test.portal).await.expect("done");
    certificates::sync(&test.portal).await.expect("done");
    let behind = test
        .atlas
        .make_certificate(&parse(PAYMENTS), &parse("orders-api"), parse("6"));
    certificates::sync(&test.portal).await.expect("done");
    certificates::sync(&test.portal).await.expect("nothing new");

    let sam = test.sam().await;
    let rows = list(&test, &sam, all()).await;
    let origins: Vec<_> = rows.iter().map(|row| (row.serial, row.origin)).collect();
    assert_eq!(
        origins,
        [
            (before.serial, Origin::Preexisting),
            (behind.serial, Origin::Unexplained)
        ]
    );
    for (kind, count) in [
        (EventKind::CertPreexisting, 1),
        (EventKind::CertUnexplained, 1),
    ] {
        let filter = AuditFilter {
            kind: Some(kind),
            ..AuditFilter::default()
        };
        assert_eq!(
            audit::list(&test.portal, &sam, filter)
                .await
                .expect("entries")
                .rows
                .len(),
            count
        );
    }
    assert_eq!(
        portal::today::get(&test.portal, &sam)
            .await
            .expect("today")
            .unexplained
            .len(),
        1
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_lost_answer_hides_no_certificate_but_its_own(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, sam) = (test.dana().await, test.sam().await);
    let before = test
        .atlas
        .make_certificate(&parse(PAYMENTS), &parse("orders-api"), parse("3"));
    let id = test.submitted(&dana, "orders-api").await;
    test.approve(&test.olga().await, id).await;
    test.atlas
        .next_create(portal::atlas::NextCreate::UnknownButMade(
            portal::atlas::UnknownClass::Timeout,
        ));
    test.issue(&dana, id).await;
    certificates::sync(&test.portal).await.expect("done");
    let rows = list(&test, &sam, all()).await;
    assert_eq!(
        rows.iter().map(|row| row.serial).collect::<Vec<_>>(),
        [before.serial]
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_long_first_list_is_recorded_whole_and_as_what_was_there_before(owner: PgPool) {
    let test = TestPortal::empty(owner);
    test.atlas.add_project(&parse(PAYMENTS), "Payments prod");
    test.atlas
        .add_managed_user(&parse(PAYMENTS), &parse("orders-api"));
    for _ in 0..45 {
        test.atlas
            .make_certificate(&parse(PAYMENTS), &parse("orders-api"), parse("3"));
    }
    portal::projects::sync(&test.portal).await.expect("done");
    certificates::sync(&test.portal).await.expect("done");
    let counted: i64 =
        sqlx::query_scalar("select count(*) from certificate where origin = 'preexisting'")
            .fetch_one(&test.portal.pool)
            .await
            .expect("a count");
    assert_eq!(counted, 45);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_certificate_the_portal_issued_is_explained(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let dana = test.dana().await;
    let id = test.submitted(&dana, "orders-api").await;
    test.approve(&test.olga().await, id).await;

    let mut hold = test.atlas.hold_creates();
    certificates::issue(&test.portal, &dana, id)
        .await
        .expect("begun");
    hold.arrived(1).await;
    certificates::sync(&test.portal)
        .await
        .expect("during the call");
    hold.release();
    test.tasks_done().await;
    certificates::sync(&test.portal)
        .await
        .expect("after the call");

    let rows = list(&test, &dana, CertificateFilter::default()).await;
    assert_eq!(
        rows.iter().map(|row| row.origin).collect::<Vec<_>>(),
        [Origin::Portal]
    );
    let page = certificates::get(&test.portal, &dana, rows[0].id)
        .await
        .expect("theirs");
    assert!(page.seen_at.is_some() && page.fingerprint.is_some());
    assert_eq!(
        page.story.last().expect("a story").event.kind(),
        EventKind::CertIssued
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn lists_sort_by_end_and_filter(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let sam = test.sam().await;
    for months in ["6", "1", "24", "3"] {
        test.atlas
            .make_certificate(&parse(PAYMENTS), &parse("orders-api"), parse(months));
    }
    test.atlas
        .make_certificate(&parse(CATALOG), &parse("catalog-web"), parse("2"));
    certificates::sync(&test.portal).await.expect("done");
    test.clock.advance(Duration::days(25));

    let ends = |rows: Vec<CertificateRow>| {
        rows.into_iter()
            .map(|row| row.not_after)
            .collect::<Vec<_>>()
    };
    let live = ends(list(&test, &sam, all()).await);
    assert_eq!(live.len(), 5);
    assert!(live.is_sorted());
    let with = |ends| CertificateFilter { ends, ..all() };
    assert_eq!(list(&test, &sam, with(EndsFilter::Week)).await.len(), 1);
    assert_eq!(list(&test, &sam, with(EndsFilter::Quarter)).await.len(), 3);
    let found = CertificateFilter {
        search: Some("CATALOG".into()),
        ..all()
    };
    assert_eq!(list(&test, &sam, found).await.len(), 1);
    let none = CertificateFilter {
        search: Some("100%_".into()),
        ..all()
    };
    assert!(list(&test, &sam, none).await.is_empty());
    let one = CertificateFilter {
        project: Some(parse(CATALOG)),
        ..all()
    };
    assert_eq!(list(&test, &sam, one).await.len(), 1);
    test.clock.advance(Duration::days(60));
    let ended = ends(list(&test, &sam, with(EndsFilter::Ended)).await);
    assert_eq!(
        ended.len(),
        2,
        "Atlas forgets what has ended, the portal does not"
    );
    assert!(ended.iter().rev().is_sorted());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn members_see_their_projects_certificates_and_nobody_elses(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.atlas
        .make_certificate(&parse(PAYMENTS), &parse("orders-api"), parse("3"));
    test.atlas
        .make_certificate(&parse(CATALOG), &parse("catalog-web"), parse("3"));
    certificates::sync(&test.portal).await.expect("done");
    let dana = test.dana().await;
    let list = certificates::list(&test.portal, &dana, CertificateFilter::default())
        .await
        .expect("a list");
    assert_eq!(list.scope, CertificateScope::Projects, "they hold none");
    assert_eq!(
        list.rows
            .iter()
            .map(|row| row.project.name.as_str())
            .collect::<Vec<_>>(),
        ["Payments prod"]
    );
    let refused = certificates::list(&test.portal, &dana, all()).await;
    assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");

    let stranger = test
        .person("olivia", &["atlas-catalog-staging-owners"])
        .await;
    let hidden = certificates::get(&test.portal, &stranger, list.rows[0].id).await;
    assert!(matches!(hidden, Err(Error::NotFound)), "{hidden:?}");
    assert!(
        certificates::get(&test.portal, &dana, list.rows[0].id)
            .await
            .expect("theirs")
            .may_ask_again
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn pages_follow_each_other_in_every_scope(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    for count in 0..70 {
        let (project, user) = if count % 2 == 0 {
            (PAYMENTS, "orders-api")
        } else {
            (CATALOG, "catalog-web")
        };
        test.atlas.make_certificate(
            &parse(project),
            &parse(user),
            parse(&(count % 24 + 1).to_string()),
        );
    }
    certificates::sync(&test.portal).await.expect("done");
    let both = [
        "atlas-payments-prod-developers",
        "atlas-catalog-staging-developers",
    ];
    let dana = test.person("dana", &both).await;
    for (actor, scope) in [
        (test.sam().await, CertificateScope::All),
        (dana.clone(), CertificateScope::Projects),
    ] {
        let mut filter = CertificateFilter {
            scope: Some(scope),
            ..CertificateFilter::default()
        };
        let first = certificates::list(&test.portal, &actor, filter.clone())
            .await
            .expect("a page");
        filter.after = first.more;
        let second = certificates::list(&test.portal, &actor, filter)
            .await
            .expect("a page");
        let mut ids: Vec<_> = first
            .rows
            .iter()
            .chain(&second.rows)
            .map(|row| row.id)
            .collect();
        assert_eq!(
            (first.rows.len(), second.rows.len(), second.more),
            (50, 20, None)
        );
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 70);
    }
    let broken = CertificateFilter {
        after: Some(Cursor("broken".into())),
        ..CertificateFilter::default()
    };
    let refused = certificates::list(&test.portal, &dana, broken).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}
