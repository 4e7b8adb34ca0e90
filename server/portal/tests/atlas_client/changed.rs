//! How certain the outcome of a change is, and that it is asked for once whatever happens.

use std::time::Duration;

use portal::{
    atlas::{Timing, UnknownClass, WriteError},
    model::RefusalReason,
};
use serde_json::json;
use strum::IntoEnumIterator;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::{
    changing::Change,
    creating::{refused, unknown},
    raw::{Act, RawServer, answer},
    support::{Setup, error, tokens_asked},
    ways::{Kind, Way, in_every_way},
};

type Outcome = Result<(), WriteError>;

/// A server and a client that make one change after the other.
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
    async fn outcome_of(&self, change: Change, answer: ResponseTemplate) -> Outcome {
        let _answering = Mock::given(method(change.method()))
            .and(path(change.path(self.way)))
            .respond_with(answer)
            .expect(1)
            .mount_as_scoped(&self.server)
            .await;
        let before = self.way.seen(&self.server).await.len();
        let outcome = change.prepare_and_make(&self.setup).await;
        let seen = self.way.seen(&self.server).await;
        assert_eq!(seen[before..], [change.line(self.way)]);
        outcome
    }
}

/// What comes of a connection that does this; checks that it was asked for once.
async fn outcome_where(
    way: Way,
    change: Change,
    act: Act,
    timing: impl FnOnce(&mut Timing),
) -> Outcome {
    let server = RawServer::start(act).await;
    let outcome = change
        .prepare_and_make(&way.client_with(&server.url, timing))
        .await;
    assert_eq!(server.requests().len(), 1);
    outcome
}

async fn what_atlas_confirms_is_done(way: Way) {
    let making = Making::new(way).await;
    for change in Change::iter() {
        let (status, body) = change.success();
        let enveloped = json!({"status": status, "content": body});
        for answer in [
            change.success_template(),
            ResponseTemplate::new(200).set_body_json(enveloped),
        ] {
            let outcome = making.outcome_of(change, answer).await;
            outcome.unwrap_or_else(|error| panic!("{change:?}: {error}"));
        }
    }
    for answer in [
        ResponseTemplate::new(200),
        ResponseTemplate::new(202),
        ResponseTemplate::new(200).set_body_json(json!({})),
        ResponseTemplate::new(200).set_body_json(json!({"status": 204})),
    ] {
        let outcome = making.outcome_of(Change::Delete, answer).await;
        outcome.expect("is done");
    }
}

async fn a_success_that_does_not_say_what_was_done_is_unknown(way: Way) {
    let making = Making::new(way).await;
    let page = "<html><h1>Sign in to the network</h1></html>";
    for change in Change::iter() {
        for body in [page, "null", "[]", "\"text\"", "{\"username\":"] {
            let answer = ResponseTemplate::new(200).set_body_string(body);
            let outcome = unknown(making.outcome_of(change, answer).await);
            assert_eq!(outcome, (UnknownClass::Unconfirmed, Some(200)), "{body}");
        }
    }
    for change in [Change::Create, Change::Update, Change::Disable] {
        for body in [
            "",
            "{}",
            r#"{"username":"somebody-else","databaseName":"$external"}"#,
            r#"{"results":[]}"#,
        ] {
            let answer = ResponseTemplate::new(200).set_body_string(body);
            let outcome = unknown(making.outcome_of(change, answer).await);
            assert_eq!(outcome, (UnknownClass::Unconfirmed, Some(200)), "{body}");
        }
    }
}

async fn a_success_with_too_many_bytes_is_unknown(way: Way) {
    let making = Making::new(way).await;
    for change in Change::iter() {
        let answer = ResponseTemplate::new(200).set_body_string(" ".repeat(65 * 1024));
        let outcome = unknown(making.outcome_of(change, answer).await);
        assert_eq!(outcome, (UnknownClass::Oversize, Some(200)));
    }
}

