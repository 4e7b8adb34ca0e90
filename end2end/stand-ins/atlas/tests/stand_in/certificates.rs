//! Certificates as Atlas makes and lists them.

use crate::support::{ACCEPT, CATALOG, ISSUER, PAYMENTS, READER, assert_error, atlas, certs, with};
use atlas_stand_in::{KeyKind, Settings};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use x509_parser::pem::Pem;

#[tokio::test]
async fn the_answer_is_raw_pem_that_calls_itself_json() {
    let atlas = with(Settings {
        key_kind: KeyKind::Rsa2048,
        ..Settings::default()
    })
    .await;
    let response = atlas
        .post_cert("orders-api", json!({"monthsUntilExpiration": 3}))
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let headers = response.headers().clone();
    assert_eq!(
        headers["content-type"],
        "application/vnd.atlas.2023-01-01+json;charset=utf-8"
    );
    assert_eq!(headers["ratelimit-limit"], "1200");
    assert_eq!(headers["ratelimit-remaining"], "1199");
    assert_eq!(headers["server"], "mdbws");
    let text = response.text().await.unwrap();
    assert!(text.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(text.contains("-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"));
    assert!(text.ends_with("-----END PRIVATE KEY-----\n"));
    assert!(text.lines().all(|line| line.len() <= 64));

    let parts: Vec<_> = Pem::iter_from_buffer(text.as_bytes())
        .map(Result::unwrap)
        .collect();
    assert_eq!(parts.len(), 2);
    let certificate = parts[0].parse_x509().unwrap();
    assert_eq!(certificate.version().0, 2, "X.509 v3");
    assert_eq!(certificate.subject().to_string(), "CN=orders-api");
    assert_eq!(
        certificate.issuer().to_string(),
        format!("CN={PAYMENTS}, OU=Atlas, O=MongoDB Inc")
    );
    assert_eq!(
        certificate.signature_algorithm.algorithm.to_id_string(),
        "1.2.840.113549.1.1.11"
    );
    let extensions: Vec<_> = certificate
        .extensions()
        .iter()
        .map(|e| (e.oid.to_id_string(), e.critical))
        .collect();
    assert_eq!(
        extensions,
        [
            ("2.5.29.15".to_owned(), true),
            ("2.5.29.37".to_owned(), true)
        ]
    );
    let usage = certificate.key_usage().unwrap().unwrap().value;
    assert!(usage.digital_signature() && usage.flags == 1);
    let extended = certificate.extended_key_usage().unwrap().unwrap().value;
    assert!(extended.client_auth && !extended.server_auth && extended.other.is_empty());

    let listed = atlas.listed("orders-api").await;
    assert_eq!(listed.len(), 1);
    let serial = certificate.tbs_certificate.serial.to_string();
    assert_eq!(listed[0]["_id"].to_string(), serial);
    assert!(listed[0]["_id"].as_i64().unwrap() > 1 << 53);
    let validity = certificate.validity();
    let seconds = |name: &str| {
        let format = time::format_description::well_known::Rfc3339;
        let text = listed[0][name].as_str().unwrap();
        assert!(text.len() == 20 && text.ends_with('Z'), "{text}");
        time::OffsetDateTime::parse(text, &format)
            .unwrap()
            .unix_timestamp()
    };
    assert_eq!(seconds("createdAt"), validity.not_before.timestamp());
    assert_eq!(seconds("notAfter"), validity.not_after.timestamp());
    let now = atlas.running.stand_in().clock().now().unix_timestamp();
    assert!(
        (now - 3600 - validity.not_before.timestamp()).abs() <= 5,
        "one hour before now"
    );
    assert_eq!(listed[0]["subject"], "CN=orders-api");
    assert_eq!(listed[0]["groupId"], PAYMENTS);
    assert_eq!(
        listed[0].as_object().unwrap().len(),
        5,
        "no links, no PEM, no fingerprint"
    );
}

#[tokio::test]
async fn both_generations_make_certificates() {
    let atlas = atlas().await;
    let response = atlas
        .v1(Method::POST, &certs("orders-api"))
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(
        response
            .text()
            .await
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    let list = atlas
        .v1(Method::GET, &certs("orders-api"))
        .send()
        .await
        .unwrap();
    let list: Value = list.json().await.unwrap();
    assert_eq!(list["totalCount"], 1);
    assert!(
        list["links"][0]["href"]
            .as_str()
            .unwrap()
            .contains("/api/atlas/v1.0/")
    );
}

#[tokio::test]
async fn certificates_end_and_vanish_from_the_list() {
    let atlas = atlas().await;
    atlas.issue("orders-api").await;
    atlas
        .post_cert("orders-api", json!({"monthsUntilExpiration": 12}))
        .await
        .unwrap();
    assert_eq!(atlas.listed("orders-api").await.len(), 2);
    let set = atlas
        .control(Method::POST, "clock")
        .json(&json!({"offsetSeconds": 100 * 24 * 3600}));
    assert_eq!(set.send().await.unwrap().status(), StatusCode::OK);
    let atlas = atlas.signed_in(ISSUER).await;
    assert_eq!(atlas.listed("orders-api").await.len(), 1);
    assert_eq!(atlas.running.stand_in().certificates().len(), 2);
}

#[tokio::test]
async fn certificates_outlive_their_user() {
    let atlas = atlas().await;
    atlas.issue("orders-api").await;
    let user = format!("/groups/{PAYMENTS}/databaseUsers/$external/orders-api");
    let deleted = atlas.v2(Method::DELETE, &user).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    let unknown = atlas
        .v2(Method::GET, &certs("orders-api"))
        .send()
        .await
        .unwrap();
    assert_error(unknown, 404, "USERNAME_NOT_FOUND").await;
    let again = json!({"databaseName": "$external", "username": "orders-api", "x509Type": "MANAGED",
        "roles": [{"roleName": "read", "databaseName": "orders"}]});
    let users = format!("/groups/{PAYMENTS}/databaseUsers");
    let created = atlas
        .v2(Method::POST, &users)
        .json(&again)
        .send()
        .await
        .unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);
    assert_eq!(
        atlas.listed("orders-api").await.len(),
        1,
        "the old certificate is back"
    );
}

#[tokio::test]
async fn requests_that_cannot_be_met_are_refused_by_name() {
    let atlas = atlas().await;
    let post = |user: &'static str, body: Value| {
        let request = atlas.v2(Method::POST, &certs(user)).json(&body);
        async { request.send().await.unwrap() }
    };
    let months = |n: i32| json!({"monthsUntilExpiration": n});
    assert_error(
        post("orders-api", months(25)).await,
        400,
        "CERT_EXPIRY_CANNOT_EXCEED_TWO_YEARS",
    )
    .await;
    assert_error(
        post("orders-api", months(0)).await,
        400,
        "INVALID_ATTRIBUTE",
    )
    .await;
    assert_error(
        post("orders-api", json!({"years": 1})).await,
        400,
        "INVALID_ATTRIBUTE",
    )
    .await;
    assert_error(
        post("admin-scram", months(3)).await,
        400,
        "USER_NOT_MANAGED_X509",
    )
    .await;
    let customer = "CN%3DLegacy%20Billing%2CO%3DExample%2CC%3DDE";
    assert_error(
        post(customer, months(3)).await,
        400,
        "USER_NOT_MANAGED_X509",
    )
    .await;
    let body = assert_error(post("nobody", months(3)).await, 404, "USERNAME_NOT_FOUND").await;
    assert_eq!(body["detail"], "No user with username nobody exists.");
    assert_eq!(body["parameters"], json!(["nobody"]));
    let nothing = atlas
        .v2(Method::POST, &certs("orders-api"))
        .header("content-type", "application/json");
    assert_error(nothing.send().await.unwrap(), 400, "MALFORMED_JSON").await;
    assert!(atlas.running.stand_in().certificates().is_empty());

    let reader = atlas.signed_in(READER).await;
    let response = reader.post_cert("orders-api", months(3)).await.unwrap();
    assert_error(response, 401, "USER_UNAUTHORIZED").await;
}

