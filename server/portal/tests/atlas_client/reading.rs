//! The calls that change nothing: what is sent, and what is made of the answers.

use portal::{
    Error,
    atlas::{
        ApiVersion, Atlas, ListedCertificate, ListedCluster, ListedUser, ReadError, Unanswered,
        UserSecurity,
    },
    model::{DatabaseRole, ProjectRef, RefusalReason, Serial, Upstream, X509Type},
};
use serde_json::{Value, json};
use time::macros::datetime;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::{
    raw::{Act, RawServer, ok},
    support::{
        GROUP, Setup, account, certificate, error, group, list, name, seen, server_with_tokens,
        settings, unanswered, user,
    },
};

pub(crate) async fn server_with(answer: ResponseTemplate) -> MockServer {
    let server = server_with_tokens().await;
    Mock::given(method("GET"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

async fn certificates_from(body: Value) -> Result<Vec<ListedCertificate>, ReadError> {
    let server = server_with(list(&body)).await;
    let setup = Setup::new(&server.uri());
    setup.atlas.list_certificates(&group(), &user()).await
}

#[tokio::test]
async fn projects_come_with_id_and_name() {
    let server = server_with(list(&json!([
        {"clusterCount": 5, "created": "2020-07-02T09:19:46Z", "id": "ffffffffffffffffffffffff",
         "links": [], "name": "Zebra", "orgId": "a0123456789abcdef0123456", "tags": []},
        {"id": GROUP, "name": "Payments prod"},
    ])))
    .await;
    let projects = Setup::new(&server.uri()).atlas.list_projects().await;
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

#[tokio::test]
async fn users_come_with_their_kind_roles_and_scopes() {
    let server = server_with(list(&json!([
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
    let users = Setup::new(&server.uri())
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

#[tokio::test]
async fn user_security_tells_what_stands_between() {
    let ca = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n";
    let cases = [
        (json!({}), UserSecurity::default()),
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
        let server = server_with(ResponseTemplate::new(200).set_body_json(&body)).await;
        let security = Setup::new(&server.uri())
            .atlas
            .user_security(&group())
            .await;
        assert_eq!(security.expect("answers"), expected, "{body}");
        let asked = format!("GET /api/atlas/v2/groups/{GROUP}/userSecurity");
        assert_eq!(seen(&server).await, [asked]);
    }
}

#[tokio::test]
async fn clusters_come_with_state_and_address_where_there_is_one() {
    let server = server_with(list(&json!([
        {"name": "new", "stateName": "CREATING", "connectionStrings": {}},
        {"name": "c1", "stateName": "IDLE",
         "connectionStrings": {"standard": "mongodb://a", "standardSrv": "mongodb+srv://c1.x.mongodb.net"}},
        {"name": "odd"},
    ])))
    .await;
    let clusters = Setup::new(&server.uri())
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

#[tokio::test]
async fn clusters_one_may_not_see_are_unknown_and_no_error() {
    for (status, code) in [
        (401, "USER_UNAUTHORIZED"),
        (403, "ACCESS_FORBIDDEN"),
        (404, "RESOURCE_NOT_FOUND"),
    ] {
        let server = server_with(error(status, code)).await;
        let clusters = Setup::new(&server.uri())
            .atlas
            .list_clusters(&group())
            .await;
        assert_eq!(clusters.expect("is no error"), None, "{status}");
    }
    let server = server_with(ResponseTemplate::new(500)).await;
    unanswered(
        Setup::new(&server.uri())
            .atlas
            .list_clusters(&group())
            .await,
    );
}

#[tokio::test]
async fn certificates_come_oldest_first_however_atlas_sorts_them() {
    let mut late = certificate(2_558_523_591_213_958_694);
    late["createdAt"] = json!("2026-08-10T02:06:35Z");
    let early = certificate(1_976_722_359_483_124_370);
    let listed = certificates_from(json!([late, early]))
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

#[tokio::test]
async fn a_serial_number_above_2_to_53_keeps_every_digit_as_number_and_as_text() {
    for serial in [1, (1_i64 << 53) + 1, 9_007_199_254_740_993, i64::MAX] {
        for id in [json!(serial), json!(serial.to_string())] {
            let mut body = certificate(1);
            body["_id"] = id;
            let listed = certificates_from(json!([body])).await.expect("answers");
            assert_eq!(listed[0].serial, Serial(serial));
        }
    }
}

#[tokio::test]
async fn a_serial_number_that_has_been_a_float_is_worth_nothing() {
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
        let server = server_with(ResponseTemplate::new(200).set_body_string(body)).await;
        let listed = Setup::new(&server.uri())
            .atlas
            .list_certificates(&group(), &user())
            .await;
        let why = unanswered(listed);
        assert!(matches!(why, Unanswered::Malformed(_)), "{id}: {why}");
    }
}

#[tokio::test]
async fn what_is_not_the_documented_json_is_no_answer() {
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
        let server = server_with(ResponseTemplate::new(200).set_body_string(body)).await;
        let listed = Setup::new(&server.uri())
            .atlas
            .list_certificates(&group(), &user())
            .await;
        let why = unanswered(listed);
        assert!(matches!(why, Unanswered::Malformed(_)), "{body}: {why}");
        assert_eq!(seen(&server).await.len(), 1, "asking again would not help");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let endless = " ".repeat(9 * 1024 * 1024);
    let server = server_with(ResponseTemplate::new(200).set_body_string(endless)).await;
    let why = unanswered(Setup::new(&server.uri()).atlas.list_projects().await);
    assert!(matches!(why, Unanswered::TooLong), "{why}");
}

#[tokio::test]
async fn an_answer_that_never_ends_or_never_begins_is_a_timeout() {
    let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n{".to_vec();
    for act in [
        Act::Hang,
        Act::AnswerAndHang(begun.clone()),
        Act::Trickle(begun),
    ] {
        let server = RawServer::start(act).await;
        let settings = settings(&server.url, ApiVersion::V2, account());
        let setup = Setup::with(settings, |timing| {
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

#[tokio::test]
async fn a_refusal_and_a_silence_become_what_the_portal_tells() {
    let server = server_with(error(404, "GROUP_NOT_FOUND")).await;
    let setup = Setup::new(&server.uri());
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

    let server = server_with(ResponseTemplate::new(502)).await;
    let setup = Setup::new(&server.uri());
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

#[tokio::test]
async fn a_refusal_somebody_else_wrote_is_not_atlass() {
    for status in [400, 401, 403, 404, 418] {
        let page = ResponseTemplate::new(status).set_body_string("<h1>Blocked by proxy</h1>");
        let server = server_with(page).await;
        let why = unanswered(
            Setup::new(&server.uri())
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

#[tokio::test]
async fn the_body_of_a_read_may_be_longer_than_a_certificate() {
    let body = format!("{{\"results\":[]{}}}", " ".repeat(200_000));
    let server = RawServer::start(Act::Answer(ok("application/json", &body))).await;
    let projects = Setup::new(&server.url).atlas.list_projects().await;
    assert_eq!(projects.expect("answers"), []);
}
