//! HTTP digest with API keys, against a server that checks every answer.

use futures::future::join_all;
use portal::{
    atlas::{Atlas, Credential, Purpose, Unanswered},
    model::RefusalReason,
};
use serde_json::json;
use wiremock::{Mock, MockServer, matchers::method};

use crate::{
    digest_server::{DigestServer, Habits},
    support::{
        PUBLIC_KEY, Setup, error, group, list, name, refused_for, seen, settings, unanswered,
    },
    ways::{Way, in_every_way},
};

fn ncs(server: &DigestServer) -> Vec<u32> {
    server.log().into_iter().map(|(.., nc)| nc).collect()
}

async fn one_challenge_serves_for_many_calls_with_a_counter_that_grows(way: Way) {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let setup = way.client(&server.uri());
    for _ in 0..3 {
        setup.atlas.list_projects().await.expect("answers");
    }
    assert_eq!(ncs(&digest), [0, 1, 2, 3]);
}

async fn a_nonce_that_runs_out_is_replaced_within_the_call_whether_or_not_the_server_says_so(
    way: Way,
) {
    for tells_stale in [true, false] {
        let habits = Habits {
            uses: Some(2),
            tells_stale,
            ..Habits::default()
        };
        let digest = DigestServer::new(habits, list(&json!([])));
        let server = digest.start().await;
        let setup = way.client(&server.uri());
        for _ in 0..4 {
            setup.atlas.list_projects().await.expect("answers");
        }
        assert_eq!(ncs(&digest), [0, 1, 2, 3, 1, 2], "stale: {tells_stale}");
    }
}

async fn the_nonce_the_server_names_is_used_next_from_one(way: Way) {
    let habits = Habits {
        uses: Some(1),
        names_next: true,
        ..Habits::default()
    };
    let digest = DigestServer::new(habits, list(&json!([])));
    let server = digest.start().await;
    let setup = way.client(&server.uri());
    for _ in 0..3 {
        setup.atlas.list_projects().await.expect("answers");
    }
    assert_eq!(ncs(&digest), [0, 1, 1, 1]);
}

async fn a_wrong_key_is_refused_after_one_answer(way: Way) {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let credential = Credential::ApiKey {
        public_key: PUBLIC_KEY.to_owned(),
        private_key: "wrong".to_owned().into(),
    };
    let setup = Setup::with(settings(&server.uri(), way.api, credential), |_| ());
    for _ in 0..2 {
        let reason = refused_for(setup.atlas.list_projects().await);
        assert_eq!(reason, RefusalReason::CredentialRefused);
    }
    // The second call begins with the nonce it has, and is believed after a new one.
    assert_eq!(ncs(&digest), [0, 1, 1, 1]);
}

async fn a_server_that_calls_every_nonce_stale_is_not_asked_for_ever(way: Way) {
    let habits = Habits {
        uses: Some(0),
        tells_stale: true,
        ..Habits::default()
    };
    let digest = DigestServer::new(habits, list(&json!([])));
    let server = digest.start().await;
    let reason = refused_for(way.client(&server.uri()).atlas.list_projects().await);
    assert_eq!(reason, RefusalReason::CredentialRefused);
    assert_eq!(ncs(&digest), [0, 1, 1]);
}

async fn whoever_lacks_a_role_has_been_recognised_and_needs_no_new_nonce(way: Way) {
    let digest = DigestServer::new(Habits::default(), error(401, "USER_UNAUTHORIZED"));
    let server = digest.start().await;
    let reason = refused_for(way.client(&server.uri()).atlas.list_projects().await);
    assert_eq!(reason, RefusalReason::RoleMissing);
    assert_eq!(ncs(&digest), [0, 1]);
}

async fn callers_at_the_same_time_never_use_a_counter_twice(way: Way) {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let setup = way.client(&server.uri());
    setup.atlas.list_projects().await.expect("answers");
    join_all((0..16).map(|_| setup.atlas.list_projects())).await;
    let mut answers: Vec<(String, u32)> = digest
        .log()
        .into_iter()
        .filter(|(.., nc)| *nc > 0)
        .map(|(_, nonce, nc)| (nonce, nc))
        .collect();
    let count = answers.len();
    answers.sort();
    answers.dedup();
    assert_eq!(answers.len(), count);
}

async fn encoded_names_are_signed_as_they_are_sent(way: Way) {
    let digest = DigestServer::new(Habits::default(), list(&json!([])));
    let server = digest.start().await;
    let setup = way.client(&server.uri());
    for nasty in ["a/b c%d?e#f", "jürgen", "CN=x,O=\"y\""] {
        let listed = setup.atlas.list_certificates(&group(), &name(nasty)).await;
        assert_eq!(listed.expect("the server checks"), []);
    }
}

async fn without_a_challenge_that_can_be_answered_a_401_is_believed(way: Way) {
    let challenges = [
        None,
        Some(r#"Basic realm="x""#),
        Some(r#"Digest realm="x", nonce="n", qop="auth-int""#),
    ];
    for challenge in challenges {
        let server = MockServer::start().await;
        let mut answer = error(401, "UNEXPECTED_ERROR");
        if let Some(challenge) = challenge {
            answer = answer.insert_header("www-authenticate", challenge);
        }
        Mock::given(method("GET"))
            .respond_with(answer)
            .mount(&server)
            .await;
        let setup = way.client(&server.uri());
        let reason = refused_for(setup.atlas.list_projects().await);
        assert_eq!(reason, RefusalReason::CredentialRefused, "{challenge:?}");
        assert_eq!(seen(&server).await.len(), 1);
    }
}

async fn preparing_fails_where_nobody_asks_for_a_digest(way: Way) {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(list(&json!([])))
        .mount(&server)
        .await;
    let setup = way.client(&server.uri());
    let why = unanswered(setup.atlas.prepare_write(Purpose::Issuer).await);
    assert!(matches!(why, Unanswered::Malformed(_)), "{why}");
}

in_every_way! {Key:
    one_challenge_serves_for_many_calls_with_a_counter_that_grows,
    a_nonce_that_runs_out_is_replaced_within_the_call_whether_or_not_the_server_says_so,
    the_nonce_the_server_names_is_used_next_from_one,
    a_wrong_key_is_refused_after_one_answer,
    a_server_that_calls_every_nonce_stale_is_not_asked_for_ever,
    whoever_lacks_a_role_has_been_recognised_and_needs_no_new_nonce,
    callers_at_the_same_time_never_use_a_counter_twice,
    encoded_names_are_signed_as_they_are_sent,
    without_a_challenge_that_can_be_answered_a_401_is_believed,
    preparing_fails_where_nobody_asks_for_a_digest,
}
