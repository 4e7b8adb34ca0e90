//! Changes other than certificates: what is sent, as whom, and that it is sent once.

use portal::{
    atlas::{Atlas, Credential, Credentials, NewManagedUser, Purpose, WhyNotSent, WriteError},
    model::{DatabaseRole, Username},
};
use serde_json::{Value, json};
use strum::{EnumIter, IntoEnumIterator};
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{any, method, path},
};

use crate::{
    creating::not_sent,
    digest_server::{DigestServer, Habits},
    raw::{Act, RawServer, answer},
    support::{CLIENT_ID, GROUP, PUBLIC_KEY, Setup, TOKEN_PATH, all_seen, group, name, token},
    ways::{Kind, Way, in_every_way},
};

/// A change of each kind.
#[derive(Clone, Copy, Debug, EnumIter, PartialEq, Eq)]
pub(crate) enum Change {
    Disable,
    Create,
    Update,
    Delete,
}

impl Change {
    pub(crate) fn purpose(self) -> Purpose {
        match self {
            Self::Disable => Purpose::Disabler,
            Self::Create | Self::Update | Self::Delete => Purpose::Issuer,
        }
    }

    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Create => "POST",
            Self::Update => "PATCH",
            Self::Disable | Self::Delete => "DELETE",
        }
    }

    /// The path, percent-encoded.
    pub(crate) fn path(self, way: Way) -> String {
        let resource = match self {
            Self::Disable => "userSecurity/customerX509",
            Self::Create => "databaseUsers",
            Self::Update | Self::Delete => "databaseUsers/%24external/orders-api",
        };
        way.at(&format!("/groups/{GROUP}/{resource}"))
    }

    pub(crate) fn line(self, way: Way) -> String {
        format!("{} {}", self.method(), self.path(way))
    }

    /// What Atlas answers: recorded, but for the names.
    pub(crate) fn success(self) -> (u16, Value) {
        let user = json!({
            "awsIAMType": "NONE", "databaseName": "$external", "groupId": GROUP, "labels": [],
            "ldapAuthType": "NONE", "links": [], "oidcAuthType": "NONE",
            "roles": [{"databaseName": "sales", "roleName": "readWrite"}], "scopes": [],
            "username": "orders-api", "x509Type": "MANAGED",
        });
        match self {
            Self::Disable => {
                let ldap = json!({"authenticationEnabled": false, "authorizationEnabled": false});
                (202, json!({"customerX509": {}, "ldap": ldap}))
            }
            Self::Create => (201, user),
            Self::Update => (200, user),
            Self::Delete => (204, Value::Null),
        }
    }

    pub(crate) fn success_template(self) -> ResponseTemplate {
        let (status, body) = self.success();
        let template = ResponseTemplate::new(status);
        if body.is_null() {
            template
        } else {
            template.set_body_json(body)
        }
    }

    pub(crate) async fn prepare(self, setup: &Setup) {
        let prepared = setup.atlas.prepare_write(self.purpose()).await;
        prepared.expect("is prepared");
    }

    pub(crate) async fn make(self, setup: &Setup) -> Result<(), WriteError> {
        self.make_for(setup, &name("orders-api")).await
    }

    async fn make_for(self, setup: &Setup, username: &Username) -> Result<(), WriteError> {
        let (atlas, group) = (&setup.atlas, group());
        match self {
            Self::Disable => atlas.disable_customer_x509(&group).await,
            Self::Create => {
                let user = NewManagedUser {
                    username: username.clone(),
                    roles: roles(),
                    clusters: vec!["c1".to_owned(), "c2".to_owned()],
                };
                atlas.create_user(&group, &user).await
            }
            Self::Update => atlas.update_user(&group, username, &roles()).await,
            Self::Delete => atlas.delete_user(&group, username).await,
        }
    }

    pub(crate) async fn prepare_and_make(self, setup: &Setup) -> Result<(), WriteError> {
        self.prepare(setup).await;
        self.make(setup).await
    }
}

fn roles() -> Vec<DatabaseRole> {
    let role = |role: &str, collection: Option<&str>| DatabaseRole {
        role: role.to_owned(),
        database: "sales".to_owned(),
        collection: collection.map(str::to_owned),
    };
    vec![role("readWrite", None), role("read", Some("orders"))]
}

