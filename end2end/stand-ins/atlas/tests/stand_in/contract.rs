//! The portal's own client speaks with the stand-in, and both are held against the schema Atlas publishes.

use std::collections::BTreeSet;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use portal::atlas::{
    ApiVersion, Atlas as _, AtlasClient, AtlasSettings, Credential, Credentials, NewManagedUser,
    Purpose, WriteError,
};
use portal::clock::SystemClock;
use portal::model::{DatabaseRole, GroupId, Username};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::recorder::{Exchange, Recorder};
use crate::schema::{problems, problems_of_request, published};
use crate::support::{DISABLER, ISSUER, PAYMENTS, READER, atlas};

/// What the client asks for and the part of the document at hand does not describe.
const NOT_DESCRIBED: [&str; 2] = [
    "GET /groups/{groupId}/clusters",
    "GET /groups/{groupId}/dbAccessHistory/clusters/{clusterName}",
];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Account,
    Key,
}

#[tokio::test]
async fn v2_with_service_accounts_keeps_the_contract() {
    keeps_the_contract(ApiVersion::V2, Kind::Account).await;
}

#[tokio::test]
async fn v2_with_keys_keeps_the_contract() {
    keeps_the_contract(ApiVersion::V2, Kind::Key).await;
}

#[tokio::test]
async fn v1_with_service_accounts_keeps_the_contract() {
    keeps_the_contract(ApiVersion::V1, Kind::Account).await;
}

#[tokio::test]
async fn v1_with_keys_keeps_the_contract() {
    keeps_the_contract(ApiVersion::V1, Kind::Key).await;
}

async fn keeps_the_contract(api: ApiVersion, kind: Kind) {
    let atlas = atlas().await;
    let authorities = json!([{"commonName": "Example Root CA"}]);
    let path = format!("customer-authorities/{PAYMENTS}");
    let set = atlas.control(Method::PUT, &path).json(&authorities);
    assert_eq!(set.send().await.unwrap().status(), StatusCode::OK);
    // The test's own token.
    let before = atlas.running.stand_in().journal().len();
    let recorder = Recorder::before(atlas.running.url()).await;
    let client = AtlasClient::new(
        AtlasSettings {
            base_url: recorder.url.parse().unwrap(),
            api,
            credentials: credentials(kind),
        },
        Arc::new(SystemClock),
    )
    .unwrap();
    ask_for_everything(&client, atlas.running.stand_in().clock().now()).await;

    let exchanges = recorder.exchanges();
    let journal = atlas.running.stand_in().journal();
    assert_eq!(exchanges.len(), journal.len() - before, "nothing passed by");
    let Some(document) = published() else {
        return;
    };
    let mut not_described = BTreeSet::new();
    let mut described = BTreeSet::new();
    for exchange in exchanges {
        if exchange.uri.path() == "/api/oauth/token" || is_challenge(&exchange) {
            continue;
        }
        let contract = Contract::of(&document, api, &exchange);
        assert!(contract.accepts(), "{}", contract.name);
        let Some(operation) = contract.operation else {
            not_described.insert(contract.name);
            continue;
        };
        let mut wrong = contract.wrong_with_request(operation);
        wrong.extend(contract.wrong_with_answer(operation));
        assert_eq!(wrong, Vec::<String>::new(), "{}", contract.name);
        described.insert(contract.name);
    }
    assert!(not_described.iter().map(String::as_str).eq(NOT_DESCRIBED));
    assert_eq!(described.len(), 10, "{described:?}");
}

fn credentials(kind: Kind) -> Credentials {
    let credential = |(id, secret): (&str, &str), public: &str, private: char| match kind {
        Kind::Account => Credential::ServiceAccount {
            client_id: id.to_owned(),
            client_secret: secret.to_owned().into(),
        },
        Kind::Key => Credential::ApiKey {
            public_key: public.to_owned(),
            private_key: format!("00000000-0000-4000-8000-00000000000{private}").into(),
        },
    };
    Credentials {
        reader: credential(READER, "standinr", 'a'),
        issuer: Some(credential(ISSUER, "standini", 'b')),
        disabler: Some(credential(DISABLER, "standind", 'c')),
    }
}

