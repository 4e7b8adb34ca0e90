//! Answers held against the schema Atlas publishes.
//!
//! Its licence (CC BY-NC-SA) keeps the document out of this repository; without it, this test says so and passes.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Atlas, PAYMENTS, assert_error, atlas, certs};

/// Where the document is looked for, from the root of the repository.
const DOCUMENT: &str = "../shared/atlas/openapi-x509-slice.json";

/// Where real answers break the schema, and so do these.
const KNOWN: [&str; 2] = [
    // Real answers say null for people without a telephone; the schema does not allow it.
    "mobileNumber",
    // A password is required of the answer, which never has one.
    "password",
];

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a test that checks nothing says so")]
async fn answers_fit_the_published_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../..")
        .join(DOCUMENT);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!(
            "NOT CHECKED: {DOCUMENT} is not there, so no answer was held against the published schema."
        );
        return;
    };
    let document: Value = serde_json::from_str(&text).unwrap();
    let atlas = atlas().await;
    atlas.issue("orders-api").await;
    let group = "/groups/{groupId}";
    let get = [
        ("/groups", "/groups".to_owned()),
        (group, format!("/groups/{PAYMENTS}")),
        (
            "/groups/{groupId}/databaseUsers",
            format!("/groups/{PAYMENTS}/databaseUsers"),
        ),
        (
            "/groups/{groupId}/databaseUsers/{databaseName}/{username}",
            format!("/groups/{PAYMENTS}/databaseUsers/$external/payouts.worker"),
        ),
        (
            "/groups/{groupId}/databaseUsers/{username}/certs",
            certs("orders-api"),
        ),
        (
            "/groups/{groupId}/userSecurity",
            format!("/groups/{PAYMENTS}/userSecurity"),
        ),
        (
            "/groups/{groupId}/users",
            format!("/groups/{PAYMENTS}/users?flattenTeams=true"),
        ),
        (
            "/groups/{groupId}/teams",
            format!("/groups/{PAYMENTS}/teams"),
        ),
        (
            "/orgs/{orgId}/teams/{teamId}/users",
            "/orgs/5f0c0a1e4b0a1b2c3d4e5f60/teams/5f0c0a1e4b0a1b2c3d4e7001/users".to_owned(),
        ),
        (
            "/groups/{groupId}/clusters/{clusterName}/status",
            format!("/groups/{PAYMENTS}/clusters/payments-prod/status"),
        ),
        ("/rateLimits", "/rateLimits".to_owned()),
    ];
    for (template, path) in get {
        check(&atlas, &document, Method::GET, template, &path, None).await;
    }
    let user = json!({"databaseName": "$external", "username": "fresh", "x509Type": "MANAGED",
        "roles": [{"roleName": "read", "databaseName": "d"}]});
    let users = format!("/groups/{PAYMENTS}/databaseUsers");
    check(
        &atlas,
        &document,
        Method::POST,
        "/groups/{groupId}/databaseUsers",
        &users,
        Some(&user),
    )
    .await;
    let template = "/groups/{groupId}/databaseUsers/{databaseName}/{username}";
    let path = format!("{users}/$external/fresh");
    check(
        &atlas,
        &document,
        Method::PATCH,
        template,
        &path,
        Some(&json!({"x509Type": "MANAGED"})),
    )
    .await;
    let template = "/groups/{groupId}/userSecurity/customerX509";
    let path = format!("/groups/{PAYMENTS}/userSecurity/customerX509");
    check(&atlas, &document, Method::DELETE, template, &path, None).await;

    let refused = atlas.post_cert("nobody", json!({})).await.unwrap();
    let error = assert_error(refused, 404, "USERNAME_NOT_FOUND").await;
    let schema = json!({"$ref": "#/components/schemas/ApiError"});
    // Its parameters are said to be objects; in recorded answers they are text and numbers.
    let problems: Vec<_> = problems(&document, &schema, &error)
        .into_iter()
        .filter(|p| !p.contains("parameters"))
        .collect();
    assert_eq!(problems, Vec::<String>::new());
}

