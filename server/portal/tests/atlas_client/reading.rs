//! The calls that change nothing: what is sent, and what is made of the answers.

use portal::{
    Error,
    atlas::{
        Atlas, ListedCertificate, ListedCluster, ListedUser, ReadError, Unanswered, UserSecurity,
    },
    model::{DatabaseRole, ProjectRef, RefusalReason, Serial, Upstream, X509Type},
};
use serde_json::{Value, json};
use time::macros::datetime;
use wiremock::ResponseTemplate;

use crate::{
    raw::{Act, RawServer, ok},
    support::{GROUP, certificate, error, group, list, name, unanswered, user},
    ways::{Way, in_every_way},
};

async fn certificates_from(way: Way, body: Value) -> Result<Vec<ListedCertificate>, ReadError> {
    let server = way.server_answering(list(&body)).await;
    let setup = way.client(&server.uri());
    setup.atlas.list_certificates(&group(), &user()).await
}

async fn projects_come_with_id_and_name(way: Way) {
    let server = way
        .server_answering(list(&json!([
            {"clusterCount": 5, "created": "2020-07-02T09:19:46Z", "id": "ffffffffffffffffffffffff",
             "links": [], "name": "Zebra", "orgId": "a0123456789abcdef0123456", "tags": []},
            {"id": GROUP, "name": "Payments prod"},
        ])))
        .await;
    let projects = way.client(&server.uri()).atlas.list_projects().await;
    let project = |id: &str, name: &str| ProjectRef {
        id: id.parse().expect("is an id"),
        name: name.to_owned(),
    };
    assert_eq!(
        projects.expect("answers"),
        [
            project(GROUP, "Payments prod"),
            project("ffffffffffffffffffffffff", "Zebra")
        ]
    );
}

async fn users_come_with_their_kind_roles_and_scopes(way: Way) {
    let server = way.server_answering(list(&json!([
        {"awsIAMType": "NONE", "databaseName": "$external", "groupId": GROUP, "labels": [],
         "ldapAuthType": "NONE", "links": [], "oidcAuthType": "NONE",
         "roles": [{"databaseName": "sales", "roleName": "readWrite"},
                   {"collectionName": "orders", "databaseName": "sales", "roleName": "read"}],
         "scopes": [{"name": "c1", "type": "CLUSTER"}, {"name": "lake", "type": "DATA_LAKE"}],
         "username": "orders-api", "x509Type": "MANAGED"},
        {"databaseName": "$external", "roles": [], "username": "CN=jane,O=Acme", "x509Type": "CUSTOMER"},
        {"databaseName": "$external", "roles": [], "username": "future", "x509Type": "QUANTUM"},
        {"databaseName": "admin", "roles": [], "username": "orders-api"},
        {"databaseName": "admin", "roles": [], "username": "bell\u{7}"},
    ])))
    .await;
    let users = way
        .client(&server.uri())
        .atlas
        .list_database_users(&group())
        .await;
    let role = |role: &str, collection: Option<&str>| DatabaseRole {
        role: role.to_owned(),
        database: "sales".to_owned(),
        collection: collection.map(str::to_owned),
    };
    let bare = |username: &str, database: &str, x509_type| ListedUser {
        username: name(username),
        database: database.to_owned(),
        x509_type,
        roles: Vec::new(),
        scopes: Vec::new(),
    };
    assert_eq!(
        users.expect("answers"),
        [
            bare("CN=jane,O=Acme", "$external", X509Type::Customer),
            bare("future", "$external", X509Type::None),
            ListedUser {
                roles: vec![role("readWrite", None), role("read", Some("orders"))],
                scopes: vec!["c1".to_owned(), "lake".to_owned()],
                ..bare("orders-api", "$external", X509Type::Managed)
            },
            bare("orders-api", "admin", X509Type::None),
        ]
    );
}

async fn user_security_tells_what_stands_between(way: Way) {
    let ca = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n";
    let cases = [
        (json!({"customerX509": {}}), UserSecurity::default()),
        (json!({"ldap": {}}), UserSecurity::default()),
        (
            json!({"customerX509": {}, "ldap": {"authenticationEnabled": false,
                "authorizationEnabled": false, "hostname": "h", "port": 19657}}),
            UserSecurity::default(),
        ),
        (
            json!({"customerX509": {"cas": ""}, "ldap": {}}),
            UserSecurity::default(),
        ),
        (
            json!({"customerX509": {"cas": ca}, "ldap": {"authenticationEnabled": true,
                "authorizationEnabled": true}}),
            UserSecurity {
                customer_cas: Some(ca.to_owned()),
                ldap_authentication: true,
                ldap_authorization: true,
            },
        ),
    ];
    for (body, expected) in cases {
        let enveloped = json!({"status": 200, "content": body});
        for body in [body, enveloped] {
            let answer = ResponseTemplate::new(200).set_body_json(&body);
            let server = way.server_answering(answer).await;
            let setup = way.client(&server.uri());
            let security = setup.atlas.user_security(&group()).await;
            assert_eq!(security.expect("answers"), expected, "{body}");
            let asked = way.at(&format!("/groups/{GROUP}/userSecurity"));
            assert_eq!(way.seen(&server).await, [format!("GET {asked}")]);
        }
    }
}