/// Every call of the client, and refusals of most.
async fn ask_for_everything(client: &AtlasClient, now: OffsetDateTime) {
    let group: GroupId = PAYMENTS.parse().unwrap();
    let nobody: Username = "nobody".parse().unwrap();
    let roles: Vec<DatabaseRole> = vec![
        "readWrite@orders".parse().unwrap(),
        "read@orders.invoices".parse().unwrap(),
    ];
    let new = NewManagedUser {
        username: "jdoe-7k2m".parse().unwrap(),
        roles: roles.clone(),
        clusters: vec!["payments-prod".to_owned()],
    };

    assert_eq!(client.list_projects().await.unwrap().len(), 3);
    assert_eq!(client.list_database_users(&group).await.unwrap().len(), 6);
    let security = client.user_security(&group).await.unwrap();
    assert!(security.customer_cas.is_some());
    prepare(client, Purpose::Disabler).await;
    client.disable_customer_x509(&group).await.unwrap();
    let security = client.user_security(&group).await.unwrap();
    assert_eq!(security.customer_cas, None);
    let clusters = client.list_clusters(&group).await.unwrap().unwrap();
    assert_eq!(clusters[0].state.as_deref(), Some("UPDATING"));

    prepare(client, Purpose::Issuer).await;
    client.create_user(&group, &new).await.unwrap();
    let applied = client.cluster_applied(&group, "payments-prod").await;
    assert_eq!(applied.unwrap(), Some(false));
    prepare(client, Purpose::Issuer).await;
    let again = client.create_user(&group, &new).await;
    assert_eq!(refused(again), (409, "USER_ALREADY_EXISTS".to_owned()));

    prepare(client, Purpose::Issuer).await;
    let outcome = client.update_user(&group, &new.username, &roles[..1]).await;
    outcome.unwrap();
    let users = client.list_database_users(&group).await.unwrap();
    let user = users.iter().find(|user| user.username == new.username);
    let user = user.unwrap();
    assert_eq!(
        (&user.roles[..], &user.scopes),
        (&roles[..1], &new.clusters)
    );
    prepare(client, Purpose::Issuer).await;
    let outcome = client.update_user(&group, &nobody, &roles).await;
    assert_eq!(refused(outcome), (404, "USERNAME_NOT_FOUND".to_owned()));

    prepare(client, Purpose::Issuer).await;
    let months = 3.try_into().unwrap();
    let made = client
        .create_certificate(&group, &new.username, months)
        .await;
    assert_eq!(made.unwrap().status, 201);
    let listed = client.list_certificates(&group, &new.username).await;
    assert_eq!(listed.unwrap().len(), 1);
    prepare(client, Purpose::Issuer).await;
    let made = client.create_certificate(&group, &nobody, months).await;
    assert_eq!(refused(made), (404, "USERNAME_NOT_FOUND".to_owned()));

    prepare(client, Purpose::Issuer).await;
    client.delete_user(&group, &new.username).await.unwrap();
    prepare(client, Purpose::Issuer).await;
    let outcome = client.delete_user(&group, &new.username).await;
    assert_eq!(refused(outcome), (404, "USER_NOT_FOUND".to_owned()));

    let since = now - Duration::days(7);
    let sign_ins = client.list_sign_ins(&group, "payments-prod", since).await;
    let sign_ins = sign_ins.unwrap().unwrap();
    let latest = &sign_ins[0];
    assert_eq!(latest.username.as_str(), "orders-api");
    let customer = "CN=Legacy Billing,O=Example,C=DE";
    assert!(sign_ins.iter().any(|it| it.username.as_str() == customer));
}

async fn prepare(client: &AtlasClient, purpose: Purpose) {
    client.prepare_write(purpose).await.unwrap();
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, WriteError>) -> (u16, String) {
    match outcome {
        Err(WriteError::Refused(refusal)) => (refusal.status, refusal.code),
        other => panic!("not refused: {other:?}"),
    }
}

/// The first leg of a digest exchange, which no schema describes.
fn is_challenge(exchange: &Exchange) -> bool {
    exchange.status == StatusCode::UNAUTHORIZED
        && exchange.answer_headers.contains_key("www-authenticate")
}

/// An exchange beside what the document says about it.
struct Contract<'a> {
    document: &'a Value,
    api: ApiVersion,
    exchange: &'a Exchange,
    /// `GET /groups/{groupId}`, or the path itself where it is not described.
    name: String,
    operation: Option<&'a Value>,
}

impl<'a> Contract<'a> {
    fn of(document: &'a Value, api: ApiVersion, exchange: &'a Exchange) -> Self {
        let prefix = match api {
            ApiVersion::V2 => "/api/atlas/v2",
            ApiVersion::V1 => "/api/atlas/v1.0",
        };
        let path = exchange.uri.path().strip_prefix(prefix).unwrap();
        let method = exchange.method.as_str();
        let paths = document["paths"].as_object().unwrap();
        let described = paths.iter().find_map(|(template, item)| {
            let template = template.strip_prefix("/api/atlas/v2")?;
            let operation = item.get(method.to_lowercase())?;
            fits(template, path).then_some((template, operation))
        });
        let name = described.map_or_else(
            || {
                path.replace(PAYMENTS, "{groupId}")
                    .replace("payments-prod", "{clusterName}")
            },
            |(template, _)| template.to_owned(),
        );
        Self {
            document,
            api,
            exchange,
            name: format!("{method} {name}"),
            operation: described.map(|(_, operation)| operation),
        }
    }

