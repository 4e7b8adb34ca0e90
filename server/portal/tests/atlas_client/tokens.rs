//! Tokens of service accounts.

use futures::future::join_all;
use portal::{
    atlas::{Atlas, Credential, Purpose, ReadError, Unanswered},
    model::RefusalReason,
};
use serde_json::json;
use time::Duration;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string, header, method, path},
};

use crate::{
    support::{
        CANARY, CLIENT_ID, GROUP, Setup, TOKEN_PATH, account, error, key, list, refused,
        refused_for, settings, token, tokens_asked, unanswered,
    },
    ways::{Way, in_every_way},
};

async fn answer_projects(way: Way, server: &MockServer, answer: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path(way.at("/groups")))
        .respond_with(answer)
        .mount(server)
        .await;
}

/// A server whose token endpoint gives this answer.
async fn server_without_tokens(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(TOKEN_PATH))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

async fn one_token_serves_for_many_calls(way: Way) {
    let server = way.server().await;
    answer_projects(way, &server, list(&json!([]))).await;
    let setup = way.client(&server.uri());
    for _ in 0..3 {
        setup.atlas.list_projects().await.expect("answers");
    }
    assert_eq!(tokens_asked(&server).await, 1);
    assert_eq!(way.seen(&server).await.len(), 3);
}

