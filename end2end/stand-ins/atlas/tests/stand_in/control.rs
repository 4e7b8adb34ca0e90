//! The journal, the controls and what is kept between runs.

use atlas_stand_in::{Settings, World};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{PAYMENTS, assert_error, atlas, certs, quick, with};

#[tokio::test]
async fn the_journal_tells_what_was_asked_and_what_came_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.jsonl");
    let atlas = with(Settings {
        journal: Some(file.clone()),
        ..quick()
    })
    .await;
    atlas
        .post_cert("orders-api", json!({"monthsUntilExpiration": 6}))
        .await
        .unwrap();
    let journal: Value = atlas
        .control(Method::GET, "journal?method=POST&pathContains=/certs")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let entry = &journal["entries"][0];
    assert_eq!(entry["credential"], "issuer");
    assert_eq!(entry["body"], json!({"monthsUntilExpiration": 6}));
    assert_eq!(entry["status"], 201);
    assert_eq!(entry["outcome"], "answered");
    assert_eq!(
        entry["path"],
        format!("/api/atlas/v2{}", certs("orders-api"))
    );
    let made = &atlas.running.stand_in().certificates()[0];
    assert_eq!(entry["certificateId"], made.id.to_string());

    let lines = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of_entry: Vec<_> = lines
        .iter()
        .filter(|line| line["seq"] == entry["seq"])
        .collect();
    let kinds: Vec<_> = of_entry
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["request", "certificate", "answer"]);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(&made.key_canary) && !text.contains("PRIVATE KEY"));
    assert!(!text.contains(&atlas.token));
}

