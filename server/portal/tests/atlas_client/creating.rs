//! Making certificates: what is prepared, and that one request is sent.

use portal::{
    atlas::{ApiVersion, Atlas, CreateError, IssuedPem, UnknownClass, WhyNotSent},
    model::{Refusal, RefusalReason},
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string, header, method, path},
};

use crate::{
    digest::{DigestServer, Habits},
    raw::{Act, RawServer, answer},
    support::{
        CERTS, Setup, TOKEN_PATH, account, all_seen, created, error, group, key, list, months,
        name, pem, seen, server_with_tokens, settings, token, tokens_asked, user,
    },
};

pub(crate) type Created = Result<IssuedPem, CreateError>;

pub(crate) async fn server_with(answer: ResponseTemplate) -> MockServer {
    let server = server_with_tokens().await;
    Mock::given(method("POST"))
        .and(path(CERTS))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

pub(crate) async fn prepare_and_create(setup: &Setup) -> Created {
    setup.atlas.prepare_create().await.expect("is prepared");
    create(setup).await
}

async fn create(setup: &Setup) -> Created {
    setup
        .atlas
        .create_certificate(&group(), &user(), months(3))
        .await
}

#[track_caller]
pub(crate) fn unknown(outcome: Created) -> (UnknownClass, Option<u16>) {
    match outcome {
        Err(CreateError::Unknown { class, status, .. }) => (class, status),
        other => panic!("not unknown: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn refused(outcome: Created) -> Refusal {
    match outcome {
        Err(CreateError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[track_caller]
fn not_sent(outcome: Created) -> WhyNotSent {
    match outcome {
        Err(CreateError::NotSent { why, .. }) => why,
        other => panic!("perhaps sent: {other:?}"),
    }
}

#[tokio::test]
async fn a_prepared_certificate_is_one_request_in_both_generations() {
    let generations = [
        (
            ApiVersion::V2,
            CERTS.to_owned(),
            "application/vnd.atlas.2025-02-19+json",
        ),
        (
            ApiVersion::V1,
            CERTS.replace("v2", "v1.0"),
            "application/json",
        ),
    ];
    for (api, certs, accept) in generations {
        let server = server_with_tokens().await;
        Mock::given(method("POST"))
            .and(path(&certs))
            .and(header("accept", accept))
            .and(header("content-type", "application/json"))
            .and(body_string(r#"{"monthsUntilExpiration":3}"#))
            .respond_with(created().insert_header("x-request-id", "abc-123"))
            .mount(&server)
            .await;
        let setup = Setup::with(settings(&server.uri(), api, account()), |_| ());
        setup.atlas.prepare_create().await.expect("is prepared");
        let before = all_seen(&server).await.len();
        let issued = create(&setup).await.expect("is made");
        assert_eq!(issued.expose(), pem());
        assert_eq!(issued.status, 201);
        assert_eq!(issued.request_id.as_deref(), Some("abc-123"));
        let after = all_seen(&server).await;
        assert_eq!(after[before..], [format!("POST {certs}")]);
    }
}

#[tokio::test]
async fn a_key_prepares_with_reading_calls_only_and_then_sends_one_request() {
    for api in [ApiVersion::V2, ApiVersion::V1] {
        let digest = DigestServer::new(Habits::default(), created());
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(digest.clone())
            .mount(&server)
            .await;
        // The same nonces for reading.
        let reading = digest.answering(list(&json!([])));
        Mock::given(method("GET"))
            .respond_with(reading)
            .mount(&server)
            .await;
        let setup = Setup::with(settings(&server.uri(), api, key()), |_| ());
        setup.atlas.prepare_create().await.expect("is prepared");
        let prepared = digest.log();
        assert!(prepared.iter().all(|(method, ..)| method == "GET"));

        let issued = create(&setup).await.expect("is made");
        assert_eq!(issued.expose(), pem());
        let log = digest.log();
        let (method, nonce, nc) = &log[prepared.len()];
        assert_eq!((log.len(), method.as_str()), (prepared.len() + 1, "POST"));
        // A nonce nobody has used yet.
        assert_eq!(*nc, 1);
        assert!(prepared.iter().all(|(_, used, _)| used != nonce));
    }
}

#[tokio::test]
async fn a_server_that_takes_every_nonce_once_still_makes_certificates() {
    let habits = Habits {
        uses: Some(1),
        tells_stale: true,
        ..Habits::default()
    };
    let digest = DigestServer::new(habits, created());
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(digest.clone())
        .mount(&server)
        .await;
    let reading = digest.answering(list(&json!([])));
    Mock::given(method("GET"))
        .respond_with(reading)
        .mount(&server)
        .await;
    let setup = Setup::with_key(&server.uri());
    for _ in 0..3 {
        prepare_and_create(&setup).await.expect("is made");
    }
    let posts = digest
        .log()
        .iter()
        .filter(|(method, ..)| method == "POST")
        .count();
    assert_eq!(posts, 3);
}

#[tokio::test]
async fn a_nonce_that_ran_out_meanwhile_is_a_refusal_and_is_not_answered_again() {
    let digest = DigestServer::new(
        Habits {
            uses: Some(0),
            tells_stale: true,
            ..Habits::default()
        },
        created(),
    );
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(digest.clone())
        .mount(&server)
        .await;
    let patient = DigestServer::new(Habits::default(), list(&json!([])));
    Mock::given(method("GET"))
        .respond_with(patient)
        .mount(&server)
        .await;
    let refusal = refused(prepare_and_create(&Setup::with_key(&server.uri())).await);
    assert_eq!(refusal.reason, RefusalReason::CredentialRefused);
    assert_eq!(digest.log().len(), 1);
}

#[tokio::test]
async fn a_key_that_is_wrong_fails_while_preparing() {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let credential = portal::atlas::Credential::ApiKey {
        public_key: "abcdefgh".to_owned(),
        private_key: "wrong".to_owned().into(),
    };
    let setup = Setup::with(settings(&server.uri(), ApiVersion::V2, credential), |_| ());
    crate::support::refused(setup.atlas.prepare_create().await);
}

#[tokio::test]
async fn what_was_not_prepared_is_not_sent() {
    for credential in [account(), key()] {
        let server = server_with(created()).await;
        let setup = Setup::with(settings(&server.uri(), ApiVersion::V2, credential), |_| ());
        assert_eq!(not_sent(create(&setup).await), WhyNotSent::Unprepared);
        assert_eq!(all_seen(&server).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_was_prepared_too_long_ago_is_not_sent() {
    let server = server_with(created()).await;
    let setup = Setup::new(&server.uri());
    setup.atlas.prepare_create().await.expect("is prepared");
    setup.clock.advance(time::Duration::seconds(3594));
    create(&setup).await.expect("is made");
    setup.clock.advance(time::Duration::seconds(1));
    assert_eq!(not_sent(create(&setup).await), WhyNotSent::Unprepared);
    assert_eq!(seen(&server).await.len(), 1);

    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let setup = Setup::with_key(&server.uri());
    setup.atlas.prepare_create().await.expect("is prepared");
    setup.clock.advance(time::Duration::minutes(2));
    assert_eq!(not_sent(create(&setup).await), WhyNotSent::Unprepared);
}

#[tokio::test]
async fn a_reserved_nonce_serves_once() {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let setup = Setup::with_key(&server.uri());
    setup.atlas.prepare_create().await.expect("is prepared");
    // This server answers everything with a list, which is no certificate.
    assert_eq!(unknown(create(&setup).await).0, UnknownClass::NotPem);
    assert_eq!(not_sent(create(&setup).await), WhyNotSent::Unprepared);
}

#[tokio::test]
async fn a_name_that_means_a_folder_is_not_sent() {
    let server = server_with(created()).await;
    let setup = Setup::new(&server.uri());
    setup.atlas.prepare_create().await.expect("is prepared");
    let outcome = setup
        .atlas
        .create_certificate(&group(), &name(".."), months(3))
        .await;
    assert_eq!(not_sent(outcome), WhyNotSent::Unsendable);
    assert_eq!(seen(&server).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_server_that_is_gone_was_not_sent_anything() {
    let mut server = RawServer::start(Act::Close).await;
    let setup = Setup::new(&server.url);
    setup.atlas.prepare_create().await.expect("is prepared");
    server.stop().await;
    assert_eq!(not_sent(create(&setup).await), WhyNotSent::Connect);
}

#[tokio::test]
async fn the_request_has_a_connection_of_its_own() {
    let server = RawServer::start(Act::AnswerAndKeep(answer("201 Created", "", &pem()))).await;
    let setup = Setup::new(&server.url);
    setup.atlas.prepare_create().await.expect("is prepared");
    // The token's connection is still open; another one is made all the same.
    assert_eq!(server.connections(), 1);
    create(&setup).await.expect("is made");
    assert_eq!(server.connections(), 2);
    create(&setup).await.expect("is made");
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_token_that_is_being_replaced_is_not_waited_for() {
    let server = MockServer::start().await;
    let tokens = || Mock::given(path(TOKEN_PATH));
    let first = tokens().respond_with(token("first", 3600)).up_to_n_times(1);
    first.mount(&server).await;
    let slow = token("second", 3600).set_delay(std::time::Duration::from_secs(14));
    tokens().respond_with(slow).mount(&server).await;
    Mock::given(path(CERTS))
        .respond_with(created())
        .mount(&server)
        .await;
    let setup = Setup::new(&server.uri());
    setup.atlas.prepare_create().await.expect("is prepared");
    setup.clock.advance(time::Duration::seconds(3550));
    tokio::select! {
        biased;
        listed = setup.atlas.list_projects() => panic!("the token is not there yet: {listed:?}"),
        made = create(&setup) => made.expect("is made"),
    };
    assert_eq!(tokens_asked(&server).await, 2);
}

#[tokio::test]
async fn after_a_401_the_next_preparation_gets_another_token() {
    let server = server_with(error(401, "UNEXPECTED_ERROR")).await;
    let setup = Setup::new(&server.uri());
    refused(prepare_and_create(&setup).await);
    assert_eq!(tokens_asked(&server).await, 1);
    refused(prepare_and_create(&setup).await);
    assert_eq!(tokens_asked(&server).await, 2);
}

#[tokio::test]
async fn callers_at_the_same_time_each_send_their_one_request() {
    for credential in [account(), key()] {
        let digest = DigestServer::new(Habits::default(), created());
        let server = server_with_tokens().await;
        let bearer = matches!(credential, portal::atlas::Credential::ServiceAccount { .. });
        let posts = Mock::given(method("POST")).and(path(CERTS));
        if bearer {
            posts.respond_with(created()).mount(&server).await;
        } else {
            posts.respond_with(digest.clone()).mount(&server).await;
        }
        let reading = digest.answering(list(&json!([])));
        Mock::given(method("GET"))
            .respond_with(reading)
            .mount(&server)
            .await;
        let setup = Setup::with(settings(&server.uri(), ApiVersion::V2, credential), |_| ());
        let all = futures::future::join_all((0..8).map(|_| prepare_and_create(&setup))).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
        let posts = seen(&server)
            .await
            .into_iter()
            .filter(|line| line.starts_with("POST"));
        assert_eq!(posts.count(), 8);
    }
}
