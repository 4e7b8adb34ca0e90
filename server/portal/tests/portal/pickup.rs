//! Collecting a key: by its requester, in one browser, not for long and not too often.

use portal::{
    Actor, Error,
    certificates::{self, Begun, Wanted},
    model::{Conflict, Denial, Event, EventKind, RequestId, RequestState, Upstream},
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
    certificates::deliver(&test.portal, actor, id, secret, Wanted::Pem).await
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

/// Why pickups of a request were refused, in order.
async fn refusals(test: &TestPortal, actor: &Actor, id: RequestId) -> Vec<String> {
    let page = requests::get(&test.portal, actor, id, None)
        .await
        .expect("visible");
    page.story
        .into_iter()
        .filter_map(|row| match row.event {
            Event::CertPickupRefused { why } => Some(why),
            _ => None,
        })
        .collect()
}

/// Downloads that were counted.
async fn downloads(test: &TestPortal) -> i64 {
    sqlx::query_scalar("select sum(downloads) from issue_attempt")
        .fetch_one(&test.portal.pool)
        .await
        .expect("a sum")
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
    let before = refusals(&test, &dana, id).await;
    let stranger = test.person("eve", &[]).await;
    let refused = deliver(&test, &stranger, id, Some(&begun.secret))
        .await
        .err();
    assert!(matches!(refused, Some(Error::NotFound)), "{refused:?}");
    assert_eq!(
        refusals(&test, &dana, id).await[before.len()..],
        ["other_person"],
        "an alarm, although they are told that there is nothing"
    );
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

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_form_of_another_session_is_an_alarm(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, _) = ready(&test).await;
    certificates::refuse_stale_form(&test.portal, &dana, id)
        .await
        .expect("recorded");
    assert_eq!(refusals(&test, &dana, id).await, ["stale_form"]);
    let nothing = RequestId(test.portal.new_id());
    certificates::refuse_stale_form(&test.portal, &dana, nothing)
        .await
        .expect("nothing to record");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn nothing_is_counted_while_the_folder_of_keys_is_away(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, begun) = ready(&test).await;
    let key = test.keys.path().join("2026-11-22.key");
    // A folder in place of the file: it can be seen and not be read.
    let aside = test.keys.path().join("aside");
    std::fs::rename(&key, &aside).expect("a file");
    std::fs::create_dir(&key).expect("a folder");
    let away = deliver(&test, &dana, id, Some(&begun.secret)).await.err();
    let upstream = match away {
        Some(Error::Unavailable { upstream, .. }) => upstream,
        other => panic!("{other:?}"),
    };
    assert_eq!((upstream, downloads(&test).await), (Upstream::Keys, 0));
    std::fs::remove_dir(&key).expect("a folder");
    std::fs::rename(&aside, &key).expect("a file");
    deliver(&test, &dana, id, Some(&begun.secret))
        .await
        .expect("their key");
    assert_eq!(downloads(&test).await, 1);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_key_of_the_day_goes_when_the_last_pickup_of_the_day_is_over(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let file = |name: &str| test.keys.path().join(name).exists();
    test.clock
        .advance(Duration::hours(14) + Duration::minutes(50));
    let (dana, id, begun) = ready(&test).await;
    assert!(file("2026-11-22.key"), "ten minutes before midnight");

    test.clock.advance(Duration::minutes(14));
    certificates::end_pickups(&test.portal).await.expect("done");
    deliver(&test, &dana, id, Some(&begun.secret))
        .await
        .expect("their key, on the next day");
    test.clock.advance(Duration::minutes(25));
    certificates::end_pickups(&test.portal).await.expect("done");
    assert!(file("2026-11-22.key"), "for clocks that are behind");
    test.clock.advance(Duration::minutes(1));
    certificates::end_pickups(&test.portal).await.expect("done");
    assert!(!file("2026-11-22.key"), "destroyed");
    assert_eq!(sealed(&test).await, 0);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_row_that_outlived_the_key_of_its_day_opens_for_nobody(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (dana, id, begun) = ready(&test).await;
    // What a backup restored within the quarter of an hour would look like, its key destroyed.
    std::fs::remove_file(test.keys.path().join("2026-11-22.key")).expect("a file");
    let gone = deliver(&test, &dana, id, Some(&begun.secret)).await.err();
    assert!(
        matches!(gone, Some(Error::Conflict(Conflict::KeyGone))),
        "{gone:?}"
    );
    assert_eq!(downloads(&test).await, 0);
}
