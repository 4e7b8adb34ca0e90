//! Collecting a key: by its requester, in one browser, not for long and not too often.

use portal::{
    Actor, Error,
    certificates::{self, Begun},
    model::{Conflict, DeliveryFormat, Denial, EventKind, RequestId, RequestState},
    requests,
    testing::TestPortal,
};
use sqlx::PgPool;
use time::Duration;

async fn ready(test: &TestPortal) -> (Actor, RequestId, Begun) {
    let dana = test.dana().await;
    let id = test.submitted(&dana, "orders-api").await;
    test.approve(&test.olga().await, id).await;
    let begun = test.issue(&dana, id).await.expect("begun");
    (dana, id, begun)
}

async fn deliver(
    test: &TestPortal,
    actor: &Actor,
    id: RequestId,
    secret: Option<&str>,
) -> portal::Result<certificates::Delivery> {
    certificates::deliver(&test.portal, actor, id, secret, DeliveryFormat::Pem).await
}

async fn ends_as(test: &TestPortal, actor: &Actor, id: RequestId) -> (RequestState, EventKind) {
    let page = requests::get(&test.portal, actor, id, None)
        .await
        .expect("visible");
    (
        page.row.state,
        page.story.last().expect("a story").event.kind(),
    )
}

/// Rows that still hold a sealed key.
async fn sealed(test: &TestPortal) -> i64 {
    sqlx::query_scalar("select count(*) from issue_attempt where sealed is not null")
        .fetch_one(&test.portal.pool)
        .await
        .expect("a count")
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_requester_downloads_and_says_so_and_the_key_is_gone(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, begun) = ready(&test).await;
    let delivery = deliver(&test, &dana, id, Some(&begun.secret))
        .await
        .expect("their key");
    let text = std::str::from_utf8(&delivery.body).expect("PEM is text");
    assert!(text.starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(text.contains("PRIVATE KEY-----"));
    assert_eq!(delivery.file_name, "orders-api.pem");

    certificates::acknowledge(&test.portal, &dana, id)
        .await
        .expect("saved");
    assert_eq!(
        ends_as(&test, &dana, id).await,
        (RequestState::Delivered, EventKind::CertDelivered)
    );
    assert_eq!(sealed(&test).await, 0);
    let again = deliver(&test, &dana, id, Some(&begun.secret)).await.err();
    assert!(
        matches!(again, Some(Error::Conflict(Conflict::KeyGone))),
        "{again:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn each_download_is_on_record_and_the_fourth_is_refused(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, begun) = ready(&test).await;
    for _ in 0..3 {
        deliver(&test, &dana, id, Some(&begun.secret))
            .await
            .expect("allowed");
        assert_eq!(
            ends_as(&test, &dana, id).await.1,
            EventKind::CertDeliveryStarted
        );
    }
    let fourth = deliver(&test, &dana, id, Some(&begun.secret)).await.err();
    assert!(
        matches!(fourth, Some(Error::Conflict(Conflict::KeyGone))),
        "{fourth:?}"
    );
    assert_eq!(
        ends_as(&test, &dana, id).await.1,
        EventKind::CertPickupRefused
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn downloads_at_once_are_counted_one_by_one(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, begun) = ready(&test).await;
    let downloads =
        futures::future::join_all((0..8).map(|_| deliver(&test, &dana, id, Some(&begun.secret))))
            .await;
    assert_eq!(
        downloads.iter().filter(|download| download.is_ok()).count(),
        3
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn another_browser_and_another_person_get_nothing(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, begun) = ready(&test).await;
    let wrong = "A".repeat(43);
    for secret in [None, Some(""), Some("not base64 !"), Some(wrong.as_str())] {
        let refused = deliver(&test, &dana, id, secret).await.err();
        assert!(
            matches!(refused, Some(Error::NotAllowed(Denial::WrongBrowser))),
            "{secret:?}: {refused:?}"
        );
        assert_eq!(
            ends_as(&test, &dana, id).await.1,
            EventKind::CertPickupRefused
        );
    }
    let refused = deliver(&test, &test.olga().await, id, Some(&begun.secret))
        .await
        .err();
    assert!(
        matches!(refused, Some(Error::NotAllowed(Denial::NotTheRequester))),
        "{refused:?}"
    );
    assert_eq!(
        ends_as(&test, &dana, id).await.1,
        EventKind::CertPickupRefused
    );
    let stranger = test.person("eve", &[]).await;
    let refused = deliver(&test, &stranger, id, Some(&begun.secret))
        .await
        .err();
    assert!(matches!(refused, Some(Error::NotFound)), "{refused:?}");
    deliver(&test, &dana, id, Some(&begun.secret))
        .await
        .expect("still theirs");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_key_that_waited_long_enough_is_destroyed(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, begun) = ready(&test).await;
    test.clock.advance(Duration::minutes(14));
    certificates::end_pickups(&test.portal).await.expect("done");
    assert_eq!(sealed(&test).await, 1);
    test.clock.advance(Duration::minutes(1));
    let late = deliver(&test, &dana, id, Some(&begun.secret)).await.err();
    assert!(
        matches!(late, Some(Error::Conflict(Conflict::KeyGone))),
        "even before the job came by: {late:?}"
    );
    certificates::end_pickups(&test.portal).await.expect("done");
    assert_eq!(
        ends_as(&test, &dana, id).await,
        (RequestState::Uncollected, EventKind::CertUncollected)
    );
    assert_eq!(sealed(&test).await, 0);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_download_nobody_confirmed_is_told_apart(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, begun) = ready(&test).await;
    deliver(&test, &dana, id, Some(&begun.secret))
        .await
        .expect("allowed");
    test.clock.advance(Duration::minutes(15));
    certificates::end_pickups(&test.portal).await.expect("done");
    certificates::end_pickups(&test.portal)
        .await
        .expect("nothing left to do");
    assert_eq!(
        ends_as(&test, &dana, id).await,
        (RequestState::Unconfirmed, EventKind::CertUnconfirmed)
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nothing_is_saved_that_was_never_downloaded(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, _) = ready(&test).await;
    let refused = certificates::acknowledge(&test.portal, &dana, id).await;
    assert!(
        matches!(refused, Err(Error::Conflict(Conflict::NotDownloaded))),
        "{refused:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn no_key_stands_in_the_database_in_clear(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, begun) = ready(&test).await;
    let delivery = deliver(&test, &dana, id, Some(&begun.secret))
        .await
        .expect("their key");
    let text = std::str::from_utf8(&delivery.body).expect("PEM is text");
    let key_line = text.lines().rev().nth(3).expect("a line of the key");
    let dump: Vec<String> = sqlx::query_scalar(
        "select a::text || encode(coalesce(a.sealed, ''), 'escape') from issue_attempt a
         union all select encode(body, 'escape') from audit.entry
         union all select r::text from request r union all select c::text from certificate c",
    )
    .fetch_all(&test.owner)
    .await
    .expect("a dump");
    for row in &dump {
        assert!(
            !row.contains(key_line)
                && !row.contains("PRIVATE KEY")
                && !row.contains(begun.secret.as_str())
        );
    }
}
