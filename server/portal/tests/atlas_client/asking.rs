//! The calls that change nothing: what is sent, and to whom.

use portal::{
    atlas::{ApiVersion, Atlas, UserSecurity},
    model::RefusalReason,
};
use serde_json::json;
use time::macros::datetime;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{header, method, path, path_regex},
};

use crate::{
    digest::{DigestServer, Habits},
    raw::{Act, RawServer},
    reading::server_with,
    support::{
        CERTS, GROUP, Setup, account, group, key, list, name, refused, seen, server_with_tokens,
        settings, unanswered, user,
    },
};

#[tokio::test]
async fn both_generations_are_spoken_with_both_credentials() {
    let generations = [
        (
            ApiVersion::V2,
            "/api/atlas/v2",
            "application/vnd.atlas.2025-02-19+json",
        ),
        (ApiVersion::V1, "/api/atlas/v1.0", "application/json"),
    ];
    for (api, prefix, accept) in generations {
        for credential in [account(), key()] {
            let server = server_with_tokens().await;
            Mock::given(method("GET"))
                .and(path_regex(format!("^{}/", prefix.replace('.', "\\."))))
                .and(header("accept", accept))
                .and(header(
                    "user-agent",
                    concat!("certdesk/", env!("CARGO_PKG_VERSION")),
                ))
                .respond_with(DigestOrBearer(DigestServer::new(
                    Habits::default(),
                    list(&json!([])),
                )))
                .mount(&server)
                .await;
            let setup = Setup::with(settings(&server.uri(), api, credential), |_| ());
            let atlas = &setup.atlas;
            assert_eq!(atlas.list_projects().await.expect("answers"), []);
            let users = atlas.list_database_users(&group()).await;
            assert_eq!(users.expect("answers"), []);
            let clusters = atlas.list_clusters(&group()).await;
            assert_eq!(clusters.expect("answers"), Some(Vec::new()));
            let certificates = atlas.list_certificates(&group(), &user()).await;
            assert_eq!(certificates.expect("answers"), []);
            // The same body has none of the fields of this one, which is what "off" looks like.
            let security = atlas.user_security(&group()).await;
            assert_eq!(security.expect("answers"), UserSecurity::default());

            let described = atlas.describe();
            assert_eq!(described.api, api);
            assert!(described.shared_credential);
        }
    }
}

#[tokio::test]
async fn a_name_is_one_segment_of_the_path_whatever_is_in_it() {
    let cases = [
        ("orders-api", "orders-api"),
        ("a.b", "a.b"),
        ("...", "..."),
        ("a/b", "a%2Fb"),
        ("../../x", "..%2F..%2Fx"),
        ("a b", "a%20b"),
        ("100%", "100%25"),
        ("%2F", "%252F"),
        ("a?b#c", "a%3Fb%23c"),
        ("$external", "%24external"),
        ("CN=x,O=y", "CN%3Dx%2CO%3Dy"),
        ("back\\slash", "back%5Cslash"),
        ("a;b:c@d", "a%3Bb%3Ac%40d"),
        ("김", "%EA%B9%80"),
        ("名字", "%E5%90%8D%E5%AD%97"),
        ("\u{202e}x", "%E2%80%AEx"),
    ];
    for (username, segment) in cases {
        let server = server_with(list(&json!([]))).await;
        let setup = Setup::new(&server.uri());
        let listed = setup
            .atlas
            .list_certificates(&group(), &name(username))
            .await;
        assert_eq!(listed.expect("answers"), []);
        let query = "includeCount=true&itemsPerPage=500&pageNum=1";
        let asked =
            format!("GET /api/atlas/v2/groups/{GROUP}/databaseUsers/{segment}/certs?{query}");
        assert_eq!(seen(&server).await, [asked]);
    }
}

#[tokio::test]
async fn a_name_that_means_a_folder_is_refused_without_asking() {
    for folder in [".", ".."] {
        let server = server_with(list(&json!([]))).await;
        let setup = Setup::new(&server.uri());
        let refusal = refused(setup.atlas.list_certificates(&group(), &name(folder)).await);
        assert_eq!(refusal.reason, RefusalReason::NameInvalid);
        assert_eq!(seen(&server).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_address_that_is_none_of_a_server_is_refused() {
    for url in [
        "ftp://atlas.test",
        "https://user@atlas.test",
        "https://:secret@atlas.test",
        "https://atlas.test/?a=b",
        "https://atlas.test/#x",
        "mailto:atlas@test",
    ] {
        let settings = settings(url, ApiVersion::V2, account());
        let clock = std::sync::Arc::new(portal::clock::SystemClock);
        assert!(
            portal::atlas::AtlasClient::new(settings, clock).is_err(),
            "{url}"
        );
    }
}

#[tokio::test]
async fn the_last_answer_is_remembered_and_silence_is_none() {
    let server = server_with_tokens().await;
    Mock::given(path(CERTS))
        .respond_with(list(&json!([])))
        .mount(&server)
        .await;
    let setup = Setup::new(&server.uri());
    assert_eq!(setup.atlas.last_answered_at(), None);
    let answered = setup.atlas.list_certificates(&group(), &user()).await;
    answered.expect("answers");
    let at = setup.atlas.last_answered_at();
    assert_eq!(at, Some(datetime!(2026-08-10 12:00 UTC)));

    // Every other path is 404 here, which is an answer too.
    setup.clock.advance(time::Duration::MINUTE);
    unanswered(setup.atlas.list_projects().await);
    let at = setup.atlas.last_answered_at();
    assert_eq!(at, Some(datetime!(2026-08-10 12:01 UTC)));

    let silent = RawServer::start(Act::Close).await;
    let setup = Setup::new(&silent.url);
    setup.clock.advance(time::Duration::MINUTE);
    unanswered(setup.atlas.list_projects().await);
    // The token endpoint answered; the rest did not.
    let at = setup.atlas.last_answered_at();
    assert_eq!(at, Some(datetime!(2026-08-10 12:01 UTC)));
}

/// Lets bearers through and checks everybody else.
struct DigestOrBearer(DigestServer);

impl wiremock::Respond for DigestOrBearer {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let bearer = request
            .headers
            .get("authorization")
            .is_some_and(|header| header.as_bytes().starts_with(b"Bearer "));
        if bearer {
            list(&json!([]))
        } else {
            self.0.respond(request)
        }
    }
}