async fn check(
    atlas: &Atlas,
    document: &Value,
    method: Method,
    template: &str,
    path: &str,
    body: Option<&Value>,
) {
    // The version of the answer must be one the document knows, so ask for the newest.
    let request = atlas.v2(method.clone(), path);
    let mut request = request.build().unwrap();
    let newest = "application/vnd.atlas.2025-03-12+json".parse().unwrap();
    request.headers_mut().insert("accept", newest);
    if let Some(body) = body {
        *request.body_mut() = Some(body.to_string().into());
        request
            .headers_mut()
            .insert("content-type", "application/json".parse().unwrap());
    }
    let response = atlas.http.execute(request).await.unwrap();
    let operation =
        &document["paths"][format!("/api/atlas/v2{template}")][method.as_str().to_lowercase()];
    let described = &operation["responses"][response.status().as_str()]["content"];
    let media_type = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let schema = &described[&media_type]["schema"];
    assert!(
        schema.is_object(),
        "{method} {template}: no {} {media_type}",
        response.status()
    );
    let answer: Value = response.json().await.unwrap();
    let problems: Vec<_> = problems(document, schema, &answer)
        .into_iter()
        .filter(|problem| !KNOWN.iter().any(|known| problem.contains(known)))
        .collect();
    assert_eq!(
        problems,
        Vec::<String>::new(),
        "{method} {template}: {answer}"
    );
}

fn problems(document: &Value, schema: &Value, answer: &Value) -> Vec<String> {
    let mut checker = Checker {
        document,
        problems: Vec::new(),
    };
    checker.check(schema, answer, "", true);
    checker.problems
}

/// As much of JSON Schema as the document uses. A library would be welcome, but the schemas of people are parents by
/// `oneOf` of children that name them by `allOf`, which validators follow for ever.
struct Checker<'a> {
    document: &'a Value,
    problems: Vec<String>,
}

impl<'a> Checker<'a> {
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self
                .document
                .pointer(&reference[1..])
                .unwrap_or(&Value::Null),
            None => schema,
        }
    }

    fn check(&mut self, schema: &'a Value, value: &Value, at: &str, descend: bool) {
        let schema = self.resolve(schema);
        if value.is_null() {
            if schema["nullable"] != true {
                self.problems.push(format!("{at} is null"));
            }
            return;
        }
        self.check_type(schema, value, at);
        for name in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if value.get(name).is_none() {
                self.problems.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(field) = value.get(name) {
                self.check(property, field, &format!("{at}.{name}"), true);
            }
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.check(&schema["items"], item, &format!("{at}[{index}]"), true);
        }
        for parent in schema["allOf"].as_array().into_iter().flatten() {
            // The parent's own fields only: its choice led here.
            self.check(parent, value, at, false);
        }
        let discriminator = &schema["discriminator"];
        if descend && discriminator.is_object() {
            let name = discriminator["propertyName"]
                .as_str()
                .and_then(|name| value[name].as_str());
            match name.and_then(|name| discriminator["mapping"][name].as_str()) {
                Some(reference) => {
                    let child = self
                        .document
                        .pointer(&reference[1..])
                        .unwrap_or(&Value::Null);
                    self.check(child, value, at, false);
                }
                None => self
                    .problems
                    .push(format!("{at} is none of the kinds there are")),
            }
        }
    }

    fn check_type(&mut self, schema: &Value, value: &Value, at: &str) {
        let fits = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            _ => true,
        };
        if !fits {
            self.problems
                .push(format!("{at} is not of type {}", schema["type"]));
        }
        let choices = schema["enum"].as_array();
        let own_role = |choices: &Vec<Value>| choices.contains(&json!("<a custom role name>"));
        if choices.is_some_and(|choices| !choices.contains(value) && !own_role(choices)) {
            self.problems
                .push(format!("{at} is {value}, which is none of the choices"));
        }
        let Some(text) = value.as_str() else { return };
        // Of the patterns only this one is held: those for names of projects and certificates refuse real answers.
        let hex = |text: &str| {
            text.len() == 24 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        if schema["pattern"] == "^([a-f0-9]{24})$" && !hex(text) {
            self.problems.push(format!("{at} is no id: {text}"));
        }
        let format = time::format_description::well_known::Rfc3339;
        if schema["format"] == "date-time" && time::OffsetDateTime::parse(text, &format).is_err() {
            self.problems.push(format!("{at} is no moment: {text}"));
        }
    }
}
