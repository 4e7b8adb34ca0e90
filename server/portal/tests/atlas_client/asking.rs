//! The calls that change nothing: what is sent, and to whom.

use portal::{
    atlas::{Atlas, UserSecurity},
    model::RefusalReason,
};
use serde_json::json;
use time::macros::datetime;
use wiremock::{Mock, ResponseTemplate, matchers::path};

use crate::{
    raw::{Act, RawServer},
    support::{GROUP, group, list, name, refused, unanswered, user},
    ways::{Way, in_every_way},
};

async fn every_list_is_asked_for(way: Way) {
    // The server lets pass only who speaks this generation and has this credential.
    let server = way.server_answering(list(&json!([]))).await;
    let setup = way.client(&server.uri());
    let atlas = &setup.atlas;
    assert_eq!(atlas.list_projects().await.expect("answers"), []);
    let users = atlas.list_database_users(&group()).await;
    assert_eq!(users.expect("answers"), []);
    let clusters = atlas.list_clusters(&group()).await;
    assert_eq!(clusters.expect("answers"), Some(Vec::new()));
    let certificates = atlas.list_certificates(&group(), &user()).await;
    assert_eq!(certificates.expect("answers"), []);
    let settings = way.at(&format!("/groups/{GROUP}/userSecurity"));
    Mock::given(path(settings))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"customerX509": {}})))
        .with_priority(3)
        .mount(&server)
        .await;
    let security = atlas.user_security(&group()).await;
    assert_eq!(security.expect("answers"), UserSecurity::default());

    let described = atlas.describe();
    assert_eq!(described.api, way.api);
    assert!(described.shared_credential);
}

async fn a_name_is_one_segment_of_the_path_whatever_is_in_it(way: Way) {
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
        let server = way.server_answering(list(&json!([]))).await;
        let setup = way.client(&server.uri());
        let listed = setup
            .atlas
            .list_certificates(&group(), &name(username))
            .await;
        assert_eq!(listed.expect("answers"), []);
        let query = "includeCount=true&itemsPerPage=500&pageNum=1";
        let certs = way.at(&format!("/groups/{GROUP}/databaseUsers/{segment}/certs"));
        assert_eq!(way.seen(&server).await, [format!("GET {certs}?{query}")]);
    }
}

async fn a_name_that_means_a_folder_is_refused_without_asking(way: Way) {
    for folder in [".", ".."] {
        let server = way.server_answering(list(&json!([]))).await;
        let setup = way.client(&server.uri());
        let refusal = refused(setup.atlas.list_certificates(&group(), &name(folder)).await);
        assert_eq!(refusal.reason, RefusalReason::NameInvalid);
        assert_eq!(way.seen(&server).await, Vec::<String>::new());
    }
}

async fn an_address_that_is_none_of_a_server_is_refused(way: Way) {
    for url in [
        "ftp://atlas.test",
        "https://user@atlas.test",
        "https://:secret@atlas.test",
        "https://atlas.test/?a=b",
        "https://atlas.test/#x",
        "mailto:atlas@test",
    ] {
        let settings = way.settings(url);
        let clock = std::sync::Arc::new(portal::clock::SystemClock);
        assert!(
            portal::atlas::AtlasClient::new(settings, clock).is_err(),
            "{url}"
        );
    }
}

async fn the_last_answer_is_remembered_and_silence_is_none(way: Way) {
    let server = way.server().await;
    Mock::given(path(way.certs()))
        .respond_with(list(&json!([])))
        .mount(&server)
        .await;
    let setup = way.client(&server.uri());
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
    let setup = way.client(&silent.url);
    setup.clock.advance(time::Duration::MINUTE);
    unanswered(setup.atlas.list_projects().await);
    // The token endpoint answered; the rest did not.
    let at = setup.atlas.last_answered_at();
    assert_eq!(at, Some(datetime!(2026-08-10 12:01 UTC)));
}

in_every_way! {
    every_list_is_asked_for,
    a_name_is_one_segment_of_the_path_whatever_is_in_it,
    a_name_that_means_a_folder_is_refused_without_asking,
    an_address_that_is_none_of_a_server_is_refused,
    the_last_answer_is_remembered_and_silence_is_none,
}
