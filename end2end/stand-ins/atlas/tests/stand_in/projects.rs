//! Projects, their people, clusters and security settings.

use rcgen::{CertificateParams, KeyPair};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Atlas, PAYMENTS, READER, assert_error, atlas};

fn authority(valid: bool) -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    if !valid {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    }
    params
        .self_signed(&KeyPair::generate().unwrap())
        .unwrap()
        .pem()
}

async fn upload(atlas: &Atlas, cas: &str) -> Response {
    let request = atlas.v2(Method::PATCH, &format!("/groups/{PAYMENTS}/userSecurity"));
    request
        .json(&json!({"customerX509": {"cas": cas}}))
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn customer_managed_mode_stops_managed_certificates_until_it_is_off() {
    let atlas = atlas().await;
    let settings = format!("/groups/{PAYMENTS}/userSecurity");
    assert_eq!(atlas.get(&settings).await["customerX509"], json!({}));
    assert_error(
        upload(&atlas, &authority(false)).await,
        400,
        "EXPIRED_X509_CA_CERTIFICATE",
    )
    .await;
    let on = upload(&atlas, &authority(true)).await;
    assert_eq!(on.status(), StatusCode::ACCEPTED);
    assert!(on.json::<Value>().await.unwrap()["customerX509"]["cas"].is_string());
    let clusters = atlas.get(&format!("/groups/{PAYMENTS}/clusters")).await;
    assert_eq!(
        clusters["results"][0]["stateName"], "UPDATING",
        "a rolling restart"
    );
    let refused = atlas.post_cert("orders-api", json!({})).await.unwrap();
    assert_error(refused, 400, "CANNOT_GENERATE_CERT_IF_ADVANCED_X509").await;

    let off = atlas
        .v2(Method::DELETE, &format!("{settings}/customerX509"))
        .send()
        .await
        .unwrap();
    assert_eq!(off.status(), StatusCode::ACCEPTED);
    let off: Value = off.json().await.unwrap();
    assert_eq!(off["customerX509"], json!({}));
    assert_eq!(off["ldap"]["authenticationEnabled"], false);
    atlas.issue("orders-api").await;
}

#[tokio::test]
async fn clusters_restart_for_a_while_after_the_security_settings_changed() {
    let atlas = atlas().await;
    let clusters = format!("/groups/{PAYMENTS}/clusters");
    let told = async || {
        let listed = atlas.get(&clusters).await;
        let states: Vec<_> = listed["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cluster| cluster["stateName"].as_str().unwrap().to_owned())
            .collect();
        let applying = atlas.get(&format!("{clusters}/payments-prod/status")).await;
        (
            states,
            applying["changeStatus"].as_str().unwrap().to_owned(),
        )
    };
    let all = |state: &str, status: &str| (vec![state.to_owned(); 2], status.to_owned());
    assert_eq!(told().await, all("IDLE", "APPLIED"));
    let settings = format!("/groups/{PAYMENTS}/userSecurity/customerX509");
    let off = atlas.v2(Method::DELETE, &settings).send().await.unwrap();
    assert_eq!(off.status(), StatusCode::ACCEPTED);
    assert_eq!(told().await, all("UPDATING", "PENDING"));
    atlas.running.stand_in().clock().set_offset_seconds(15);
    assert_eq!(told().await, all("UPDATING", "PENDING"));
    atlas.running.stand_in().clock().set_offset_seconds(20);
    assert_eq!(told().await, all("IDLE", "APPLIED"));
}

#[tokio::test]
async fn security_settings_are_for_owners() {
    let atlas = atlas().await.signed_in(READER).await;
    let path = format!("/groups/{PAYMENTS}/userSecurity");
    assert_error(
        atlas.v2(Method::GET, &path).send().await.unwrap(),
        401,
        "USER_UNAUTHORIZED",
    )
    .await;
    let disable = atlas
        .v2(Method::DELETE, &format!("{path}/customerX509"))
        .send()
        .await
        .unwrap();
    assert_error(disable, 401, "USER_UNAUTHORIZED").await;
}

#[tokio::test]
async fn owners_by_team_are_missed_unless_teams_are_flattened() {
    let atlas = atlas().await;
    let owners = async |query: &str| -> Vec<String> {
        let people = atlas.get(&format!("/groups/{PAYMENTS}/users{query}")).await;
        let people = people["results"].as_array().unwrap().clone();
        let owns = |person: &&Value| {
            person["roles"]
                .as_array()
                .unwrap()
                .contains(&json!("GROUP_OWNER"))
        };
        people
            .iter()
            .filter(owns)
            .map(|p| p["username"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(owners("").await, ["olga@example.com"]);
    assert_eq!(
        owners("?flattenTeams=true").await,
        ["olga@example.com", "otto@example.com"]
    );
    let all = owners("?flattenTeams=true&includeOrgUsers=true").await;
    assert!(all.contains(&"orla@example.com".to_owned()));
    let teams = atlas.get(&format!("/groups/{PAYMENTS}/teams")).await;
    let team = teams["results"][0]["teamId"].as_str().unwrap();
    let members = atlas
        .get(&format!(
            "/orgs/5f0c0a1e4b0a1b2c3d4e5f60/teams/{team}/users"
        ))
        .await;
    assert_eq!(members["results"][0]["username"], "otto@example.com");
}

#[tokio::test]
async fn clusters_and_who_logged_in() {
    let atlas = atlas().await;
    let clusters = atlas.get(&format!("/groups/{PAYMENTS}/clusters")).await;
    let first = &clusters["results"][0];
    assert_eq!(first["name"], "payments-prod");
    assert_eq!(first["stateName"], "IDLE");
    assert!(
        first["connectionStrings"]["standardSrv"]
            .as_str()
            .unwrap()
            .starts_with("mongodb+srv://")
    );
    let history = format!("/groups/{PAYMENTS}/dbAccessHistory/clusters/payments-prod");
    let logs = atlas
        .get(&format!("{history}?authResult=true&nLogs=1"))
        .await;
    assert_eq!(logs["accessLogs"].as_array().unwrap().len(), 1);
    assert_eq!(logs["accessLogs"][0]["username"], "CN=orders-api");
    assert_eq!(logs["accessLogs"][0]["authSource"], "$external");
    let at = logs["accessLogs"][0]["timestamp"].as_str().unwrap();
    let [_, _, _, time, "GMT", _] = at.split(' ').collect::<Vec<_>>()[..] else {
        panic!("not as Java writes a date: {at}");
    };
    assert_eq!(time.len(), "12:34:56".len());
    let small = json!({"instanceSize": "M0"});
    let path = format!("clusters/{PAYMENTS}/payments-prod");
    let set = atlas.control(Method::PUT, &path).json(&small).send().await;
    assert_eq!(set.unwrap().status(), StatusCode::NO_CONTENT);
    let none = atlas.v2(Method::GET, &history).send().await.unwrap();
    assert_error(none, 400, "INSUFFICIENT_INSTANCE_SIZE").await;
    let unknown = atlas
        .v2(
            Method::GET,
            &format!("/groups/{PAYMENTS}/clusters/none/status"),
        )
        .send()
        .await;
    assert_error(unknown.unwrap(), 404, "CLUSTER_NOT_FOUND").await;
    let reader = atlas.signed_in(READER).await;
    let refused = reader.v2(Method::GET, &history).send().await.unwrap();
    assert_error(refused, 401, "USER_UNAUTHORIZED").await;
}

#[tokio::test]
async fn the_world_of_the_demo() {
    let atlas = atlas().await;
    let projects = atlas.get("/groups").await;
    let names: Vec<_> = projects["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].clone())
        .collect();
    assert_eq!(names, ["Payments prod", "Catalog staging", "Data lake"]);
    assert_eq!(
        projects["results"][0]["created"], "2023-08-31T16:32:33Z",
        "the time in its id"
    );
    let users = atlas
        .get(&format!("/groups/{PAYMENTS}/databaseUsers"))
        .await;
    let kinds: Vec<_> = users["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| u["x509Type"].clone())
        .collect();
    assert_eq!(
        kinds,
        [
            "MANAGED", "MANAGED", "MANAGED", "MANAGED", "CUSTOMER", "NONE"
        ]
    );
}
