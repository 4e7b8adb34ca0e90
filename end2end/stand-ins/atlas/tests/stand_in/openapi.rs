//! Answers held against the schema Atlas publishes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::schema::{problems, published};
use crate::support::{Atlas, PAYMENTS, assert_error, atlas, certs};

#[tokio::test]
async fn answers_fit_the_published_schema() {
    let Some(document) = published() else {
        return;
    };
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
    let problems = problems(&document, &schema, &error);
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
    assert_eq!(
        problems(document, schema, &answer),
        Vec::<String>::new(),
        "{method} {template}: {answer}"
    );
}