async fn the_token_is_asked_for_as_rfc_6749_says_and_sent_as_rfc_6750_says(way: Way) {
    let server = MockServer::start().await;
    // base64 of `id%3A1:s%2B%2F+`: both halves are form-encoded first.
    Mock::given(method("POST"))
        .and(path(TOKEN_PATH))
        .and(header("authorization", "Basic aWQlM0ExOnMlMkIlMkYr"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(header("accept", "application/json"))
        .and(body_string("grant_type=client_credentials"))
        .respond_with(token("the-token", 3600))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(header("authorization", "Bearer the-token"))
        .respond_with(list(&json!([])))
        .expect(1)
        .mount(&server)
        .await;
    let credential = Credential::ServiceAccount {
        client_id: "id:1".to_owned(),
        client_secret: "s+/ ".to_owned().into(),
    };
    let setup = Setup::with(settings(&server.uri(), way.api, credential), |_| ());
    setup.atlas.list_projects().await.expect("answers");
}

async fn sixteen_callers_at_once_cost_one_token(way: Way) {
    let server = way.server().await;
    answer_projects(way, &server, list(&json!([]))).await;
    let setup = way.client(&server.uri());
    for result in join_all((0..16).map(|_| setup.atlas.list_projects())).await {
        result.expect("answers");
    }
    assert_eq!(tokens_asked(&server).await, 1);

    setup.clock.advance(Duration::HOUR);
    for result in join_all((0..16).map(|_| setup.atlas.list_projects())).await {
        result.expect("answers");
    }
    assert_eq!(tokens_asked(&server).await, 2);
}

async fn sixteen_callers_at_once_share_the_failure_to_get_a_token(way: Way) {
    let server = server_without_tokens(ResponseTemplate::new(500)).await;
    let setup = way.client_with(&server.uri(), |timing| timing.most_retries = 0);
    for result in join_all((0..16).map(|_| setup.atlas.list_projects())).await {
        let why = unanswered(result);
        assert!(
            matches!(why, Unanswered::Status { status: 500, .. }),
            "{why}"
        );
    }
    assert_eq!(tokens_asked(&server).await, 1);
    // Whoever comes later asks again.
    unanswered(setup.atlas.list_projects().await);
    assert_eq!(tokens_asked(&server).await, 2);
}

async fn a_token_is_replaced_a_minute_before_it_ends(way: Way) {
    let server = way.server().await;
    answer_projects(way, &server, list(&json!([]))).await;
    let setup = way.client(&server.uri());
    for (advance, tokens) in [(0, 1), (3539, 1), (1, 2), (3539, 2), (1, 3)] {
        setup.clock.advance(Duration::seconds(advance));
        setup.atlas.list_projects().await.expect("answers");
        assert_eq!(tokens_asked(&server).await, tokens, "{advance} s later");
    }
}

async fn a_token_that_lives_less_than_two_minutes_is_used_for_half_its_life(way: Way) {
    let server = server_without_tokens(token("short", 10)).await;
    answer_projects(way, &server, list(&json!([]))).await;
    let setup = way.client(&server.uri());
    for (advance, tokens) in [(0, 1), (4, 1), (1, 2)] {
        setup.clock.advance(Duration::seconds(advance));
        setup.atlas.list_projects().await.expect("answers");
        assert_eq!(tokens_asked(&server).await, tokens, "{advance} s later");
    }
}

async fn a_token_revoked_between_two_calls_is_replaced_within_the_second(way: Way) {
    let server = way.server().await;
    Mock::given(header("authorization", format!("Bearer {CANARY}-token-1")))
        .respond_with(list(&json!([])))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(header("authorization", format!("Bearer {CANARY}-token-1")))
        .respond_with(error(401, "UNEXPECTED_ERROR"))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(header("authorization", format!("Bearer {CANARY}-token-2")))
        .respond_with(list(&json!([{"id": GROUP, "name": "Payments prod"}])))
        .expect(1)
        .mount(&server)
        .await;
    let setup = way.client(&server.uri());
    assert_eq!(setup.atlas.list_projects().await.expect("answers").len(), 0);
    assert_eq!(setup.atlas.list_projects().await.expect("answers").len(), 1);
}

async fn a_401_costs_at_most_one_new_token_and_is_then_believed(way: Way) {
    let server = way.server().await;
    answer_projects(way, &server, error(401, "UNEXPECTED_ERROR")).await;
    let setup = way.client(&server.uri());
    let refusal = refused(setup.atlas.list_projects().await);
    assert_eq!(refusal.reason, RefusalReason::CredentialRefused);
    assert_eq!(tokens_asked(&server).await, 2);
    assert_eq!(way.seen(&server).await.len(), 2);
}

async fn a_missing_role_is_not_blamed_on_a_young_token(way: Way) {
    let server = way.server().await;
    answer_projects(way, &server, error(401, "USER_UNAUTHORIZED")).await;
    let setup = way.client(&server.uri());
    for _ in 0..3 {
        let reason = refused_for(setup.atlas.list_projects().await);
        assert_eq!(reason, RefusalReason::RoleMissing);
    }
    assert_eq!(tokens_asked(&server).await, 1);

    // An old one might say the same of a role given in the meantime.
    setup.clock.advance(Duration::MINUTE);
    refused(setup.atlas.list_projects().await);
    assert_eq!(tokens_asked(&server).await, 2);
}

async fn a_refused_account_is_told_by_the_token_endpoints_own_code(way: Way) {
    let cases = [
        (400, "invalid_request", RefusalReason::CallRefused),
        (400, "invalid_grant", RefusalReason::SecretRefused),
        (401, "invalid_client", RefusalReason::SecretRefused),
        (403, "access_denied", RefusalReason::TokenDenied),
    ];
    for (status, code, reason) in cases {
        let body = json!({"error": code, "error_description": "Invalid credentials provided."});
        let answer = ResponseTemplate::new(status).set_body_json(body);
        let server = server_without_tokens(answer).await;
        let refusal = refused(way.client(&server.uri()).atlas.list_projects().await);
        assert_eq!((refusal.reason, refusal.code.as_str()), (reason, code));
        assert_eq!(tokens_asked(&server).await, 1);
        assert_eq!(way.seen(&server).await, Vec::<String>::new());
    }
}

async fn too_many_tokens_are_waited_for(way: Way) {
    let server = MockServer::start().await;
    let limited = error(429, "RATE_LIMITED").insert_header("retry-after", "7");
    Mock::given(path(TOKEN_PATH))
        .respond_with(limited)
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path(TOKEN_PATH))
        .respond_with(token("t", 3600))
        .mount(&server)
        .await;
    answer_projects(way, &server, list(&json!([]))).await;
    let setup = way.client(&server.uri());
    setup.atlas.list_projects().await.expect("answers");
    assert!(setup.waits()[0] >= std::time::Duration::from_secs(7));
    assert_eq!(tokens_asked(&server).await, 2);
}

async fn what_is_no_token_is_not_used(way: Way) {
    let answers = [
        ResponseTemplate::new(200),
        ResponseTemplate::new(200).set_body_string("{\"access_token\":"),
        ResponseTemplate::new(200).set_body_json(json!({"token_type": "Bearer"})),
        ResponseTemplate::new(200).set_body_json(json!({"access_token": "t", "token_type": "mac"})),
        token("line\nbreak", 3600),
    ];
    for answer in answers {
        let server = server_without_tokens(answer).await;
        let why = unanswered(way.client(&server.uri()).atlas.list_projects().await);
        assert!(matches!(why, Unanswered::Malformed(_)), "{why}");
        assert_eq!(way.seen(&server).await, Vec::<String>::new());
    }
}

async fn an_issuer_of_its_own_has_a_token_of_its_own(way: Way) {
    let server = way.server().await;
    answer_projects(way, &server, list(&json!([]))).await;
    let mut settings = way.settings(&server.uri());
    settings.credentials.issuer = Some(Credential::ServiceAccount {
        client_id: CLIENT_ID.replace('0', "9"),
        client_secret: "another".to_owned().into(),
    });
    settings.credentials.disabler = Some(key());
    let setup = Setup::with(settings, |_| ());
    assert!(!setup.atlas.describe().shared_credential);
    setup.atlas.list_projects().await.expect("answers");
    setup
        .atlas
        .prepare_write(Purpose::Issuer)
        .await
        .expect("is prepared");
    assert_eq!(tokens_asked(&server).await, 2);
}

async fn a_credential_with_two_purposes_is_reported_and_has_one_token(way: Way) {
    let server = way.server().await;
    answer_projects(way, &server, list(&json!([]))).await;
    let mut settings = way.settings(&server.uri());
    settings.credentials.issuer = Some(account());
    settings.credentials.disabler = Some(key());
    let setup = Setup::with(settings, |_| ());
    assert!(setup.atlas.describe().shared_credential);
    setup
        .atlas
        .prepare_write(Purpose::Issuer)
        .await
        .expect("is prepared");
    setup.atlas.list_projects().await.expect("answers");
    assert_eq!(tokens_asked(&server).await, 1);
}

async fn preparing_fails_where_there_is_no_token_to_be_had(way: Way) {
    let body = json!({"error": "invalid_client"});
    let answer = ResponseTemplate::new(401).set_body_json(body);
    let server = server_without_tokens(answer).await;
    let error = way
        .client(&server.uri())
        .atlas
        .prepare_write(Purpose::Issuer)
        .await;
    assert!(matches!(error, Err(ReadError::Refused(_))), "{error:?}");
}

in_every_way! {Account:
    one_token_serves_for_many_calls,
    the_token_is_asked_for_as_rfc_6749_says_and_sent_as_rfc_6750_says,
    sixteen_callers_at_once_cost_one_token,
    sixteen_callers_at_once_share_the_failure_to_get_a_token,
    a_token_is_replaced_a_minute_before_it_ends,
    a_token_that_lives_less_than_two_minutes_is_used_for_half_its_life,
    a_token_revoked_between_two_calls_is_replaced_within_the_second,
    a_401_costs_at_most_one_new_token_and_is_then_believed,
    a_missing_role_is_not_blamed_on_a_young_token,
    a_refused_account_is_told_by_the_token_endpoints_own_code,
    too_many_tokens_are_waited_for,
    what_is_no_token_is_not_used,
    an_issuer_of_its_own_has_a_token_of_its_own,
    a_credential_with_two_purposes_is_reported_and_has_one_token,
    preparing_fails_where_there_is_no_token_to_be_had,
}
