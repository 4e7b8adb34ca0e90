//! Refusals: who is told what, whatever the shape of the answer.

use portal::{
    atlas::{Atlas, Unanswered},
    model::RefusalReason,
};
use serde_json::{Value, json};
use time::macros::datetime;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::{
    changing::Change,
    creating::{self, prepare_and_create},
    support::{TOKEN_PATH, error, group, refused, refused_for, tokens_asked, unanswered},
    ways::{Kind, Talk, Way, in_every_way},
};

/// An error with words and parameters.
fn explained(status: u16, code: &str, detail: &str, parameters: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({
        "detail": detail, "error": status, "errorCode": code,
        "parameters": parameters, "reason": "Words",
    }))
}

async fn the_four_meanings_of_401_are_told_apart(way: Way) {
    use RefusalReason as R;

    let talk = Talk::new(way).await;
    for (status, code, reason) in [
        // No credential, one that has ended, a wrong one.
        (401, "UNEXPECTED_ERROR", R::CredentialRefused),
        // One without the role.
        (401, "USER_UNAUTHORIZED", R::RoleMissing),
        // One of another project, or no such project: Atlas does not say which.
        (401, "NOT_IN_GROUP", R::NotInProject),
        (401, "USER_CANNOT_ACCESS_GROUP", R::NotInProject),
        // No such project, for those who may know.
        (404, "GROUP_NOT_FOUND", R::ProjectNotFound),
    ] {
        let before = way.seen(&talk.server).await.len();
        let _answering = talk.answering(error(status, code)).await;
        let security = talk.setup.atlas.user_security(&group()).await;
        assert_eq!(refused_for(security), reason);
        // A credential in doubt is proved once more, in case only its token was old.
        let in_doubt = reason == R::CredentialRefused && way.with == Kind::Account;
        let asked = if in_doubt { 2 } else { 1 };
        assert_eq!(talk.seen_since(before).await.len(), asked, "{code}");
    }
}

async fn a_wrong_secret_is_told_apart_from_everything_else(way: Way) {
    let server = MockServer::start().await;
    let body =
        json!({"error": "invalid_client", "error_description": "Invalid credentials provided."});
    Mock::given(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(401).set_body_json(body))
        .mount(&server)
        .await;
    let setup = way.client(&server.uri());
    let refusal = refused(setup.atlas.list_projects().await);
    assert_eq!(refusal.reason, RefusalReason::SecretRefused);
    assert_eq!(refusal.code, "invalid_client");
    assert_eq!(tokens_asked(&server).await, 1);
}

async fn the_address_that_is_not_let_in_is_kept_and_nothing_else_of_the_text(way: Way) {
    let code = "IP_ADDRESS_NOT_ON_ACCESS_LIST";
    let detail = "IP address 203.0.113.7 is not allowed to access this resource.";
    let empty = json!([]);
    let talk = Talk::new(way).await;
    for (detail, parameters, address) in [
        (detail, json!(["203.0.113.7"]), Some("203.0.113.7")),
        (detail, json!(["198.51.100.1"]), Some("198.51.100.1")),
        (detail, empty.clone(), Some("203.0.113.7")),
        (detail, Value::Null, Some("203.0.113.7")),
        ("", json!(["2001:DB8:0::7"]), Some("2001:db8::7")),
        ("Not 203.0.113.7.", empty.clone(), Some("203.0.113.7")),
        ("", json!([7, {"a": 1}, "203.0.113.7"]), Some("203.0.113.7")),
        ("", empty.clone(), None),
        ("", json!(["203.0.113.777"]), None),
        ("", json!(["<script>"]), None),
        ("", json!(["evil.example"]), None),
        ("203.0.113.0/24", json!([20_301_137]), None),
    ] {
        let answer = explained(403, code, detail, &parameters);
        let _answering = talk.answering(answer).await;
        let refusal = refused(talk.setup.atlas.list_projects().await);
        assert_eq!(refusal.reason, RefusalReason::AddressNotAllowed);
        assert_eq!(refusal.address.as_deref(), address, "{detail} {parameters}");
        let refusal = creating::refused(prepare_and_create(&talk.setup).await);
        assert_eq!(refusal.address.as_deref(), address, "{detail} {parameters}");
    }
    // An address in another error is nobody's business.
    let answer = explained(403, "ACCESS_FORBIDDEN", detail, &json!(["203.0.113.7"]));
    let _answering = talk.answering(answer).await;
    let refusal = refused(talk.setup.atlas.list_projects().await);
    assert_eq!(refusal.address, None);
}