    /// Whether somebody asks whom Atlas answers: a credential, a program's name, a media type of this generation.
    fn accepts(&self) -> bool {
        let header = |name| Exchange::header(&self.exchange.headers, name).unwrap_or_default();
        let credential = header("authorization");
        let dated = header("accept")
            .strip_prefix("application/vnd.atlas.")
            .is_some_and(|rest| rest.ends_with("+json"));
        (credential.starts_with("Bearer ") || credential.starts_with("Digest "))
            && header("user-agent").starts_with("certdesk/")
            && match self.api {
                ApiVersion::V2 => dated,
                ApiVersion::V1 => header("accept") == "application/json",
            }
    }

    fn wrong_with_request(&self, operation: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        let parameters: Vec<&Value> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| self.resolve(parameter))
            .collect();
        let query = self.exchange.uri.query().unwrap_or_default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let found = parameters
                .iter()
                .find(|it| it["in"] == "query" && it["name"] == *name);
            let Some(parameter) = found else {
                wrong.push(format!("{name} is no parameter of it"));
                continue;
            };
            let value = serde_json::from_str(&value).unwrap_or_else(|_| json!(value));
            let problems = problems(self.document, &parameter["schema"], &value);
            wrong.extend(
                problems
                    .into_iter()
                    .map(|problem| format!("{name}{problem}")),
            );
        }

        let content_type = Exchange::header(&self.exchange.headers, "content-type");
        let described = &operation["requestBody"];
        if !described.is_object() {
            if content_type.is_some() || !self.exchange.body.is_empty() {
                wrong.push("it has a body".to_owned());
            }
            return wrong;
        }
        if content_type != Some("application/json") {
            wrong.push(format!("its body is called {content_type:?}"));
        }
        let body: Value = serde_json::from_slice(&self.exchange.body).unwrap();
        let (_, schema) = only(&described["content"]);
        wrong.extend(problems_of_request(self.document, &schema["schema"], &body));
        wrong
    }

    fn wrong_with_answer(&self, operation: &Value) -> Vec<String> {
        let status = self.exchange.status;
        let described = self.resolve(&operation["responses"][status.as_str()]);
        if !described.is_object() {
            return vec![format!("it is answered {status}")];
        }
        let called = Exchange::header(&self.exchange.answer_headers, "content-type").unwrap();
        let called = called.split(';').next().unwrap();
        let content = &described["content"];
        let schema = if called == "application/json" {
            // Errors of both generations, and everything of the older one: the document describes the newer.
            match only(content) {
                (Some(_), media) => &media["schema"],
                (None, _) => return Vec::new(),
            }
        } else if content[called].is_object() {
            &content[called]["schema"]
        } else {
            return vec![format!("its answer is called {called}")];
        };
        if self.exchange.answer.is_empty() || !schema.is_object() {
            let nothing = self.exchange.answer.is_empty() && status == StatusCode::NO_CONTENT;
            return if nothing {
                Vec::new()
            } else {
                vec![format!("{status} without {called}")]
            };
        }
        if schema["type"] == "string" {
            return Vec::new();
        }
        match serde_json::from_slice(&self.exchange.answer) {
            Ok(answer) => problems(self.document, schema, &answer),
            Err(error) => vec![error.to_string()],
        }
    }

    fn resolve(&self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.document.pointer(&reference[1..]).unwrap(),
            None => value,
        }
    }
}

/// The newest media type there is.
fn only(content: &Value) -> (Option<&String>, &Value) {
    let newest = content
        .as_object()
        .and_then(|all| all.iter().max_by_key(|(name, _)| *name));
    newest.map_or((None, &Value::Null), |(name, media)| (Some(name), media))
}

/// Whether a path is one of a template's, each of its parameters one segment that is not empty.
fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(expected, segment)| {
            if expected == "{groupId}" {
                segment.len() == 24 && segment.bytes().all(|b| b.is_ascii_hexdigit())
            } else if expected == "{databaseName}" {
                percent_decode_str(segment).eq(b"$external".iter().copied())
            } else if expected.starts_with('{') {
                !segment.is_empty()
            } else {
                expected == segment
            }
        })
}