async fn server_with(way: Way, change: Change, answer: ResponseTemplate) -> MockServer {
    let server = way.server().await;
    Mock::given(method(change.method()))
        .and(path(change.path(way)))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

async fn a_prepared_change_is_one_request_that_says_what_is_wanted(way: Way) {
    let roles = json!([
        {"roleName": "readWrite", "databaseName": "sales"},
        {"roleName": "read", "databaseName": "sales", "collectionName": "orders"},
    ]);
    let user = json!({
        "databaseName": "$external", "groupId": GROUP, "username": "orders-api",
        "x509Type": "MANAGED", "roles": roles,
    });
    for change in Change::iter() {
        let server = server_with(way, change, change.success_template()).await;
        let setup = way.client(&server.uri());
        change.prepare(&setup).await;
        let before = all_seen(&server).await.len();
        change.make(&setup).await.expect("is done");
        assert_eq!(all_seen(&server).await[before..], [change.line(way)]);

        let requests = server.received_requests().await.expect("are recorded");
        let request = requests.last().expect("there is one");
        let content_type = request.headers.get("content-type");
        let sent = serde_json::from_slice::<Value>(&request.body).ok();
        let expected = match change {
            Change::Disable | Change::Delete => None,
            Change::Create => {
                let mut user = user.clone();
                user["scopes"] = json!([
                    {"name": "c1", "type": "CLUSTER"}, {"name": "c2", "type": "CLUSTER"},
                ]);
                Some(user)
            }
            // No scopes: those of data lakes and streams stay what they are.
            Change::Update => Some(user.clone()),
        };
        assert_eq!(content_type.is_some(), expected.is_some(), "{change:?}");
        assert_eq!(sent, expected, "{change:?}");
    }
}

async fn a_user_of_the_whole_project_is_created_without_limits(way: Way) {
    let change = Change::Create;
    let server = server_with(way, change, change.success_template()).await;
    let setup = way.client(&server.uri());
    change.prepare(&setup).await;
    let user = NewManagedUser {
        username: name("orders-api"),
        roles: roles(),
        clusters: Vec::new(),
    };
    setup
        .atlas
        .create_user(&group(), &user)
        .await
        .expect("is done");
    let requests = server.received_requests().await.expect("are recorded");
    let body = &requests.last().expect("there is one").body;
    let sent: Value = serde_json::from_slice(body).expect("is JSON");
    assert_eq!(sent["scopes"], json!([]));
}

async fn each_change_is_signed_with_the_credential_of_its_purpose(way: Way) {
    for change in Change::iter() {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(Anybody(change.success_template()))
            .mount(&server)
            .await;
        let mut settings = way.settings(&server.uri());
        settings.credentials = Credentials {
            reader: numbered(way, 1),
            issuer: Some(numbered(way, 2)),
            disabler: Some(numbered(way, 3)),
        };
        let setup = Setup::with(settings, |_| ());
        change.prepare_and_make(&setup).await.expect("is done");
        let signer = if change == Change::Disable { '3' } else { '2' };
        let requests = server.received_requests().await.expect("are recorded");
        let proofs = requests
            .iter()
            .filter(|request| request.url.path() != TOKEN_PATH)
            .filter_map(|request| request.headers.get("authorization"));
        for header in proofs {
            let header = header.to_str().expect("is text");
            let right = match way.with {
                Kind::Account => header.starts_with(&format!("Bearer token-{signer}")),
                Kind::Key => header.contains(&format!("username=\"{}{signer}\"", &PUBLIC_KEY[..7])),
            };
            assert!(right, "{change:?} {header}");
        }
    }
}

fn numbered(way: Way, number: u8) -> Credential {
    match way.with {
        Kind::Account => Credential::ServiceAccount {
            client_id: format!("{}{number}", &CLIENT_ID[..CLIENT_ID.len() - 1]),
            client_secret: "secret".to_owned().into(),
        },
        Kind::Key => Credential::ApiKey {
            public_key: format!("{}{number}", &PUBLIC_KEY[..7]),
            private_key: "private".to_owned().into(),
        },
    }
}

/// Lets in whoever has any credential.
struct Anybody(ResponseTemplate);

impl Respond for Anybody {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let Some(header) = request.headers.get("authorization") else {
            return DigestServer::new(Habits::default(), self.0.clone()).new_challenge();
        };
        if request.url.path() == TOKEN_PATH {
            let number = (1..=3)
                .find(|number| *header == basic(*number))
                .expect("is one of three");
            return token(&format!("token-{number}"), 3600);
        }
        match request.method.as_str() {
            "GET" => ResponseTemplate::new(200).set_body_json(json!({})),
            _ => self.0.clone(),
        }
    }
}