async fn how_long_to_wait_is_told_with_the_moment_it_ends(way: Way) {
    let answer = explained(
        429,
        "RATE_LIMITED_TOKEN_BUCKET",
        "Rate limit exceeded.",
        &json!(["api/atlas/v2/groups", 55, 10, 5, 60]),
    );
    let ends = Some(datetime!(2026-08-10 12:00:55 UTC));
    let talk = Talk::new(way).await;
    let limited = talk.answering(answer).await;
    let refusal = refused(talk.setup.atlas.list_projects().await);
    assert_eq!((refusal.retry_after, refusal.retry_at), (Some(55), ends));
    for change in [Change::Disable, Change::Create] {
        let refusal = creating::refused(change.prepare_and_make(&talk.setup).await);
        assert_eq!((refusal.retry_after, refusal.retry_at), (Some(55), ends));
    }
    drop(limited);

    let answer = error(503, "SERVICE_UNAVAILABLE").insert_header("retry-after", "90");
    let _answering = talk.answering(answer).await;
    let why = unanswered(talk.setup.atlas.list_projects().await);
    let ends = datetime!(2026-08-10 12:01:30 UTC);
    assert!(
        matches!(&why, Unanswered::Status { status: 503, retry_after: Some(90), retry_at: Some(at), .. } if *at == ends),
        "{why:?}"
    );
}

async fn a_refusal_without_atlass_explanation_is_no_refusal(way: Way) {
    let talk = Talk::new(way).await;
    for status in [400, 401, 402, 403, 404, 405, 406, 409, 410, 415, 422] {
        for body in [
            "",
            "   ",
            "null",
            "{}",
            "<html><h1>403 Forbidden</h1></html>",
            r#"{"message":"no"}"#,
            r#"{"error":403}"#,
            r#"{"errorCode":"X"}"#,
            r#"{"error":403,"errorCode":"X""#,
            r#"{"error":403,"errorCode":"two words"}"#,
        ] {
            let answer = ResponseTemplate::new(status).set_body_string(body);
            let _answering = talk.answering(answer).await;
            let why = unanswered(talk.setup.atlas.user_security(&group()).await);
            assert!(
                matches!(why, Unanswered::Status { status: s, .. } if s == status),
                "{status} {body}: {why}"
            );
        }
    }
}

async fn an_error_in_either_shape_is_understood(way: Way) {
    let talk = Talk::new(way).await;
    for (status, body, code) in [
        (
            403,
            json!({"error": 403, "errorCode": "ACCESS_FORBIDDEN"}),
            "ACCESS_FORBIDDEN",
        ),
        // What the specification calls optional, as null.
        (
            403,
            json!({"detail": null, "error": 403, "errorCode": "ACCESS_FORBIDDEN",
                "parameters": null, "reason": null, "badRequestDetail": null}),
            "ACCESS_FORBIDDEN",
        ),
        (
            400,
            json!({"error": 400, "errorCode": "VALIDATION_ERROR",
                "badRequestDetail": {"fields": [{"description": "d", "field": "f"}]}}),
            "VALIDATION_ERROR",
        ),
        (401, json!({"error": "invalid_token"}), "invalid_token"),
        (
            403,
            json!({"error": "access_denied", "error_description": "d"}),
            "access_denied",
        ),
    ] {
        let answer = ResponseTemplate::new(status).set_body_json(&body);
        let _answering = talk.answering(answer).await;
        let refusal = refused(talk.setup.atlas.user_security(&group()).await);
        assert_eq!(
            (refusal.status, refusal.code.as_str()),
            (status, code),
            "{body}"
        );
    }
}

in_every_way! {
    the_four_meanings_of_401_are_told_apart,
    the_address_that_is_not_let_in_is_kept_and_nothing_else_of_the_text,
    how_long_to_wait_is_told_with_the_moment_it_ends,
    a_refusal_without_atlass_explanation_is_no_refusal,
    an_error_in_either_shape_is_understood,
}

in_every_way! {Account: a_wrong_secret_is_told_apart_from_everything_else}
