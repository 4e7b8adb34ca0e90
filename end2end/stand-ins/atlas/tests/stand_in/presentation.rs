//! Versions, envelopes, pretty printing and generic refusals.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{ISSUER, PAYMENTS, assert_error, atlas, certs, token};

#[tokio::test]
async fn v2_needs_a_version_and_v1_does_not() {
    let atlas = atlas().await;
    let bad = [
        "application/json",
        "*/*",
        "application/vnd.atlas.2022-12-31+json",
        "application/vnd.atlas.x+json",
    ];
    for accept in bad {
        let request = atlas
            .http
            .get(format!("{}/api/atlas/v2/groups", atlas.running.url()));
        let response = request
            .bearer_auth(&atlas.token)
            .header("accept", accept)
            .send()
            .await
            .unwrap();
        let body = assert_error(response, 406, "INVALID_VERSION_DATE").await;
        assert_eq!(body["detail"], "Invalid accept header or version date.");
    }
    let old = atlas.v1(Method::GET, "/groups").send().await.unwrap();
    assert_eq!(old.status(), StatusCode::OK);
    assert_eq!(old.headers()["content-type"], "application/json");
    let new = atlas.v2(Method::GET, "/groups").send().await.unwrap();
    assert_eq!(
        new.headers()["content-type"],
        "application/vnd.atlas.2023-01-01+json;charset=utf-8"
    );
}

#[tokio::test]
async fn the_older_version_of_a_resource_says_that_it_ends() {
    let atlas = atlas().await;
    let users = format!("/groups/{PAYMENTS}/users");
    let new = atlas.v2(Method::GET, &users).send().await.unwrap();
    assert_eq!(
        new.headers()["content-type"],
        "application/vnd.atlas.2025-02-19+json;charset=utf-8"
    );
    assert!(!new.headers().contains_key("sunset"));
    let url = format!("{}/api/atlas/v2{users}", atlas.running.url());
    let request = atlas.http.get(url).bearer_auth(&atlas.token);
    let old = request
        .header("accept", "application/vnd.atlas.2023-01-01+json")
        .send()
        .await
        .unwrap();
    assert!(old.headers().contains_key("deprecation") && old.headers().contains_key("sunset"));
    assert_eq!(
        old.headers()["content-type"],
        "application/vnd.atlas.2023-01-01+json;charset=utf-8"
    );
}

#[tokio::test]
async fn envelopes_and_pretty_printing() {
    let atlas = atlas().await;
    let project = atlas
        .get(&format!("/groups/{PAYMENTS}?envelope=true"))
        .await;
    assert_eq!(project["status"], 200);
    assert_eq!(project["content"]["name"], "Payments prod");
    let list = atlas.get("/groups?envelope=true").await;
    assert_eq!(list["status"], 200);
    assert_eq!(list["results"].as_array().unwrap().len(), 3);
    let text = atlas
        .v2(Method::GET, "/groups?pretty=true")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(text.contains("\n  "));
    let plain = atlas
        .v2(Method::GET, "/groups")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!plain.contains('\n'));
    let path = format!("{}?envelope=true", certs("orders-api"));
    let pem = atlas
        .v2(Method::POST, &path)
        .json(&json!({}))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        pem.starts_with("-----BEGIN CERTIFICATE-----"),
        "never in an envelope"
    );
}

#[tokio::test]
async fn what_is_not_there_has_the_recorded_error() {
    let atlas = atlas().await;
    let get = |path: &'static str| {
        let request = atlas.v2(Method::GET, path);
        async { request.send().await.unwrap() }
    };
    let response = get("/groups/111111111111111111111111").await;
    let expected: Value = serde_json::from_str(
        r#"{"detail":"No group with ID 111111111111111111111111 exists.","error":404,
            "errorCode":"GROUP_NOT_FOUND","parameters":["111111111111111111111111"],"reason":"Not Found"}"#,
    )
    .unwrap();
    assert_eq!(
        assert_error(response, 404, "GROUP_NOT_FOUND").await,
        expected
    );
    assert_error(get("/groups/not-an-id").await, 404, "INVALID_GROUP_ID").await;
    assert_error(get("/nonsense").await, 404, "RESOURCE_NOT_FOUND").await;
    // A slash that is not encoded makes another path.
    let path = "/groups/64f0c0a1e4b0a1b2c3d4e501/databaseUsers/team/service/certs";
    assert_error(get(path).await, 404, "RESOURCE_NOT_FOUND").await;
    assert_error(
        get("/groups?itemsPerPage=501").await,
        400,
        "INVALID_QUERY_PARAMETER",
    )
    .await;
    assert_error(
        get("/groups?pageNum=0").await,
        400,
        "INVALID_QUERY_PARAMETER",
    )
    .await;
    let put = atlas.v2(Method::PUT, "/groups").send().await.unwrap();
    assert_error(put, 405, "METHOD_NOT_ALLOWED").await;
}

#[tokio::test]
async fn content_types_of_requests() {
    let atlas = atlas().await;
    let post = |kind: &'static str| {
        let request = atlas
            .v2(Method::POST, &certs("orders-api"))
            .header("content-type", kind)
            .body("{}");
        async { request.send().await.unwrap() }
    };
    assert_eq!(post("application/json").await.status(), StatusCode::CREATED);
    assert_eq!(
        post("application/vnd.atlas.2023-01-01+json").await.status(),
        StatusCode::CREATED
    );
    assert_error(post("text/plain").await, 415, "UNSUPPORTED_MEDIA_TYPE").await;
}

#[tokio::test]
async fn a_bucket_that_is_empty_says_when_to_come_again() {
    let atlas = atlas().await;
    let path = format!("/groups/{PAYMENTS}/events");
    let mut response = atlas.v2(Method::GET, &path).send().await.unwrap();
    for _ in 0..400 {
        if response.status() != StatusCode::OK {
            break;
        }
        response = atlas.v2(Method::GET, &path).send().await.unwrap();
    }
    assert_eq!(response.headers()["ratelimit-limit"], "300");
    assert_eq!(response.headers()["ratelimit-remaining"], "0");
    assert_eq!(response.headers()["retry-after"], "1");
    let body = assert_error(response, 429, "RATE_LIMITED_TOKEN_BUCKET").await;
    let path = format!("api/atlas/v2/groups/{PAYMENTS}/events");
    assert_eq!(body["parameters"], json!([path, 1, 300, 100, 60]));
    let detail = format!(
        "Rate limit exceeded for {path}. Please retry after 1 seconds. Request capacity: 300. \
         Refill rate: 100 per 60 seconds."
    );
    assert_eq!(body["detail"], detail);
    // The token is still good: it was not the credential that ran out.
    assert!(
        !token(&atlas.http, &atlas.running.url(), ISSUER)
            .await
            .is_empty()
    );
}
