//! Making certificates: what is prepared, and that one request is sent.

use portal::{
    atlas::{Atlas, IssuedPem, Purpose, UnknownClass, WhyNotSent, WriteError},
    model::{Refusal, RefusalReason},
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string, header, method, path},
};

use crate::{
    digest_server::{DigestServer, Habits},
    raw::{Act, RawServer, answer},
    support::{
        Setup, TOKEN_PATH, all_seen, created, error, group, list, months, name, pem, settings,
        token, tokens_asked, user,
    },
    ways::{Way, in_every_way},
};

pub(crate) type Created = Result<IssuedPem, WriteError>;

async fn server_with(way: Way, answer: ResponseTemplate) -> MockServer {
    let server = way.server().await;
    Mock::given(method("POST"))
        .and(path(way.certs()))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

pub(crate) async fn prepare(setup: &Setup) {
    let prepared = setup.atlas.prepare_write(Purpose::Issuer).await;
    prepared.expect("is prepared");
}

pub(crate) async fn prepare_and_create(setup: &Setup) -> Created {
    prepare(setup).await;
    create(setup).await
}

async fn create(setup: &Setup) -> Created {
    setup
        .atlas
        .create_certificate(&group(), &user(), months(3))
        .await
}

#[track_caller]
pub(crate) fn unknown<T: std::fmt::Debug>(
    outcome: Result<T, WriteError>,
) -> (UnknownClass, Option<u16>) {
    match outcome {
        Err(WriteError::Unknown { class, status, .. }) => (class, status),
        other => panic!("not unknown: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Result<T, WriteError>) -> Refusal {
    match outcome {
        Err(WriteError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn not_sent<T: std::fmt::Debug>(outcome: Result<T, WriteError>) -> WhyNotSent {
    match outcome {
        Err(WriteError::NotSent { why, .. }) => why,
        other => panic!("perhaps sent: {other:?}"),
    }
}

async fn a_prepared_certificate_is_one_request(way: Way) {
    let server = way.server().await;
    Mock::given(method("POST"))
        .and(path(way.certs()))
        .and(header("content-type", "application/json"))
        .and(body_string(r#"{"monthsUntilExpiration":3}"#))
        .respond_with(created().insert_header("x-request-id", "abc-123"))
        .mount(&server)
        .await;
    let setup = way.client(&server.uri());
    prepare(&setup).await;
    let before = all_seen(&server).await.len();
    let issued = create(&setup).await.expect("is made");
    assert_eq!(issued.expose(), pem());
    assert_eq!(issued.status, 201);
    assert_eq!(issued.request_id.as_deref(), Some("abc-123"));
    let after = all_seen(&server).await;
    assert_eq!(after[before..], [format!("POST {}", way.certs())]);
}

async fn a_key_prepares_with_reading_calls_only_and_then_sends_one_request(way: Way) {
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
    let setup = way.client(&server.uri());
    prepare(&setup).await;
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

async fn a_server_that_takes_every_nonce_once_still_makes_certificates(way: Way) {
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
    let setup = way.client(&server.uri());
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

async fn a_nonce_that_ran_out_meanwhile_is_a_refusal_and_is_not_answered_again(way: Way) {
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
    let refusal = refused(prepare_and_create(&way.client(&server.uri())).await);
    assert_eq!(refusal.reason, RefusalReason::CredentialRefused);
    assert_eq!(digest.log().len(), 1);
}

async fn a_key_that_is_wrong_fails_while_preparing(way: Way) {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let credential = portal::atlas::Credential::ApiKey {
        public_key: "abcdefgh".to_owned(),
        private_key: "wrong".to_owned().into(),
    };
    let setup = Setup::with(settings(&server.uri(), way.api, credential), |_| ());
    crate::support::refused(setup.atlas.prepare_write(Purpose::Issuer).await);
}

async fn what_was_not_prepared_is_not_sent(way: Way) {
    let server = server_with(way, created()).await;
    let setup = way.client(&server.uri());
    assert_eq!(not_sent(create(&setup).await), WhyNotSent::Unprepared);
    assert_eq!(all_seen(&server).await, Vec::<String>::new());
}

async fn a_token_that_was_prepared_too_long_ago_is_not_sent(way: Way) {
    let server = server_with(way, created()).await;
    let setup = way.client(&server.uri());
    prepare(&setup).await;
    setup.clock.advance(time::Duration::seconds(3594));
    create(&setup).await.expect("is made");
    setup.clock.advance(time::Duration::seconds(1));
    assert_eq!(not_sent(create(&setup).await), WhyNotSent::Unprepared);
    assert_eq!(way.seen(&server).await.len(), 1);
}

async fn a_nonce_that_was_prepared_too_long_ago_is_not_sent(way: Way) {
    let server = server_with(way, created()).await;
    let setup = way.client(&server.uri());
    prepare(&setup).await;
    setup.clock.advance(time::Duration::minutes(2));
    assert_eq!(not_sent(create(&setup).await), WhyNotSent::Unprepared);
    assert_eq!(way.seen(&server).await, Vec::<String>::new());
}

async fn a_reserved_nonce_serves_once(way: Way) {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let setup = way.client(&server.uri());
    prepare(&setup).await;
    // This server answers everything with a list, which is no certificate.
    assert_eq!(unknown(create(&setup).await).0, UnknownClass::NotPem);
    assert_eq!(not_sent(create(&setup).await), WhyNotSent::Unprepared);
}

async fn a_name_that_means_a_folder_is_not_sent(way: Way) {
    let server = server_with(way, created()).await;
    let setup = way.client(&server.uri());
    prepare(&setup).await;
    let outcome = setup
        .atlas
        .create_certificate(&group(), &name(".."), months(3))
        .await;
    assert_eq!(not_sent(outcome), WhyNotSent::Unsendable);
    assert_eq!(way.seen(&server).await, Vec::<String>::new());
}

async fn a_server_that_is_gone_was_not_sent_anything(way: Way) {
    let mut server = RawServer::start(Act::Close).await;
    let setup = way.client(&server.url);
    prepare(&setup).await;
    server.stop().await;
    assert_eq!(not_sent(create(&setup).await), WhyNotSent::Connect);
}

async fn the_request_has_a_connection_of_its_own(way: Way) {
    let server = RawServer::start(Act::AnswerAndKeep(answer("201 Created", "", &pem()))).await;
    let setup = way.client(&server.url);
    // The connection of the preparation is still open; another one is made all the same.
    for connections in 1..4 {
        prepare(&setup).await;
        assert_eq!(server.connections(), connections);
        create(&setup).await.expect("is made");
        assert_eq!(server.connections(), connections + 1);
    }
}

async fn a_token_that_is_being_replaced_is_not_waited_for(way: Way) {
    let server = MockServer::start().await;
    let tokens = || Mock::given(path(TOKEN_PATH));
    let first = tokens().respond_with(token("first", 3600)).up_to_n_times(1);
    first.mount(&server).await;
    let slow = token("second", 3600).set_delay(std::time::Duration::from_secs(14));
    tokens().respond_with(slow).mount(&server).await;
    Mock::given(path(way.certs()))
        .respond_with(created())
        .mount(&server)
        .await;
    let setup = way.client(&server.uri());
    prepare(&setup).await;
    setup.clock.advance(time::Duration::seconds(3550));
    tokio::select! {
        biased;
        listed = setup.atlas.list_projects() => panic!("the token is not there yet: {listed:?}"),
        made = create(&setup) => made.expect("is made"),
    };
    assert_eq!(tokens_asked(&server).await, 2);
}

async fn after_a_401_the_next_preparation_gets_another_token(way: Way) {
    let server = server_with(way, error(401, "UNEXPECTED_ERROR")).await;
    let setup = way.client(&server.uri());
    refused(prepare_and_create(&setup).await);
    assert_eq!(tokens_asked(&server).await, 1);
    refused(prepare_and_create(&setup).await);
    assert_eq!(tokens_asked(&server).await, 2);
}

async fn callers_at_the_same_time_each_send_their_one_request(way: Way) {
    let server = server_with(way, created()).await;
    let setup = way.client(&server.uri());
    let all = futures::future::join_all((0..8).map(|_| prepare_and_create(&setup))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(
        way.seen(&server).await,
        vec![format!("POST {}", way.certs()); 8]
    );
}

in_every_way! {
    a_prepared_certificate_is_one_request,
    what_was_not_prepared_is_not_sent,
    a_name_that_means_a_folder_is_not_sent,
    a_server_that_is_gone_was_not_sent_anything,
    the_request_has_a_connection_of_its_own,
    callers_at_the_same_time_each_send_their_one_request,
}

in_every_way! {Account:
    a_token_that_was_prepared_too_long_ago_is_not_sent,
    a_token_that_is_being_replaced_is_not_waited_for,
    after_a_401_the_next_preparation_gets_another_token,
}

in_every_way! {Key:
    a_key_prepares_with_reading_calls_only_and_then_sends_one_request,
    a_server_that_takes_every_nonce_once_still_makes_certificates,
    a_nonce_that_ran_out_meanwhile_is_a_refusal_and_is_not_answered_again,
    a_key_that_is_wrong_fails_while_preparing,
    a_nonce_that_was_prepared_too_long_ago_is_not_sent,
    a_reserved_nonce_serves_once,
}
