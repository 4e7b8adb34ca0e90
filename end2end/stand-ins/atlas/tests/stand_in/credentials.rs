//! Both kinds of credential.

use std::time::Duration;

use atlas_stand_in::{Credential, Role, Settings};
use digest_auth::{AuthContext, HttpMethod};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    ACCEPT, Atlas, DISABLER, ISSUER, PAYMENTS, READER, ask_token, assert_error, atlas, quick, with,
};

#[tokio::test]
async fn a_service_account_gets_a_token_that_ends() {
    let atlas = with(Settings {
        token_lifetime: Duration::from_secs(90),
        ..quick()
    })
    .await;
    let answer: Value = ask_token(&atlas.http, &atlas.running.url(), READER)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(answer["expires_in"], 90);
    assert_eq!(answer["token_type"], "Bearer");
    assert!(answer["access_token"].as_str().unwrap().starts_with("eyJ"));
    atlas.get("/groups").await;
    atlas.running.stand_in().clock().set_offset_seconds(91);
    let late = atlas.v2(Method::GET, "/groups").send().await.unwrap();
    assert_eq!(late.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_secret_is_refused_in_the_shape_of_oauth() {
    let atlas = atlas().await;
    let response = ask_token(
        &atlas.http,
        &atlas.running.url(),
        (READER.0, "mdb_sa_sk_wrong"),
    )
    .await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body,
        json!({"error": "invalid_client", "error_description": "Invalid credentials provided."})
    );
}

#[tokio::test]
async fn id_and_secret_are_url_decoded() {
    let id = "mdb_sa_id_0123456789abcdef01234567";
    let odd = Credential::service_account("odd", id, "mdb_sa_sk_a:b/c d%", Role::ReadOnly);
    let mut credentials = Credential::defaults();
    credentials.push(odd);
    let atlas = with(Settings {
        credentials,
        ..quick()
    })
    .await;
    let encoded = "mdb_sa_sk_a%3Ab%2Fc+d%25";
    let response = ask_token(&atlas.http, &atlas.running.url(), (id, encoded)).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn other_grants_are_refused() {
    let atlas = atlas().await;
    let url = format!("{}/api/oauth/token", atlas.running.url());
    let ask = |form: Vec<(&'static str, &'static str)>| {
        let request = atlas
            .http
            .post(&url)
            .basic_auth(READER.0, Some(READER.1))
            .form(&form);
        async { request.send().await.unwrap() }
    };
    let response = ask(vec![("grant_type", "password")]).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        response.json::<Value>().await.unwrap()["error"],
        "unsupported_grant_type"
    );
    let response = ask(vec![("scope", "x")]).await;
    assert_eq!(
        response.json::<Value>().await.unwrap()["error"],
        "invalid_request"
    );
}

#[tokio::test]
async fn fifty_tokens_a_minute() {
    let atlas = atlas().await;
    let url = atlas.running.url();
    let mut last = None;
    for _ in 0..51 {
        last = Some(ask_token(&atlas.http, &url, READER).await);
    }
    let mut response = last.unwrap();
    if response.status() == StatusCode::OK {
        // The minute turned in between; then the second minute's fifty are not used up yet.
        for _ in 0..51 {
            response = ask_token(&atlas.http, &url, READER).await;
        }
    }
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key("retry-after"));
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["errorCode"], "RATE_LIMITED");
    assert_eq!(
        body["detail"],
        "Resource /api/oauth/token is limited to 50 requests every 1 minutes."
    );
    assert_eq!(body["parameters"], json!(["/api/oauth/token", 50, 1]));
    let other = ask_token(&atlas.http, &url, DISABLER).await;
    assert_eq!(
        other.status(),
        StatusCode::OK,
        "each client has its own fifty"
    );
}

