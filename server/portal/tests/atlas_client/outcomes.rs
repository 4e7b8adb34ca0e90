//! How certain the outcome of the one request is.

use std::time::Duration;

use portal::{
    atlas::{Timing, UnknownClass},
    model::RefusalReason,
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::{
    creating::{Created, prepare_and_create, refused, unknown},
    raw::{Act, RawServer, answer},
    support::{Setup, error, pem},
    ways::{Way, in_every_way},
};

/// A server and a client that make one certificate after the other.
struct Making {
    way: Way,
    server: MockServer,
    setup: Setup,
}

impl Making {
    async fn new(way: Way) -> Self {
        let server = way.server().await;
        let setup = way.client(&server.uri());
        Self { way, server, setup }
    }

    /// What comes of this answer; checks that it was asked for once.
    async fn outcome_of(&self, answer: ResponseTemplate) -> Created {
        let _answering = Mock::given(method("POST"))
            .and(path(self.way.certs()))
            .respond_with(answer)
            .expect(1)
            .mount_as_scoped(&self.server)
            .await;
        let before = self.way.seen(&self.server).await.len();
        let outcome = prepare_and_create(&self.setup).await;
        let asked = format!("POST {}", self.way.certs());
        assert_eq!(self.way.seen(&self.server).await[before..], [asked]);
        outcome
    }
}

/// What comes of a connection that does this; checks that it was asked for once.
async fn outcome_where(way: Way, act: Act, change: impl FnOnce(&mut Timing)) -> Created {
    let server = RawServer::start(act).await;
    let outcome = prepare_and_create(&way.client_with(&server.url, change)).await;
    assert_eq!(server.requests().len(), 1);
    outcome
}

async fn a_json_string_is_the_same_text(way: Way) {
    let making = Making::new(way).await;
    let text = serde_json::to_string(&pem()).expect("is text");
    let answer = ResponseTemplate::new(201).set_body_raw(text, "application/json");
    let enveloped = json!({"status": 201, "content": pem()});
    for answer in [answer, ResponseTemplate::new(200).set_body_json(enveloped)] {
        let issued = making.outcome_of(answer).await.expect("is made");
        assert_eq!((issued.expose(), issued.status), (pem().as_str(), 201));
    }
}

async fn a_refusal_atlas_explains_is_certain(way: Way) {
    let making = Making::new(way).await;
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
        (410, "VERSION_GONE", RefusalReason::VersionGone),
        (415, "UNSUPPORTED", RefusalReason::VersionRefused),
        (422, "UNPROCESSABLE", RefusalReason::VersionRefused),
        (429, "RATE_LIMITED", RefusalReason::RateLimited),
    ] {
        let answer = error(status, code).insert_header("retry-after", "5");
        let refusal = refused(making.outcome_of(answer).await);
        assert_eq!(refusal.reason, reason);
        assert_eq!((refusal.status, refusal.code.as_str()), (status, code));
        assert_eq!(refusal.retry_after, Some(5));
    }
}

async fn a_refusal_without_atlass_own_explanation_is_unknown(way: Way) {
    let making = Making::new(way).await;
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
            let (class, seen) = unknown(making.outcome_of(answer).await);
            assert_eq!(
                (class, seen),
                (UnknownClass::Unexplained, Some(status)),
                "{body}"
            );
        }
    }
}

async fn a_token_that_has_run_out_may_be_refused_in_the_form_of_oauth(way: Way) {
    let making = Making::new(way).await;
    let body = json!({"error": "invalid_token", "error_description": "The token has expired."});
    let refusal = refused(
        making
            .outcome_of(ResponseTemplate::new(401).set_body_json(&body))
            .await,
    );
    assert_eq!(refusal.reason, RefusalReason::CredentialRefused);
    assert_eq!(refusal.code, "invalid_token");
    // With any other status nobody knows who says so.
    let outcome = making
        .outcome_of(ResponseTemplate::new(403).set_body_json(&body))
        .await;
    assert_eq!(unknown(outcome).0, UnknownClass::Unexplained);
}

async fn a_server_in_trouble_leaves_the_outcome_unknown_even_when_it_explains_itself(way: Way) {
    let making = Making::new(way).await;
    for status in [500, 502, 503, 504, 599] {
        let answer = error(status, "UNEXPECTED_ERROR").insert_header("retry-after", "1");
        let outcome = unknown(making.outcome_of(answer).await);
        assert_eq!(outcome, (UnknownClass::ServerError, Some(status)));
    }
}