#[tokio::test]
async fn names_with_every_kind_of_character_work() {
    let atlas = atlas().await;
    let names = [
        "payouts.worker",
        "team/service",
        "two words",
        "100%",
        "Zoë-서비스",
        "a?b#c&d",
        "a%2Fb",
    ];
    for name in names {
        let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let encoded = encoded.replace('+', "%20");
        let user = json!({"databaseName": "$external", "username": name, "x509Type": "MANAGED",
            "roles": [{"roleName": "read", "databaseName": "d"}]});
        let users = format!("/groups/{CATALOG}/databaseUsers");
        let created: Value = atlas
            .v2(Method::POST, &users)
            .json(&user)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(created["username"], name);
        let href = created["links"][0]["href"].as_str().unwrap();
        let fetched = atlas
            .http
            .get(href)
            .bearer_auth(&atlas.token)
            .header("accept", ACCEPT);
        let fetched: Value = fetched.send().await.unwrap().json().await.unwrap();
        assert_eq!(fetched["username"], name, "{href}");
        let path = format!("{users}/{encoded}/certs");
        let response = atlas
            .v2(Method::POST, &path)
            .json(&json!({}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::CREATED, "{path}");
        let text = response.text().await.unwrap();
        let pem = Pem::iter_from_buffer(text.as_bytes())
            .next()
            .unwrap()
            .unwrap();
        let certificate = pem.parse_x509().unwrap();
        let cn = certificate
            .subject()
            .iter_common_name()
            .next()
            .unwrap()
            .as_str()
            .unwrap();
        assert_eq!(cn, name);
        assert_eq!(
            atlas.get(&path).await["results"][0]["subject"],
            format!("CN={name}")
        );
    }
}

#[tokio::test]
async fn pages_link_to_each_other() {
    let atlas = atlas().await;
    for day in 1..=5 {
        let body = json!({"groupId": PAYMENTS, "username": "orders-api", "months": 24,
            "createdAt": format!("2026-0{day}-01T00:00:00Z")});
        let response = atlas
            .control(Method::POST, "certs")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
    }
    atlas.running.stand_in().clock().set_offset_seconds(0);
    let path = format!(
        "{}?itemsPerPage=2&pageNum=2&includeCount=false",
        certs("orders-api")
    );
    let page = atlas.get(&path).await;
    assert_eq!(page["results"].as_array().unwrap().len(), 2);
    assert_eq!(page["totalCount"], 0, "not counted is not absent");
    let rels: Vec<_> = page["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| link["rel"].clone())
        .collect();
    assert_eq!(rels, ["self", "previous", "next"]);
    let mut href = format!(
        "{}/api/atlas/v2{}?itemsPerPage=2",
        atlas.running.url(),
        certs("orders-api")
    );
    let mut created = Vec::new();
    loop {
        let page = atlas
            .http
            .get(&href)
            .bearer_auth(&atlas.token)
            .header("accept", ACCEPT);
        let page: Value = page.send().await.unwrap().json().await.unwrap();
        assert_eq!(page["totalCount"], 5);
        for item in page["results"].as_array().unwrap() {
            created.push(item["createdAt"].as_str().unwrap().to_owned());
        }
        let links = page["links"].as_array().unwrap();
        match links.iter().find(|link| link["rel"] == "next") {
            Some(next) => href = next["href"].as_str().unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(created.len(), 5);
    assert!(created.is_sorted(), "oldest first");
}