async fn an_answer_without_any_setting_does_not_mean_that_all_is_off(way: Way) {
    for body in [
        json!({}),
        json!({"status": 200, "content": null}),
        json!({"status": 200, "content": {}}),
        json!({"customerX509": null, "ldap": null}),
        json!({"results": []}),
    ] {
        let answer = ResponseTemplate::new(200).set_body_json(&body);
        let server = way.server_answering(answer).await;
        let setup = way.client(&server.uri());
        let why = unanswered(setup.atlas.user_security(&group()).await);
        assert!(matches!(why, Unanswered::Malformed(_)), "{body}: {why}");
    }
}

async fn clusters_come_with_state_and_address_where_there_is_one(way: Way) {
    let server = way.server_answering(list(&json!([
        {"name": "new", "stateName": "CREATING", "connectionStrings": {}},
        {"name": "c1", "stateName": "IDLE",
         "connectionStrings": {"standard": "mongodb://a", "standardSrv": "mongodb+srv://c1.x.mongodb.net"}},
        {"name": "odd"},
    ])))
    .await;
    let clusters = way
        .client(&server.uri())
        .atlas
        .list_clusters(&group())
        .await;
    let cluster = |name: &str, state: Option<&str>, srv: Option<&str>| ListedCluster {
        name: name.to_owned(),
        state: state.map(str::to_owned),
        srv: srv.map(str::to_owned),
    };
    assert_eq!(
        clusters.expect("answers"),
        Some(vec![
            cluster("c1", Some("IDLE"), Some("mongodb+srv://c1.x.mongodb.net")),
            cluster("new", Some("CREATING"), None),
            cluster("odd", None, None),
        ])
    );
}

async fn clusters_one_may_not_see_are_unknown_and_no_error(way: Way) {
    for (status, code) in [
        (401, "USER_UNAUTHORIZED"),
        (403, "ACCESS_FORBIDDEN"),
        (404, "RESOURCE_NOT_FOUND"),
    ] {
        let server = way.server_answering(error(status, code)).await;
        let clusters = way
            .client(&server.uri())
            .atlas
            .list_clusters(&group())
            .await;
        assert_eq!(clusters.expect("is no error"), None, "{status}");
    }
    let server = way.server_answering(ResponseTemplate::new(500)).await;
    unanswered(
        way.client(&server.uri())
            .atlas
            .list_clusters(&group())
            .await,
    );
}

async fn certificates_come_oldest_first_however_atlas_sorts_them(way: Way) {
    let mut late = certificate(2_558_523_591_213_958_694);
    late["createdAt"] = json!("2026-08-10T02:06:35Z");
    let early = certificate(1_976_722_359_483_124_370);
    let listed = certificates_from(way, json!([late, early]))
        .await
        .expect("answers");
    assert_eq!(
        listed[0],
        ListedCertificate {
            serial: Serial(1_976_722_359_483_124_370),
            created_at: datetime!(2026-06-02 13:56:22 UTC),
            not_after: datetime!(2026-09-02 14:56:22 UTC),
            subject: "CN=orders-api".to_owned(),
        }
    );
    assert_eq!(listed[1].serial, Serial(2_558_523_591_213_958_694));
}

async fn a_serial_number_above_2_to_53_keeps_every_digit_as_number_and_as_text(way: Way) {
    for serial in [1, (1_i64 << 53) + 1, 9_007_199_254_740_993, i64::MAX] {
        for id in [json!(serial), json!(serial.to_string())] {
            let mut body = certificate(1);
            body["_id"] = id;
            let listed = certificates_from(way, json!([body]))
                .await
                .expect("answers");
            assert_eq!(listed[0].serial, Serial(serial));
        }
    }
}

