//! Lists of changes, what waits for whom, and the log.

use portal::{
    Error, audit, changes,
    model::{AuditFilter, ChangeFilter, ChangeKind, ChangeScope, EventKind},
    testing::{CATALOG, TestPortal, authority, parse},
    today,
};
use sqlx::PgPool;
use time::Duration;

use super::{approve, page, payments, with_two_owners};

fn ids(rows: &[portal::model::ChangeRow]) -> Vec<portal::model::ChangeId> {
    rows.iter().map(|row| row.id).collect()
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn owners_list_their_projects_and_security_all(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let first = test.asked_to_disable(&olga).await;
    changes::withdraw(&test.portal, &olga, first)
        .await
        .expect("theirs");
    test.clock.advance(Duration::minutes(1));
    let second = test.asked_to_disable(&otto).await;
    let list = async |who: &portal::Actor, filter: ChangeFilter| {
        changes::list(&test.portal, who, filter)
            .await
            .map(|page| ids(&page.rows))
    };
    let all = ChangeFilter {
        scope: ChangeScope::All,
        ..ChangeFilter::default()
    };
    assert_eq!(
        list(&olga, ChangeFilter::default()).await.expect("theirs"),
        [second, first]
    );
    assert_eq!(
        list(&test.sam().await, all.clone()).await.expect("all"),
        [second, first]
    );
    assert!(matches!(list(&olga, all).await, Err(Error::NotFound)));
    for who in [test.dana().await, test.sam().await] {
        let none = list(&who, ChangeFilter::default()).await.expect("a list");
        assert!(none.is_empty());
    }

    for (filter, expected) in [
        (
            ChangeFilter {
                open: Some(true),
                ..ChangeFilter::default()
            },
            vec![second],
        ),
        (
            ChangeFilter {
                open: Some(false),
                ..ChangeFilter::default()
            },
            vec![first],
        ),
        (
            ChangeFilter {
                kind: Some(ChangeKind::DeleteUser),
                ..ChangeFilter::default()
            },
            vec![],
        ),
        (
            ChangeFilter {
                kind: Some(ChangeKind::DisableX509),
                ..ChangeFilter::default()
            },
            vec![second, first],
        ),
        (
            ChangeFilter {
                project: Some(payments()),
                ..ChangeFilter::default()
            },
            vec![second, first],
        ),
        (
            ChangeFilter {
                project: Some(parse(CATALOG)),
                ..ChangeFilter::default()
            },
            vec![],
        ),
        (
            ChangeFilter {
                after: Some(portal::model::Cursor("x".into())),
                open: Some(true),
                ..ChangeFilter::default()
            },
            vec![],
        ),
    ] {
        let malformed = filter.after.is_some();
        match list(&olga, filter).await {
            Ok(rows) => assert_eq!(rows, expected),
            Err(Error::Invalid(_)) => assert!(malformed),
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn pages_of_a_list_go_on_where_the_last_one_ended(owner: PgPool) {
    let (test, olga, _) = with_two_owners(owner).await;
    let mut asked = Vec::new();
    for _ in 0..53 {
        let id = test.asked_to_disable(&olga).await;
        changes::withdraw(&test.portal, &olga, id)
            .await
            .expect("theirs");
        asked.insert(0, id);
        test.clock.advance(Duration::minutes(1));
    }
    let first = changes::list(&test.portal, &olga, ChangeFilter::default())
        .await
        .expect("theirs");
    let rest = ChangeFilter {
        after: first.more.clone(),
        ..ChangeFilter::default()
    };
    let rest = changes::list(&test.portal, &olga, rest)
        .await
        .expect("theirs");
    assert_eq!(
        (first.rows.len(), rest.rows.len(), rest.more),
        (50, 3, None)
    );
    assert_eq!([ids(&first.rows), ids(&rest.rows)].concat(), asked);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_first_page_shows_what_waits_for_whom(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.set_authorities(Some(&authority("Root"))).await;
    let (olga, sam, dana) = (test.olga().await, test.sam().await, test.dana().await);
    let id = test.asked_to_disable(&olga).await;
    let see = async |who: &portal::Actor| {
        let today = today::get(&test.portal, who).await.expect("a page");
        let counts = today::counts(&test.portal, who).await.expect("numbers");
        let waiting = ids(&today.changes_to_approve);
        assert_eq!(counts.changes as usize, waiting.len());
        assert_eq!(counts.today as usize, waiting.len());
        (waiting, ids(&today.changes))
    };
    assert_eq!(see(&olga).await, (vec![], vec![id]));
    assert_eq!(
        see(&sam).await,
        (vec![id], vec![id]),
        "the sole owner's second"
    );
    assert_eq!(see(&dana).await, (vec![], vec![]));

    let otto = test.otto().await;
    assert_eq!(see(&otto).await, (vec![id], vec![id]));
    assert_eq!(see(&sam).await, (vec![], vec![id]), "it is Otto's now");
    approve(&test, &otto, id).await.expect("another owner");
    assert_eq!(see(&otto).await, (vec![], vec![id]));

    test.atlas.set_clusters(&payments(), None);
    changes::follow(&test.portal).await.expect("done");
    test.clock.advance(Duration::days(7) - Duration::seconds(1));
    assert_eq!(see(&test.otto().await).await.1, [id]);
    test.clock.advance(Duration::seconds(1));
    assert!(see(&test.otto().await).await.1.is_empty(), "a week ago");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_log_tells_the_story_of_a_change(owner: PgPool) {
    let (test, olga, otto) = with_two_owners(owner).await;
    let id = test.asked_to_disable(&olga).await;
    approve(&test, &otto, id).await.expect("another owner");
    let of_change = AuditFilter {
        change: Some(id),
        ..AuditFilter::default()
    };
    let list = audit::list(&test.portal, &olga, of_change)
        .await
        .expect("theirs");
    let kinds: Vec<_> = list.rows.iter().rev().map(|row| row.event.kind()).collect();
    assert_eq!(
        kinds,
        [
            EventKind::X509DisableRequested,
            EventKind::X509DisableConfirmed,
            EventKind::ChangeCallStarted,
            EventKind::X509Disabled
        ]
    );
    for row in &list.rows {
        assert_eq!(row.change, Some(id));
        assert!(row.requester.as_ref().is_some_and(|who| who.name == "Olga"));
        assert!(
            row.project
                .as_ref()
                .is_some_and(|project| project.id == payments())
        );
    }
    let story = page(&test, &otto, id).await.story;
    assert_eq!(
        story.iter().map(|line| line.seq).collect::<Vec<_>>(),
        list.rows
            .iter()
            .rev()
            .map(|row| row.seq)
            .collect::<Vec<_>>()
    );
    let reason = story[0].text.as_deref().expect("a reason");
    let entry = audit::get(&test.portal, &olga, story[0].seq)
        .await
        .expect("theirs");
    assert!(entry.body.contains(&id.to_string()) && !entry.body.contains(reason));
}