async fn a_redirection_is_not_followed_and_leaves_the_outcome_unknown(way: Way) {
    let making = Making::new(way).await;
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let answer = ResponseTemplate::new(status).insert_header("location", way.certs());
        let outcome = unknown(making.outcome_of(answer).await);
        assert_eq!(outcome, (UnknownClass::Redirect, Some(status)));
    }
}

async fn a_status_nobody_knows_leaves_the_outcome_unknown(way: Way) {
    let making = Making::new(way).await;
    for status in [408, 413, 418, 421, 451] {
        let outcome = unknown(making.outcome_of(error(status, "ANY")).await);
        assert_eq!(outcome, (UnknownClass::OddStatus, Some(status)));
    }
}

async fn a_success_that_is_no_certificate_and_key_is_unknown(way: Way) {
    let making = Making::new(way).await;
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
        assert_eq!(unknown(making.outcome_of(answer).await), (class, Some(201)));
    }
    let outcome = making.outcome_of(ResponseTemplate::new(204)).await;
    assert_eq!(unknown(outcome), (UnknownClass::NotPem, Some(204)));
}

async fn a_connection_that_breaks_before_the_answer_is_a_reset(way: Way) {
    for act in [
        Act::Reset,
        Act::Close,
        Act::Answer(b"HTTP/1.1 2".to_vec()),
        Act::Answer(b"SSH-2.0-OpenSSH\r\n".to_vec()),
        Act::AnswerAndReset(b"HTTP/1.1 201 Created\r\ncontent-le".to_vec()),
    ] {
        let outcome = unknown(outcome_where(way, act.clone(), |_| ()).await);
        assert_eq!(outcome, (UnknownClass::Reset, None), "{act:?}");
    }
}

async fn a_connection_that_breaks_within_the_answer_truncates_it(way: Way) {
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
        let outcome = unknown(outcome_where(way, act.clone(), |_| ()).await);
        assert_eq!(outcome, (UnknownClass::Truncated, Some(201)), "{act:?}");
    }
}

async fn a_refusal_that_breaks_off_is_unknown(way: Way) {
    let whole = answer("400 Bad Request", "", r#"{"error":400,"errorCode":"X"}"#);
    let act = Act::Answer(whole[..whole.len() - 3].to_vec());
    let outcome = unknown(outcome_where(way, act, |_| ()).await);
    assert_eq!(outcome, (UnknownClass::Truncated, Some(400)));
}

async fn an_answer_that_does_not_begin_in_time_is_a_timeout(way: Way) {
    let outcome = outcome_where(way, Act::Hang, |timing| {
        timing.first_byte = Duration::from_millis(100);
    });
    assert_eq!(unknown(outcome.await), (UnknownClass::Timeout, None));
}

async fn an_answer_that_does_not_end_in_time_is_a_timeout(way: Way) {
    let begun = b"HTTP/1.1 201 Created\r\ncontent-length: 60000\r\n\r\n-----BEGIN ".to_vec();
    for act in [Act::AnswerAndHang(begun.clone()), Act::Trickle(begun)] {
        let outcome = outcome_where(way, act, |timing| timing.write = Duration::from_millis(300));
        assert_eq!(unknown(outcome.await), (UnknownClass::Timeout, Some(201)));
    }
}

async fn a_body_that_says_it_is_compressed_is_not_unpacked(way: Way) {
    let answer = answer("201 Created", "content-encoding: gzip\r\n", &pem());
    let issued = outcome_where(way, Act::Answer(answer), |_| ()).await;
    assert_eq!(issued.expect("is made").expose(), pem());
}

in_every_way! {
    a_json_string_is_the_same_text,
    a_refusal_atlas_explains_is_certain,
    a_refusal_without_atlass_own_explanation_is_unknown,
    a_token_that_has_run_out_may_be_refused_in_the_form_of_oauth,
    a_server_in_trouble_leaves_the_outcome_unknown_even_when_it_explains_itself,
    a_redirection_is_not_followed_and_leaves_the_outcome_unknown,
    a_status_nobody_knows_leaves_the_outcome_unknown,
    a_success_that_is_no_certificate_and_key_is_unknown,
    a_connection_that_breaks_before_the_answer_is_a_reset,
    a_connection_that_breaks_within_the_answer_truncates_it,
    a_refusal_that_breaks_off_is_unknown,
    an_answer_that_does_not_begin_in_time_is_a_timeout,
    an_answer_that_does_not_end_in_time_is_a_timeout,
    a_body_that_says_it_is_compressed_is_not_unpacked,
}