async fn a_refusal_atlas_explains_is_certain(way: Way) {
    use RefusalReason as R;

    let making = Making::new(way).await;
    for (change, status, code, reason) in [
        (Change::Create, 400, "ATLAS_INVALID_ROLE", R::RoleUnknown),
        (Change::Create, 400, "BLOCKED_USERNAME", R::NameBlocked),
        (Change::Create, 409, "USER_ALREADY_EXISTS", R::UserExists),
        (
            Change::Create,
            403,
            "GROUP_USERS_LIMIT_EXCEEDED",
            R::UserLimitReached,
        ),
        (
            Change::Update,
            409,
            "DATABASE_USERNAME_CANNOT_BE_CHANGED",
            R::UserUnchangeable,
        ),
        (Change::Update, 404, "USERNAME_NOT_FOUND", R::UserNotFound),
        (Change::Delete, 404, "USER_NOT_FOUND", R::UserNotFound),
        (Change::Disable, 404, "GROUP_NOT_FOUND", R::ProjectNotFound),
    ] {
        let refusal = refused(making.outcome_of(change, error(status, code)).await);
        assert_eq!((refusal.reason, refusal.status), (reason, status), "{code}");
        assert_eq!(refusal.code, code);
    }
    for change in Change::iter() {
        for (status, code, reason) in [
            (401, "USER_UNAUTHORIZED", R::RoleMissing),
            (401, "NOT_IN_GROUP", R::NotInProject),
            (402, "ACCOUNT_SUSPENDED", R::AccountSuspended),
            (403, "ACCESS_FORBIDDEN", R::Forbidden),
            (
                405,
                "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES",
                R::WritesPaused,
            ),
            (406, "INVALID_VERSION_DATE", R::VersionRefused),
            (429, "RATE_LIMITED", R::RateLimited),
        ] {
            let answer = error(status, code).insert_header("retry-after", "5");
            let refusal = refused(making.outcome_of(change, answer).await);
            assert_eq!((refusal.reason, refusal.status), (reason, status), "{code}");
            assert_eq!(refusal.retry_after, Some(5));
            let enveloped =
                json!({"status": status, "content": {"error": status, "errorCode": code}});
            let answer = ResponseTemplate::new(200).set_body_json(enveloped);
            let refusal = refused(making.outcome_of(change, answer).await);
            assert_eq!((refusal.reason, refusal.status), (reason, status), "{code}");
        }
    }
}

async fn everything_else_is_unknown(way: Way) {
    let making = Making::new(way).await;
    for change in Change::iter() {
        for (answer, class) in [
            (ResponseTemplate::new(403), UnknownClass::Unexplained),
            (
                ResponseTemplate::new(404).set_body_string("<html>Not here</html>"),
                UnknownClass::Unexplained,
            ),
            (
                ResponseTemplate::new(409).set_body_json(json!({"error": 500, "errorCode": "X"})),
                UnknownClass::Unexplained,
            ),
            (error(500, "UNEXPECTED_ERROR"), UnknownClass::ServerError),
            (ResponseTemplate::new(502), UnknownClass::ServerError),
            (error(503, "SERVICE_UNAVAILABLE"), UnknownClass::ServerError),
            (
                ResponseTemplate::new(307).insert_header("location", change.path(way)),
                UnknownClass::Redirect,
            ),
            (error(408, "ANY"), UnknownClass::OddStatus),
            (error(418, "ANY"), UnknownClass::OddStatus),
        ] {
            let (seen, _) = unknown(making.outcome_of(change, answer).await);
            assert_eq!(seen, class, "{change:?}");
        }
    }
}

async fn a_connection_that_breaks_leaves_the_outcome_unknown(way: Way) {
    for change in Change::iter() {
        let (status, body) = change.success();
        let whole = answer("200 OK", "", &body.to_string());
        let cut = whole[..whole.len() - 2].to_vec();
        let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n{".to_vec();
        let quick = |timing: &mut Timing| {
            timing.first_byte = Duration::from_millis(100);
            timing.write = Duration::from_millis(200);
        };
        for (act, class) in [
            (Act::Reset, UnknownClass::Reset),
            (Act::Close, UnknownClass::Reset),
            (Act::Answer(b"HTTP/1.1 2".to_vec()), UnknownClass::Reset),
            (Act::Answer(cut), UnknownClass::Truncated),
            (Act::Hang, UnknownClass::Timeout),
            (Act::AnswerAndHang(begun), UnknownClass::Timeout),
        ] {
            let (seen, _) = unknown(outcome_where(way, change, act.clone(), quick).await);
            assert_eq!(seen, class, "{change:?} {act:?} {status}");
        }
    }
}

async fn after_a_401_the_next_preparation_gets_another_token(way: Way) {
    for change in Change::iter() {
        let making = Making::new(way).await;
        for tokens in 1..3 {
            let answer = error(401, "UNEXPECTED_ERROR");
            refused(making.outcome_of(change, answer).await);
            assert_eq!(way.with, Kind::Account);
            assert_eq!(tokens_asked(&making.server).await, tokens);
        }
    }
}

in_every_way! {
    what_atlas_confirms_is_done,
    a_success_that_does_not_say_what_was_done_is_unknown,
    a_success_with_too_many_bytes_is_unknown,
    a_refusal_atlas_explains_is_certain,
    everything_else_is_unknown,
    a_connection_that_breaks_leaves_the_outcome_unknown,
}

in_every_way! {Account: after_a_401_the_next_preparation_gets_another_token}