#[tokio::test]
async fn state_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        state: Some(folder.path().join("atlas/state.json")),
        ..quick()
    };
    let atlas = with(settings.clone()).await;
    atlas.issue("orders-api").await;
    let before = atlas.listed("orders-api").await;
    let authority = atlas.control(Method::GET, &format!("authorities/{PAYMENTS}"));
    let authority = authority.send().await.unwrap().text().await.unwrap();
    let user = format!("/groups/{PAYMENTS}/databaseUsers/$external/ledger-batch");
    atlas.v2(Method::DELETE, &user).send().await.unwrap();
    atlas.running.stop().await.unwrap();

    let atlas = with(settings).await;
    assert_eq!(atlas.listed("orders-api").await, before);
    let again = atlas.control(Method::GET, &format!("authorities/{PAYMENTS}"));
    let again = again.send().await.unwrap().text().await.unwrap();
    let key = |pem: &str| {
        let pem = x509_parser::pem::Pem::iter_from_buffer(pem.as_bytes())
            .next()
            .unwrap()
            .unwrap();
        pem.parse_x509().unwrap().public_key().raw.to_vec()
    };
    assert_eq!(key(&again), key(&authority), "the same authority");
    assert_eq!(
        atlas.v2(Method::GET, &user).send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_world_can_be_given() {
    let atlas = atlas().await;
    let world = json!({"projects": [{
        "id": "0123456789abcdef01234567", "name": "Another", "orgId": "5f0c0a1e4b0a1b2c3d4e5f60",
        "clusters": ["one", {"name": "two", "stateName": "PAUSED", "instanceSize": "M0"}],
        "users": [{"username": "svc", "x509Type": "MANAGED"}, {"username": "CN=a,O=b", "x509Type": "CUSTOMER"}],
        "customerX509": {"cas": "-----BEGIN CERTIFICATE-----"},
        "ldap": {"authorizationEnabled": true},
    }], "certificateLimit": 1});
    let set = atlas
        .control(Method::POST, "world")
        .json(&world)
        .send()
        .await
        .unwrap();
    assert_eq!(set.status(), StatusCode::NO_CONTENT);
    let shown: World = atlas
        .control(Method::GET, "world")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(shown.projects[0].database_users.len(), 2);
    let security = atlas
        .get("/groups/0123456789abcdef01234567/userSecurity")
        .await;
    assert_eq!(security["ldap"]["authorizationEnabled"], true);
    let wrong = atlas
        .control(Method::POST, "world")
        .json(&json!({"planets": []}))
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        atlas
            .control(Method::POST, "reset")
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(atlas.get("/groups").await["totalCount"], 3);
}

#[tokio::test]
async fn a_certificate_can_be_made_out_of_band() {
    let atlas = atlas().await;
    let body = json!({"groupId": PAYMENTS, "username": "orders-api", "months": 1});
    let response = atlas
        .control(Method::POST, "certs")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let made: Value = response.json().await.unwrap();
    assert_eq!(made["outOfBand"], true);
    let listed = atlas.listed("orders-api").await;
    assert_eq!(listed[0]["_id"].to_string(), made["id"].as_str().unwrap());
    assert!(
        made["privateKey"]
            .as_str()
            .unwrap()
            .contains(made["keyCanary"].as_str().unwrap())
    );
}

#[tokio::test]
async fn a_customer_can_be_given_authorities() {
    let atlas = atlas().await;
    let set = async |group: &str, wishes: Value| {
        let path = format!("customer-authorities/{group}");
        let request = atlas.control(Method::PUT, &path).json(&wishes);
        request.send().await.unwrap()
    };
    let wishes = json!([
        {"commonName": "Example Root CA"},
        {"commonName": "Old CA", "organization": "Warehouse", "notBefore": "2015-01-01T00:00:00Z",
         "notAfter": "2020-01-01T00:00:00Z"},
    ]);
    let made: Value = set(PAYMENTS, wishes).await.json().await.unwrap();
    assert_eq!(
        made["authorities"][0]["subject"],
        "CN=Example Root CA,O=Example"
    );
    let settings = format!("/groups/{PAYMENTS}/userSecurity");
    let cas = atlas.get(&settings).await["customerX509"]["cas"].clone();
    let pems: Vec<_> = x509_parser::pem::Pem::iter_from_buffer(cas.as_str().unwrap().as_bytes())
        .map(|pem| pem.unwrap())
        .collect();
    let subjects: Vec<_> = pems
        .iter()
        .map(|pem| pem.parse_x509().unwrap().subject().to_string())
        .collect();
    assert_eq!(
        subjects,
        ["O=Example, CN=Example Root CA", "O=Warehouse, CN=Old CA"]
    );
    let old = pems[1].parse_x509().unwrap().validity().not_after;
    assert_eq!(old.to_datetime().year(), 2020);
    let clusters = atlas.get(&format!("/groups/{PAYMENTS}/clusters")).await;
    assert_eq!(
        clusters["results"][0]["stateName"], "IDLE",
        "nothing restarts"
    );
    let refused = atlas.post_cert("orders-api", json!({})).await.unwrap();
    assert_error(refused, 400, "CANNOT_GENERATE_CERT_IF_ADVANCED_X509").await;

    assert_eq!(set(PAYMENTS, json!([])).await.status(), StatusCode::OK);
    assert_eq!(atlas.get(&settings).await["customerX509"], json!({}));
    let nowhere = set("0123456789abcdef01234567", json!([])).await;
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_cluster_can_be_made_busy() {
    let atlas = atlas().await;
    let state = async || {
        let clusters = atlas.get(&format!("/groups/{PAYMENTS}/clusters")).await;
        clusters["results"][0]["stateName"].clone()
    };
    for (change, expected) in [
        (json!({"stateName": "REPAIRING"}), "REPAIRING"),
        (json!({}), "IDLE"),
    ] {
        let path = format!("clusters/{PAYMENTS}/payments-prod");
        let set = atlas.control(Method::PUT, &path).json(&change).send().await;
        assert_eq!(set.unwrap().status(), StatusCode::NO_CONTENT);
        assert_eq!(state().await, expected);
    }
    let nowhere = atlas.control(Method::PUT, &format!("clusters/{PAYMENTS}/none"));
    let nowhere = nowhere.json(&json!({})).send().await.unwrap();
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn small_controls() {
    let atlas = atlas().await;
    assert_eq!(
        atlas
            .control(Method::GET, "health")
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
    let clock = atlas
        .control(Method::POST, "clock")
        .json(&json!({"offsetSeconds": -60}))
        .send()
        .await
        .unwrap();
    assert_eq!(clock.json::<Value>().await.unwrap()["offsetSeconds"], -60);
    atlas
        .control(Method::DELETE, "tokens")
        .send()
        .await
        .unwrap();
    let ended = atlas.v2(Method::GET, "/groups").send().await.unwrap();
    assert_eq!(ended.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        atlas
            .control(Method::GET, "nonsense")
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::NOT_FOUND
    );
    let journal = atlas.running.stand_in().journal();
    assert!(
        journal
            .iter()
            .all(|entry| !entry.path.starts_with("/_control"))
    );
    atlas
        .control(Method::DELETE, "journal")
        .send()
        .await
        .unwrap();
    assert!(atlas.running.stand_in().journal().is_empty());
}