#[tokio::test]
async fn a_revoked_token_is_a_wrong_one() {
    let atlas = atlas().await;
    let revoked = atlas
        .http
        .post(format!("{}/api/oauth/revoke", atlas.running.url()))
        .basic_auth(ISSUER.0, Some(ISSUER.1))
        .form(&[
            ("token", atlas.token.as_str()),
            ("token_type_hint", "access_token"),
        ]);
    let revoked = revoked.send().await.unwrap();
    assert_eq!(revoked.status(), StatusCode::OK);
    assert_eq!(revoked.text().await.unwrap(), "");
    let refused = atlas.v2(Method::GET, "/groups").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let journal = serde_json::to_string(&atlas.running.stand_in().journal()).unwrap();
    assert!(!journal.contains(&atlas.token));
}

async fn digest(atlas: &Atlas, method: Method, path: &str, key: (&str, &str)) -> reqwest::Response {
    let url = format!("{}{path}", atlas.running.url());
    let ask = || {
        let request = atlas
            .http
            .request(method.clone(), &url)
            .header("accept", ACCEPT);
        if method == Method::POST {
            request.json(&json!({}))
        } else {
            request
        }
    };
    let challenged = ask().send().await.unwrap();
    assert_eq!(challenged.status(), StatusCode::UNAUTHORIZED);
    let header = challenged.headers()["www-authenticate"]
        .to_str()
        .unwrap()
        .to_owned();
    let context = AuthContext::new_with_method(
        key.0,
        key.1,
        path,
        None::<&[u8]>,
        HttpMethod::from(method.as_str()),
    );
    let answer = digest_auth::parse(&header)
        .unwrap()
        .respond(&context)
        .unwrap()
        .to_string();
    ask().header("authorization", answer).send().await.unwrap()
}

const ISSUER_KEY: (&str, &str) = ("standini", "00000000-0000-4000-8000-00000000000b");
const READER_KEY: (&str, &str) = ("standinr", "00000000-0000-4000-8000-00000000000a");

#[tokio::test]
async fn the_challenge_is_the_recorded_one() {
    let atlas = atlas().await;
    let url = format!("{}/api/atlas/v2/groups", atlas.running.url());
    let response = atlas.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let headers = response.headers().clone();
    let challenge = headers["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.starts_with("Digest realm=\"MMS Public API\", domain=\"\", nonce=\""),
        "{challenge}"
    );
    assert!(
        challenge.ends_with("\", algorithm=MD5, qop=\"auth\", stale=false"),
        "{challenge}"
    );
    assert_eq!(headers["content-type"], "application/json");
    assert!(!headers.contains_key("x-error-code") && !headers.contains_key("ratelimit-limit"));
    let body = response.text().await.unwrap();
    assert_eq!(body.len(), 142);
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap()["errorCode"],
        "UNEXPECTED_ERROR"
    );
}

#[tokio::test]
async fn an_api_key_works_in_both_generations() {
    let atlas = atlas().await;
    for base in ["/api/atlas/v2", "/api/atlas/v1.0"] {
        let path =
            format!("{base}/groups/{PAYMENTS}/databaseUsers/$external/payouts.worker?pretty=true");
        let response = digest(&atlas, Method::GET, &path, READER_KEY).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let path = format!("{base}/groups/{PAYMENTS}/databaseUsers/orders-api/certs");
        let response = digest(&atlas, Method::POST, &path, ISSUER_KEY).await;
        assert_eq!(response.status(), StatusCode::CREATED, "{path}");
        let response = digest(&atlas, Method::POST, &path, READER_KEY).await;
        assert_error(response, 401, "USER_UNAUTHORIZED").await;
    }
    let wrong = digest(
        &atlas,
        Method::GET,
        "/api/atlas/v2/groups",
        ("standini", "no"),
    )
    .await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert!(wrong.headers().contains_key("www-authenticate"));
    let names: Vec<_> = atlas
        .running
        .stand_in()
        .journal()
        .into_iter()
        .filter_map(|e| e.credential)
        .collect();
    assert!(names.contains(&"issuer-key".to_owned()) && names.contains(&"reader-key".to_owned()));
}

