//! When calls that change nothing are repeated.

use std::time::Duration;

use portal::{
    atlas::{Atlas, Unanswered},
    model::RefusalReason,
};
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::{
    raw::{Act, RawServer},
    support::{GROUP, error, list, refused, unanswered},
    ways::{Way, in_every_way},
};

/// A server that gives the first answer some times, and then a list.
async fn server_with(way: Way, answer: ResponseTemplate, times: u64) -> MockServer {
    let server = way.server().await;
    Mock::given(method("GET"))
        .respond_with(answer)
        .up_to_n_times(times)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(list(&json!([{"id": GROUP, "name": "Payments prod"}])))
        .mount(&server)
        .await;
    server
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn bucket(wait: u32) -> ResponseTemplate {
    ResponseTemplate::new(429).set_body_json(json!({
        "detail": "Rate limit exceeded.", "error": 429, "errorCode": "RATE_LIMITED_TOKEN_BUCKET",
        "parameters": ["api/atlas/v2/groups", wait, 10, 5, 60], "reason": "Too Many Requests",
    }))
}

async fn a_call_too_many_is_repeated_after_the_time_atlas_asks_for(way: Way) {
    let limited = error(429, "RATE_LIMITED").insert_header("retry-after", "3");
    for answer in [limited, bucket(3)] {
        let server = server_with(way, answer, 2).await;
        let setup = way.client(&server.uri());
        assert_eq!(setup.atlas.list_projects().await.expect("answers").len(), 1);
        let waits = setup.waits();
        assert_eq!(waits.len(), 2);
        for wait in waits {
            assert!(wait >= seconds(3), "{wait:?}");
            assert!(wait < seconds(5), "{wait:?}");
        }
        assert_eq!(way.seen(&server).await.len(), 3);
    }
}

async fn more_patience_than_there_is_makes_the_refusal_the_answer(way: Way) {
    let server = server_with(way, bucket(55), 9).await;
    let setup = way.client(&server.uri());
    let refusal = refused(setup.atlas.list_projects().await);
    assert_eq!(refusal.reason, RefusalReason::RateLimited);
    assert_eq!(refusal.retry_after, Some(55));
    assert_eq!(setup.waits().len(), 0);
    assert_eq!(way.seen(&server).await.len(), 1);

    // The budget is for all waits together.
    let server = server_with(way, bucket(9), 9).await;
    let setup = way.client(&server.uri());
    refused(setup.atlas.list_projects().await);
    assert!(setup.waits().iter().sum::<Duration>() <= seconds(20));
    assert!(!setup.waits().is_empty());
}

async fn a_server_in_trouble_is_asked_again_with_growing_waits_and_jitter(way: Way) {
    for status in [500, 502, 503, 504] {
        let server = server_with(way, ResponseTemplate::new(status), 3).await;
        let setup = way.client(&server.uri());
        assert_eq!(setup.atlas.list_projects().await.expect("answers").len(), 1);
        let waits = setup.waits();
        assert_eq!(waits.len(), 3);
        for (wait, least) in waits.iter().zip([300, 600, 1200]) {
            let least = Duration::from_millis(least);
            assert!((least..=least * 2).contains(wait), "{waits:?}");
        }
    }
}

async fn the_number_of_attempts_is_limited(way: Way) {
    let server = server_with(way, error(500, "UNEXPECTED_ERROR"), 99).await;
    let setup = way.client(&server.uri());
    let why = unanswered(setup.atlas.list_projects().await);
    assert!(
        matches!(why, Unanswered::Status { status: 500, .. }),
        "{why}"
    );
    assert_eq!(way.seen(&server).await.len(), 4);
}

async fn a_503_is_waited_for_as_long_as_it_says(way: Way) {
    let answer = ResponseTemplate::new(503).insert_header("retry-after", "4");
    let server = server_with(way, answer, 1).await;
    let setup = way.client(&server.uri());
    setup.atlas.list_projects().await.expect("answers");
    assert!(setup.waits()[0] >= seconds(4));
}

async fn refusals_are_not_repeated(way: Way) {
    for (status, code) in [
        (400, "INVALID_ATTRIBUTE"),
        (402, "ACCOUNT_SUSPENDED"),
        (403, "IP_ADDRESS_NOT_ON_ACCESS_LIST"),
        (404, "GROUP_NOT_FOUND"),
        (406, "INVALID_VERSION_DATE"),
        (409, "CONFLICT"),
        (410, "VERSION_GONE"),
    ] {
        let server = server_with(way, error(status, code), 9).await;
        let setup = way.client(&server.uri());
        assert_eq!(refused(setup.atlas.list_projects().await).code, code);
        assert_eq!(way.seen(&server).await.len(), 1);
    }
}

async fn redirections_are_not_followed(way: Way) {
    for status in [301, 302, 303, 307, 308] {
        let server = way.server().await;
        let elsewhere = format!("{}/elsewhere", server.uri());
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(status).insert_header("location", elsewhere))
            .mount(&server)
            .await;
        let why = unanswered(way.client(&server.uri()).atlas.list_projects().await);
        assert!(
            matches!(why, Unanswered::Status { status: s, .. } if s == status),
            "{why}"
        );
        assert_eq!(way.seen(&server).await.len(), 1);
    }
}

async fn a_connection_that_breaks_is_made_again(way: Way) {
    for act in [Act::Reset, Act::Close] {
        let server = RawServer::start(act).await;
        let setup = way.client(&server.url);
        let why = unanswered(setup.atlas.list_projects().await);
        assert!(matches!(why, Unanswered::Broken(_)), "{why}");
        assert_eq!(server.requests().len(), 4);
    }
}

async fn a_server_that_is_not_there_is_tried_again(way: Way) {
    let mut server = RawServer::start(Act::Close).await;
    server.stop().await;
    let setup = way.client_with(&server.url, |timing| timing.most_retries = 2);
    let why = unanswered(setup.atlas.list_projects().await);
    assert!(matches!(why, Unanswered::Connect(_)), "{why}");
    assert_eq!(setup.waits().len(), 2);
}

in_every_way! {
    a_call_too_many_is_repeated_after_the_time_atlas_asks_for,
    more_patience_than_there_is_makes_the_refusal_the_answer,
    a_server_in_trouble_is_asked_again_with_growing_waits_and_jitter,
    the_number_of_attempts_is_limited,
    a_503_is_waited_for_as_long_as_it_says,
    refusals_are_not_repeated,
    redirections_are_not_followed,
    a_connection_that_breaks_is_made_again,
    a_server_that_is_not_there_is_tried_again,
}