/// What the credential of this number sends to the token endpoint.
fn basic(number: u8) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let id = &CLIENT_ID[..CLIENT_ID.len() - 1];
    format!("Basic {}", STANDARD.encode(format!("{id}{number}:secret")))
}

async fn preparing_for_one_purpose_does_not_prepare_for_another(way: Way) {
    let server = way.server().await;
    let mut settings = way.settings(&server.uri());
    settings.credentials.disabler = Some(numbered(way, 3));
    let setup = Setup::with(settings, |_| ());
    Change::Create.prepare(&setup).await;
    let outcome = Change::Disable.make(&setup).await;
    assert_eq!(not_sent(outcome), WhyNotSent::Unprepared);
    assert_eq!(way.seen(&server).await, Vec::<String>::new());
}

async fn what_was_not_prepared_is_not_sent(way: Way) {
    for change in Change::iter() {
        let server = server_with(way, change, change.success_template()).await;
        let setup = way.client(&server.uri());
        let outcome = change.make(&setup).await;
        assert_eq!(not_sent(outcome), WhyNotSent::Unprepared);
        assert_eq!(all_seen(&server).await, Vec::<String>::new());
    }
}

async fn a_name_is_one_segment_of_the_path_whatever_is_in_it(way: Way) {
    for (username, segment) in [
        ("a/b", "a%2Fb"),
        ("../../x", "..%2F..%2Fx"),
        ("100%", "100%25"),
        ("a?b#c", "a%3Fb%23c"),
        ("CN=Jane Doe,O=y", "CN%3DJane%20Doe%2CO%3Dy"),
        ("김", "%EA%B9%80"),
    ] {
        for change in [Change::Update, Change::Delete] {
            let server = way.server().await;
            let users = way.at(&format!("/groups/{GROUP}/databaseUsers"));
            let (status, mut body) = change.success();
            body["username"] = json!(username);
            Mock::given(method(change.method()))
                .respond_with(ResponseTemplate::new(status).set_body_json(body))
                .mount(&server)
                .await;
            let setup = way.client(&server.uri());
            change.prepare(&setup).await;
            let outcome = change.make_for(&setup, &name(username)).await;
            outcome.expect("is done");
            let line = format!("{} {users}/%24external/{segment}", change.method());
            assert_eq!(way.seen(&server).await, [line]);
        }
    }
}

async fn a_name_that_means_a_folder_is_not_sent_where_it_would_be_part_of_the_path(way: Way) {
    for folder in [".", ".."] {
        let server = way.server().await;
        let setup = way.client(&server.uri());
        for change in [Change::Update, Change::Delete] {
            change.prepare(&setup).await;
            let outcome = change.make_for(&setup, &name(folder)).await;
            assert_eq!(not_sent(outcome), WhyNotSent::Unsendable);
        }
        assert_eq!(way.seen(&server).await, Vec::<String>::new());
    }
}

async fn a_server_that_is_gone_was_not_sent_anything(way: Way) {
    for change in Change::iter() {
        let mut server = RawServer::start(Act::Close).await;
        let setup = way.client(&server.url);
        change.prepare(&setup).await;
        server.stop().await;
        let outcome = change.make(&setup).await;
        assert_eq!(not_sent(outcome), WhyNotSent::Connect);
    }
}

async fn every_change_has_a_connection_of_its_own(way: Way) {
    for change in Change::iter() {
        let (status, body) = change.success();
        let act = Act::AnswerAndKeep(answer(&format!("{status} Done"), "", &body.to_string()));
        let server = RawServer::start(act).await;
        let setup = way.client(&server.url);
        change.prepare(&setup).await;
        assert_eq!(server.connections(), 1);
        if change == Change::Delete {
            // 204 has no body, so that text after it would be the beginning of another answer.
            continue;
        }
        change.make(&setup).await.expect("is done");
        assert_eq!(server.connections(), 2);
    }
}

in_every_way! {
    a_prepared_change_is_one_request_that_says_what_is_wanted,
    a_user_of_the_whole_project_is_created_without_limits,
    each_change_is_signed_with_the_credential_of_its_purpose,
    preparing_for_one_purpose_does_not_prepare_for_another,
    what_was_not_prepared_is_not_sent,
    a_name_is_one_segment_of_the_path_whatever_is_in_it,
    a_name_that_means_a_folder_is_not_sent_where_it_would_be_part_of_the_path,
    a_server_that_is_gone_was_not_sent_anything,
    every_change_has_a_connection_of_its_own,
}