#[tokio::test]
async fn a_credential_sees_its_own_projects_only() {
    let mut credentials = Credential::defaults();
    credentials[1].projects = Some(vec![PAYMENTS.to_owned()]);
    let atlas = with(Settings {
        credentials,
        ..quick()
    })
    .await;
    let projects = atlas.get("/groups").await;
    assert_eq!(projects["totalCount"], 1);
    let other = atlas
        .v2(Method::GET, "/groups/64f0c0a1e4b0a1b2c3d4e502")
        .send()
        .await
        .unwrap();
    assert_error(other, 401, "NOT_IN_GROUP").await;
}

#[tokio::test]
async fn a_service_account_is_told_its_roles_in_a_project() {
    for (account, role) in [(READER, "GROUP_READ_ONLY"), (ISSUER, "GROUP_OWNER")] {
        let atlas = atlas().await.signed_in(account).await;
        let told = atlas
            .get(&format!("/groups/{PAYMENTS}/serviceAccounts/{}", account.0))
            .await;
        assert_eq!(told["roles"], json!([role]));
        assert_eq!(told["clientId"], account.0);
        assert_eq!(atlas.get("").await["apiKey"], Value::Null);
        // What is the organisation's is for those who may read it.
        let path = format!(
            "/orgs/5f0c0a1e4b0a1b2c3d4e5f60/serviceAccounts/{}",
            account.0
        );
        let refused = atlas.v2(Method::GET, &path).send().await.unwrap();
        assert_error(refused, 401, "USER_UNAUTHORIZED").await;
    }
    let atlas = atlas().await;
    let old = format!("/groups/{PAYMENTS}/serviceAccounts/{}", ISSUER.0);
    let unknown = atlas.v1(Method::GET, &old).send().await.unwrap();
    assert_error(unknown, 404, "RESOURCE_NOT_FOUND").await;
}

#[tokio::test]
async fn who_owns_the_organisation_owns_projects_without_a_role_in_them() {
    let id = "mdb_sa_id_0123456789abcdef01234567";
    let king = Credential::service_account("king", id, "mdb_sa_sk_king", Role::OrganisationOwner);
    let mut credentials = Credential::defaults();
    credentials.push(king);
    let settings = Settings {
        credentials,
        ..quick()
    };
    let atlas = with(settings).await.signed_in((id, "mdb_sa_sk_king")).await;
    atlas.get(&format!("/groups/{PAYMENTS}/userSecurity")).await;
    let told = atlas
        .get(&format!(
            "/orgs/5f0c0a1e4b0a1b2c3d4e5f60/serviceAccounts/{id}"
        ))
        .await;
    assert_eq!(told["roles"], json!(["ORG_OWNER"]));
    let path = format!("/groups/{PAYMENTS}/serviceAccounts/{id}");
    let none = atlas.v2(Method::GET, &path).send().await.unwrap();
    assert_error(none, 404, "RESOURCE_NOT_FOUND").await;
}

#[tokio::test]
async fn an_api_key_is_told_all_its_roles_at_the_root() {
    let atlas = atlas().await;
    for (key, role) in [(READER_KEY, "GROUP_READ_ONLY"), (ISSUER_KEY, "GROUP_OWNER")] {
        for prefix in ["/api/atlas/v2", "/api/atlas/v1.0"] {
            let told: Value = digest(&atlas, Method::GET, prefix, key)
                .await
                .json()
                .await
                .unwrap();
            let roles = told["apiKey"]["roles"].as_array().unwrap();
            assert!(roles.contains(&json!({"groupId": PAYMENTS, "roleName": role})));
            assert_eq!(roles[0]["roleName"], "ORG_MEMBER");
            assert_eq!(told["apiKey"]["publicKey"], key.0);
        }
    }
}
