//! Making certificates: one request, and how certain its outcome is.

use std::time::Duration;

use portal::{
    atlas::{ApiVersion, Atlas, CreateError, IssuedPem, Timing, UnknownClass, WhyNotSent},
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
        CERTS, Setup, account, all_seen, created, error, group, key, list, months, name, pem, seen,
        server_with_tokens, settings, tokens_asked, user,
    },
};

type Created = Result<IssuedPem, CreateError>;

async fn server_with(answer: ResponseTemplate) -> MockServer {
    let server = server_with_tokens().await;
    Mock::given(method("POST"))
        .and(path(CERTS))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

async fn prepare_and_create(setup: &Setup) -> Created {
    setup.atlas.prepare_create().await.expect("is prepared");
    create(setup).await
}

async fn create(setup: &Setup) -> Created {
    setup
        .atlas
        .create_certificate(&group(), &user(), months(3))
        .await
}

/// Makes a certificate at a server that gives this answer, and checks that it was asked once.
async fn outcome_of(answer: ResponseTemplate) -> Created {
    let server = server_with(answer).await;
    let outcome = prepare_and_create(&Setup::new(&server.uri())).await;
    assert_eq!(seen(&server).await, [format!("POST {CERTS}")]);
    outcome
}

/// The same where the connection does this.
async fn outcome_where(act: Act, change: impl FnOnce(&mut Timing)) -> Created {
    let server = RawServer::start(act).await;
    let settings = settings(&server.url, ApiVersion::V2, account());
    let outcome = prepare_and_create(&Setup::with(settings, change)).await;
    assert_eq!(server.requests().len(), 1);
    outcome
}

#[track_caller]
fn unknown(outcome: Created) -> (UnknownClass, Option<u16>) {
    match outcome {
        Err(CreateError::Unknown { class, status, .. }) => (class, status),
        other => panic!("not unknown: {other:?}"),
    }
}

#[track_caller]
fn refused(outcome: Created) -> Refusal {
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
        let reading = digest.answering(list(json!([])));
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
    let reading = digest.answering(list(json!([])));
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
    let patient = DigestServer::new(Habits::default(), list(json!([])));
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
    let digest = DigestServer::new(Habits::default(), list(json!([])));
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

    let digest = DigestServer::new(Habits::default(), list(json!([])));
    let server = digest.start().await;
    let setup = Setup::with_key(&server.uri());
    setup.atlas.prepare_create().await.expect("is prepared");
    setup.clock.advance(time::Duration::minutes(2));
    assert_eq!(not_sent(create(&setup).await), WhyNotSent::Unprepared);
}

#[tokio::test]
async fn a_reserved_nonce_serves_once() {
    let digest = DigestServer::new(Habits::default(), list(json!([])));
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
    let server = RawServer::start(Act::Answer(answer("201 Created", "", &pem()))).await;
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
async fn a_json_string_is_the_same_text() {
    let text = serde_json::to_string(&pem()).expect("is text");
    let answer = ResponseTemplate::new(201).set_body_raw(text, "application/json");
    let issued = outcome_of(answer).await.expect("is made");
    assert_eq!(issued.expose(), pem());
}

#[tokio::test]
async fn a_refusal_atlas_explains_is_certain() {
    for (status, code, reason) in [
        (400, "USER_NOT_MANAGED_X509", RefusalReason::UserNotManaged),
        (401, "USER_UNAUTHORIZED", RefusalReason::RoleMissing),
        (401, "UNEXPECTED_ERROR", RefusalReason::CredentialRefused),
        (402, "ACCOUNT_SUSPENDED", RefusalReason::AccountSuspended),
        (403, "ACCESS_FORBIDDEN", RefusalReason::Forbidden),
        (404, "USERNAME_NOT_FOUND", RefusalReason::UserNotFound),
        (
            405,
            "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES",
            RefusalReason::WritesPaused,
        ),
        (406, "INVALID_VERSION_DATE", RefusalReason::VersionRefused),
        (409, "CONFLICT", RefusalReason::Conflict),
        (410, "VERSION_GONE", RefusalReason::VersionRefused),
        (415, "UNSUPPORTED", RefusalReason::VersionRefused),
        (422, "UNPROCESSABLE", RefusalReason::VersionRefused),
        (429, "RATE_LIMITED", RefusalReason::RateLimited),
    ] {
        let answer = error(status, code).insert_header("retry-after", "5");
        let refusal = refused(outcome_of(answer).await);
        assert_eq!(refusal.reason, reason);
        assert_eq!((refusal.status, refusal.code.as_str()), (status, code));
        assert_eq!(refusal.retry_after, Some(5));
    }
}

#[tokio::test]
async fn a_refusal_without_atlass_own_explanation_is_unknown() {
    for status in [400, 401, 402, 403, 404, 405, 406, 409, 410, 415, 422, 429] {
        for body in [
            "",
            "<html>Blocked</html>",
            r#"{"message":"no"}"#,
            // A refusal that speaks of another status.
            r#"{"error":418,"errorCode":"X"}"#,
            r#"{"error":500,"errorCode":"UNEXPECTED_ERROR"}"#,
        ] {
            let answer = ResponseTemplate::new(status).set_body_string(body);
            let (class, seen) = unknown(outcome_of(answer).await);
            assert_eq!(
                (class, seen),
                (UnknownClass::Unexplained, Some(status)),
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn a_token_that_has_run_out_may_be_refused_in_the_form_of_oauth() {
    let body = json!({"error": "invalid_token", "error_description": "The token has expired."});
    let refusal = refused(outcome_of(ResponseTemplate::new(401).set_body_json(&body)).await);
    assert_eq!(refusal.reason, RefusalReason::CredentialRefused);
    assert_eq!(refusal.code, "invalid_token");
    // With any other status nobody knows who says so.
    let outcome = outcome_of(ResponseTemplate::new(403).set_body_json(&body)).await;
    assert_eq!(unknown(outcome).0, UnknownClass::Unexplained);
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
async fn a_server_in_trouble_leaves_the_outcome_unknown_even_when_it_explains_itself() {
    for status in [500, 502, 503, 504, 599] {
        let answer = error(status, "UNEXPECTED_ERROR").insert_header("retry-after", "1");
        let outcome = unknown(outcome_of(answer).await);
        assert_eq!(outcome, (UnknownClass::ServerError, Some(status)));
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed_and_leaves_the_outcome_unknown() {
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let answer = ResponseTemplate::new(status).insert_header("location", CERTS);
        let outcome = unknown(outcome_of(answer).await);
        assert_eq!(outcome, (UnknownClass::Redirect, Some(status)));
    }
}

#[tokio::test]
async fn a_status_nobody_knows_leaves_the_outcome_unknown() {
    for status in [408, 413, 418, 421, 451] {
        let outcome = unknown(outcome_of(error(status, "ANY")).await);
        assert_eq!(outcome, (UnknownClass::OddStatus, Some(status)));
    }
}

#[tokio::test]
async fn a_success_that_is_no_certificate_and_key_is_unknown() {
    let certificate = pem()
        .split_inclusive("-----END CERTIFICATE-----\n")
        .next()
        .map(str::to_owned);
    let certificate = certificate.expect("begins with one");
    let cut = pem().len() - 30;
    for (body, class) in [
        (String::new(), UnknownClass::NotPem),
        ("{}".to_owned(), UnknownClass::NotPem),
        ("<html>".to_owned(), UnknownClass::NotPem),
        (certificate, UnknownClass::Truncated),
        (pem()[..cut].to_owned(), UnknownClass::Truncated),
        (" ".repeat(65 * 1024), UnknownClass::Oversize),
        (pem() + &" ".repeat(64 * 1024), UnknownClass::Oversize),
    ] {
        let answer = ResponseTemplate::new(201).set_body_string(body);
        assert_eq!(unknown(outcome_of(answer).await), (class, Some(201)));
    }
    let outcome = outcome_of(ResponseTemplate::new(204)).await;
    assert_eq!(unknown(outcome), (UnknownClass::NotPem, Some(204)));
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_a_reset() {
    for act in [
        Act::Reset,
        Act::Close,
        Act::Answer(b"HTTP/1.1 2".to_vec()),
        Act::Answer(b"SSH-2.0-OpenSSH\r\n".to_vec()),
        Act::AnswerAndReset(b"HTTP/1.1 201 Created\r\ncontent-le".to_vec()),
    ] {
        let outcome = unknown(outcome_where(act.clone(), |_| ()).await);
        assert_eq!(outcome, (UnknownClass::Reset, None), "{act:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_within_the_answer_truncates_it() {
    let whole = answer("201 Created", "", &pem());
    let most = whole[..whole.len() - 10].to_vec();
    let chunked =
        b"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n5\r\n-----\r\n".to_vec();
    // Without a length the end of the connection is the end of the text.
    let unmeasured = format!("HTTP/1.1 201 Created\r\n\r\n{}", &pem()[..80]).into_bytes();
    for act in [
        Act::Answer(most.clone()),
        Act::AnswerAndReset(most),
        Act::Answer(chunked),
        Act::Answer(unmeasured),
    ] {
        let outcome = unknown(outcome_where(act.clone(), |_| ()).await);
        assert_eq!(outcome, (UnknownClass::Truncated, Some(201)), "{act:?}");
    }
}

#[tokio::test]
async fn a_refusal_that_breaks_off_is_unknown() {
    let whole = answer("400 Bad Request", "", r#"{"error":400,"errorCode":"X"}"#);
    let act = Act::Answer(whole[..whole.len() - 3].to_vec());
    let outcome = unknown(outcome_where(act, |_| ()).await);
    assert_eq!(outcome, (UnknownClass::Truncated, Some(400)));
}

#[tokio::test]
async fn an_answer_that_does_not_begin_in_time_is_a_timeout() {
    let outcome = outcome_where(Act::Hang, |timing| {
        timing.first_byte = Duration::from_millis(100);
    });
    assert_eq!(unknown(outcome.await), (UnknownClass::Timeout, None));
}

#[tokio::test]
async fn an_answer_that_does_not_end_in_time_is_a_timeout() {
    let begun = b"HTTP/1.1 201 Created\r\ncontent-length: 60000\r\n\r\n-----BEGIN ".to_vec();
    for act in [Act::AnswerAndHang(begun.clone()), Act::Trickle(begun)] {
        let outcome = outcome_where(act, |timing| timing.create = Duration::from_millis(300));
        assert_eq!(unknown(outcome.await), (UnknownClass::Timeout, Some(201)));
    }
}

#[tokio::test]
async fn a_body_that_says_it_is_compressed_is_not_unpacked() {
    let answer = answer("201 Created", "content-encoding: gzip\r\n", &pem());
    let issued = outcome_where(Act::Answer(answer), |_| ()).await;
    assert_eq!(issued.expect("is made").expose(), pem());
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
        let reading = digest.answering(list(json!([])));
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
