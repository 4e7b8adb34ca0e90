//! Database users.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Atlas, PAYMENTS, assert_error, atlas};

fn users() -> String {
    format!("/groups/{PAYMENTS}/databaseUsers")
}

fn user(name: &str) -> Value {
    json!({"databaseName": "$external", "groupId": PAYMENTS, "username": name, "x509Type": "MANAGED",
        "roles": [{"roleName": "readWrite", "databaseName": "sales"}],
        "scopes": [{"name": "myCluster", "type": "CLUSTER"}]})
}

async fn post(atlas: &Atlas, body: &Value) -> Response {
    atlas
        .v2(Method::POST, &users())
        .json(body)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_created_user_looks_like_the_recorded_one() {
    let atlas = atlas().await;
    let response = post(&atlas, &user("user389")).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let created: Value = response.json().await.unwrap();
    let href = format!(
        "{}/api/atlas/v2{}/$external/user389",
        atlas.running.url(),
        users()
    );
    let expected = json!({
        "awsIAMType": "NONE", "databaseName": "$external", "groupId": PAYMENTS, "labels": [],
        "ldapAuthType": "NONE", "links": [{"href": href, "rel": "self"}], "oidcAuthType": "NONE",
        "roles": [{"databaseName": "sales", "roleName": "readWrite"}],
        "scopes": [{"name": "myCluster", "type": "CLUSTER"}],
        "username": "user389", "x509Type": "MANAGED",
    });
    assert_eq!(created, expected);
    assert_eq!(
        atlas.get(&format!("{}/$external/user389", users())).await,
        expected
    );
    assert_error(
        post(&atlas, &user("user389")).await,
        409,
        "USER_ALREADY_EXISTS",
    )
    .await;
    let other_database = atlas
        .v2(Method::GET, &format!("{}/admin/user389", users()))
        .send()
        .await
        .unwrap();
    assert_error(other_database, 404, "USERNAME_NOT_FOUND").await;
}

#[tokio::test]
async fn clusters_lag_behind_a_new_user() {
    let atlas = atlas().await;
    let status = format!("/groups/{PAYMENTS}/clusters/payments-prod/status");
    assert_eq!(atlas.get(&status).await["changeStatus"], "APPLIED");
    let later = |seconds| atlas.running.stand_in().clock().set_offset_seconds(seconds);
    post(&atlas, &user("user389")).await;
    assert_eq!(atlas.get(&status).await["changeStatus"], "PENDING");
    later(10);
    assert_eq!(atlas.get(&status).await["changeStatus"], "APPLIED");
    let path = format!("{}/$external/user389", users());
    let change =
        json!({"x509Type": "MANAGED", "roles": [{"roleName": "read", "databaseName": "d"}]});
    let changed = atlas.v2(Method::PATCH, &path).json(&change).send().await;
    assert_eq!(changed.unwrap().status(), StatusCode::OK);
    assert_eq!(atlas.get(&status).await["changeStatus"], "PENDING");
    later(20);
    assert_eq!(atlas.get(&status).await["changeStatus"], "APPLIED");
    atlas.v2(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(atlas.get(&status).await["changeStatus"], "PENDING");
}

#[tokio::test]
async fn users_atlas_would_not_take() {
    let atlas = atlas().await;
    let with = |changes: Value| {
        let mut user = user("user389");
        user.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        user
    };
    let cases = [
        (
            json!({"username": "CN=x,O=y"}),
            400,
            "ATLAS_MANAGED_X509_NAME_INVALID",
        ),
        (
            json!({"x509Type": "CUSTOMER"}),
            400,
            "ATLAS_INVALID_LDAP_NAME",
        ),
        (
            json!({"deleteAfterDate": "2027-01-01T00:00:00Z"}),
            400,
            "ATLAS_X509_USER_CANNOT_BE_TEMPORARY",
        ),
        (
            json!({"ldapAuthType": "USER"}),
            400,
            "ATLAS_X509_USER_CANNOT_USE_LDAP",
        ),
        (
            json!({"password": "not so secret"}),
            400,
            "ATLAS_X509_USER_CANNOT_USE_SCRAM",
        ),
        (
            json!({"databaseName": "admin"}),
            400,
            "DATABASE_NAME_INVALID_EXTERNAL",
        ),
        (
            json!({"x509Type": "NONE"}),
            400,
            "DATABASE_NAME_INVALID_ADMIN",
        ),
        (
            json!({"groupId": "64f0c0a1e4b0a1b2c3d4e502"}),
            400,
            "GROUP_MISMATCH",
        ),
        (json!({"shoeSize": 42}), 400, "INVALID_ATTRIBUTE"),
    ];
    for (changes, status, code) in cases {
        assert_error(post(&atlas, &with(changes)).await, status, code).await;
    }
    for number in 0..94 {
        assert_eq!(
            post(&atlas, &user(&format!("user{number}"))).await.status(),
            StatusCode::CREATED
        );
    }
    let body = assert_error(
        post(&atlas, &user("one-too-many")).await,
        403,
        "GROUP_USERS_LIMIT_EXCEEDED",
    )
    .await;
    assert_eq!(body["parameters"], json!([100]));
}

#[tokio::test]
async fn a_change_must_repeat_the_type_and_replaces_lists() {
    let atlas = atlas().await;
    let url = format!("{}/$external/orders-api", users());
    let patch = |body: Value| {
        let request = atlas.v2(Method::PATCH, &url).json(&body);
        async { request.send().await.unwrap() }
    };
    let roles = json!([{"roleName": "read", "databaseName": "orders"}]);
    let refused = patch(json!({"roles": roles})).await;
    assert_error(refused, 409, "DATABASE_USERNAME_CANNOT_BE_CHANGED").await;
    let refused = patch(json!({"x509Type": "CUSTOMER"})).await;
    assert_error(refused, 409, "AUTH_TYPE_CANNOT_BE_CHANGED").await;
    let changed = patch(json!({"x509Type": "MANAGED", "roles": roles})).await;
    assert_eq!(changed.status(), StatusCode::OK);
    assert_eq!(changed.json::<Value>().await.unwrap()["roles"], roles);
}

#[tokio::test]
async fn a_user_can_be_deleted_once_and_events_tell() {
    let atlas = atlas().await;
    let path = format!("{}/$external/orders-api", users());
    let deleted = atlas.v2(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        deleted.headers()["content-type"],
        "application/vnd.atlas.2023-01-01+json;charset=utf-8"
    );
    let again = atlas.v2(Method::DELETE, &path).send().await.unwrap();
    assert_error(again, 404, "USER_NOT_FOUND").await;
    atlas.issue("ledger-batch").await;
    let events = atlas.get(&format!("/groups/{PAYMENTS}/events")).await;
    assert_eq!(
        events["totalCount"], 0,
        "events are not counted unless asked for"
    );
    let items = events["results"].as_array().unwrap();
    assert_eq!(items[0]["eventTypeName"], "MONGODB_USER_X509_CERT_CREATED");
    assert!(
        items[0].get("dbUserUsername").is_none(),
        "it names neither the user nor the certificate"
    );
    assert_eq!(items[1]["eventTypeName"], "MONGODB_USER_DELETED");
    assert_eq!(items[1]["dbUserUsername"], "CN=orders-api");
    let some = format!(
        "/groups/{PAYMENTS}/events?eventType=MONGODB_USER_X509_CERT_CREATED&includeCount=true"
    );
    assert_eq!(atlas.get(&some).await["totalCount"], 1);
}