async fn a_serial_number_that_has_been_a_float_is_worth_nothing(way: Way) {
    for id in [
        "1.0",
        "2.558523591213958694e18",
        "9223372036854775808",
        "-1",
        "0",
        "null",
        "true",
        "\"\"",
        "\"0x10\"",
        "\"12 \"",
    ] {
        let body = certificate(1)
            .to_string()
            .replace("\"_id\":1,", &format!("\"_id\":{id},"));
        assert!(body.contains(id), "{body}");
        let body = format!(r#"{{"results":[{body}],"totalCount":1}}"#);
        let server = way
            .server_answering(ResponseTemplate::new(200).set_body_string(body))
            .await;
        let listed = way
            .client(&server.uri())
            .atlas
            .list_certificates(&group(), &user())
            .await;
        let why = unanswered(listed);
        assert!(matches!(why, Unanswered::Malformed(_)), "{id}: {why}");
    }
}

async fn what_is_not_the_documented_json_is_no_answer(way: Way) {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "{\"results\":[",
        "<html>",
        r#"{"results":[{}]}"#,
        r#"{"results":[{"_id":1,"createdAt":"yesterday","notAfter":"2026-09-02T14:56:22Z","subject":"CN=x"}]}"#,
    ] {
        let server = way
            .server_answering(ResponseTemplate::new(200).set_body_string(body))
            .await;
        let listed = way
            .client(&server.uri())
            .atlas
            .list_certificates(&group(), &user())
            .await;
        let why = unanswered(listed);
        assert!(matches!(why, Unanswered::Malformed(_)), "{body}: {why}");
        assert_eq!(
            way.seen(&server).await.len(),
            1,
            "asking again would not help"
        );
    }
}

async fn an_answer_without_end_is_cut_off(way: Way) {
    let endless = " ".repeat(9 * 1024 * 1024);
    let server = way
        .server_answering(ResponseTemplate::new(200).set_body_string(endless))
        .await;
    let why = unanswered(way.client(&server.uri()).atlas.list_projects().await);
    assert!(matches!(why, Unanswered::TooLong), "{why}");
}

async fn an_answer_that_never_ends_or_never_begins_is_a_timeout(way: Way) {
    let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n{".to_vec();
    for act in [
        Act::Hang,
        Act::AnswerAndHang(begun.clone()),
        Act::Trickle(begun),
    ] {
        let server = RawServer::start(act).await;
        let setup = way.client_with(&server.url, |timing| {
            timing.read = std::time::Duration::from_millis(200);
        });
        let why = unanswered(setup.atlas.list_projects().await);
        assert!(matches!(why, Unanswered::Timeout), "{why}");
        assert_eq!(
            server.requests().len(),
            1,
            "a slow Atlas is not asked twice"
        );
    }
}

async fn a_refusal_and_a_silence_become_what_the_portal_tells(way: Way) {
    let server = way.server_answering(error(404, "GROUP_NOT_FOUND")).await;
    let setup = way.client(&server.uri());
    let error = setup
        .atlas
        .user_security(&group())
        .await
        .expect_err("is refused");
    let Error::Refused(refusal) = Error::from(error) else {
        panic!("not a refusal");
    };
    assert_eq!(refusal.reason, RefusalReason::ProjectNotFound);
    assert_eq!(
        (refusal.status, refusal.code.as_str()),
        (404, "GROUP_NOT_FOUND")
    );

    let server = way.server_answering(ResponseTemplate::new(502)).await;
    let setup = way.client(&server.uri());
    let error = setup
        .atlas
        .user_security(&group())
        .await
        .expect_err("is away");
    let Error::Unavailable { upstream, source } = Error::from(error) else {
        panic!("not unavailable");
    };
    assert_eq!(upstream, Upstream::Atlas);
    assert_eq!(source.to_string(), "Atlas answered 502");
}

async fn a_refusal_somebody_else_wrote_is_not_atlass(way: Way) {
    for status in [400, 401, 403, 404, 418] {
        let page = ResponseTemplate::new(status).set_body_string("<h1>Blocked by proxy</h1>");
        let server = way.server_answering(page).await;
        let why = unanswered(
            way.client(&server.uri())
                .atlas
                .user_security(&group())
                .await,
        );
        assert!(
            matches!(why, Unanswered::Status { status: s, .. } if s == status),
            "{why}"
        );
    }
}

async fn the_body_of_a_read_may_be_longer_than_a_certificate(way: Way) {
    let body = format!("{{\"results\":[]{}}}", " ".repeat(200_000));
    let server = RawServer::start(Act::Answer(ok("application/json", &body))).await;
    let projects = way.client(&server.url).atlas.list_projects().await;
    assert_eq!(projects.expect("answers"), []);
}

in_every_way! {
    projects_come_with_id_and_name,
    users_come_with_their_kind_roles_and_scopes,
    user_security_tells_what_stands_between,
    an_answer_without_any_setting_does_not_mean_that_all_is_off,
    clusters_come_with_state_and_address_where_there_is_one,
    clusters_one_may_not_see_are_unknown_and_no_error,
    certificates_come_oldest_first_however_atlas_sorts_them,
    a_serial_number_above_2_to_53_keeps_every_digit_as_number_and_as_text,
    a_serial_number_that_has_been_a_float_is_worth_nothing,
    what_is_not_the_documented_json_is_no_answer,
    an_answer_without_end_is_cut_off,
    an_answer_that_never_ends_or_never_begins_is_a_timeout,
    a_refusal_and_a_silence_become_what_the_portal_tells,
    a_refusal_somebody_else_wrote_is_not_atlass,
    the_body_of_a_read_may_be_longer_than_a_certificate,
}
