//! Faults as a client sees them, and whether the certificate exists afterwards.

use std::time::Duration;

use atlas_stand_in::{Fault, FaultKind, Matcher, Options};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{assert_error, atlas, certs, made, struck};

fn is_reset(error: &reqwest::Error) -> bool {
    format!("{error:?}").contains("ConnectionReset")
}

#[tokio::test]
async fn connections_are_cut_before_anything_is_processed() {
    let atlas = atlas().await;
    let error = struck(&atlas, FaultKind::AcceptClose, Options::default())
        .await
        .unwrap_err();
    assert!(!is_reset(&error), "closed in an orderly way: {error:?}");
    for kind in [FaultKind::ResetMid, FaultKind::ResetBefore] {
        let error = struck(&atlas, kind, Options::default()).await.unwrap_err();
        assert!(is_reset(&error), "{kind:?}: {error:?}");
    }
    assert_eq!(made(&atlas), 0);
    let journal = atlas.running.stand_in().journal();
    let cut: Vec<_> = journal
        .iter()
        .filter(|entry| entry.outcome == Some("cut"))
        .collect();
    assert_eq!(cut.len(), 3);
    assert!(
        cut.iter()
            .all(|entry| entry.status.is_none() && entry.path.ends_with("/certs"))
    );
}

#[tokio::test]
async fn answers_are_lost_after_the_certificate_was_made() {
    let atlas = atlas().await;
    let error = struck(&atlas, FaultKind::ResetAfter, Options::default())
        .await
        .unwrap_err();
    assert!(is_reset(&error), "{error:?}");
    let error = struck(&atlas, FaultKind::LostAnswer, Options::default())
        .await
        .unwrap_err();
    assert!(!is_reset(&error), "{error:?}");
    let response = struck(&atlas, FaultKind::ResetMidAnswer, Options::default())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    response.bytes().await.unwrap_err();
    let options = Options {
        hang_ms: Some(200),
        ..Options::default()
    };
    struck(&atlas, FaultKind::HangAfter, options)
        .await
        .unwrap_err();
    assert_eq!(made(&atlas), 4);
    assert_eq!(atlas.listed("orders-api").await.len(), 4);
    let journal = atlas.running.stand_in().journal();
    let posts: Vec<_> = journal
        .iter()
        .filter(|entry| entry.method == "POST" && entry.certificate_id.is_some())
        .collect();
    assert!(
        posts
            .iter()
            .all(|entry| entry.outcome == Some("cut") && entry.faults.len() == 1)
    );
}

#[tokio::test]
async fn the_certificate_is_made_although_the_client_gave_up() {
    let atlas = atlas().await;
    let stand_in = atlas.running.stand_in();
    stand_in.arm(Fault::new(FaultKind::HangAfter).on("POST", "/certs"));
    let request = atlas
        .v2(Method::POST, &certs("orders-api"))
        .json(&json!({}));
    let error = request
        .timeout(Duration::from_millis(500))
        .send()
        .await
        .unwrap_err();
    assert!(error.is_timeout());
    while made(&atlas) == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stand_in.arm(Fault::new(FaultKind::HangBefore).on("POST", "/certs"));
    let request = atlas
        .v2(Method::POST, &certs("orders-api"))
        .json(&json!({}));
    assert!(
        request
            .timeout(Duration::from_millis(200))
            .send()
            .await
            .unwrap_err()
            .is_timeout()
    );
    assert_eq!(made(&atlas), 1);
}

#[tokio::test]
async fn statuses_with_and_without_processing() {
    let atlas = atlas().await;
    for (number, status) in [500, 502, 503, 504].into_iter().enumerate() {
        let options = Options {
            status: Some(status),
            processed: Some(true),
            ..Options::default()
        };
        let response = struck(&atlas, FaultKind::Status, options).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(made(&atlas), number + 1);
    }
    let response = struck(&atlas, FaultKind::Status, Options::default())
        .await
        .unwrap();
    assert_error(response, 500, "UNEXPECTED_ERROR").await;
    let options = Options {
        status: Some(409),
        error_code: Some("SOMETHING_ELSE".to_owned()),
        detail: Some("Why not.".to_owned()),
        ..Options::default()
    };
    let response = struck(&atlas, FaultKind::Status, options).await.unwrap();
    assert_eq!(
        assert_error(response, 409, "SOMETHING_ELSE").await["detail"],
        "Why not."
    );
    let options = Options {
        status: Some(503),
        retry_after: Some(9),
        ..Options::default()
    };
    let response = struck(&atlas, FaultKind::Status, options).await.unwrap();
    assert_eq!(response.headers()["retry-after"], "9");
    let response = struck(&atlas, FaultKind::RateLimited, Options::default())
        .await
        .unwrap();
    assert_eq!(response.headers()["retry-after"], "2");
    assert_error(response, 429, "RATE_LIMITED_TOKEN_BUCKET").await;
    let response = struck(&atlas, FaultKind::Redirect, Options::default())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    assert!(
        response.headers()["location"]
            .to_str()
            .unwrap()
            .ends_with("/certs")
    );
    assert_eq!(made(&atlas), 4);
}

#[tokio::test]
async fn an_expired_token_stays_expired() {
    let atlas = atlas().await;
    let response = struck(&atlas, FaultKind::ExpiredToken, Options::default())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(response.headers().contains_key("www-authenticate"));
    let again = atlas.post_cert("orders-api", json!({})).await.unwrap();
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
    let atlas = atlas.signed_in(crate::support::ISSUER).await;
    atlas.issue("orders-api").await;
}

#[tokio::test]
async fn faults_are_armed_over_http_too() {
    let atlas = atlas().await;
    let queue = json!([
        {"fault": "empty", "match": {"username": "ledger-batch"}},
        {"fault": "status", "status": 503, "match": {"method": "POST", "pathContains": "/certs"}, "skip": 1, "count": 2},
    ]);
    let armed = atlas
        .control(Method::POST, "faults")
        .json(&queue)
        .send()
        .await
        .unwrap();
    assert_eq!(armed.status(), StatusCode::CREATED);
    let listed: Value = atlas
        .control(Method::GET, "faults")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(listed["faults"].as_array().unwrap().len(), 2);
    assert_eq!(listed["faults"][1]["fault"], "status");
    let status = async || {
        atlas
            .post_cert("orders-api", json!({}))
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(
        [
            status().await,
            status().await,
            status().await,
            status().await
        ],
        [201, 503, 503, 201]
    );
    let cleared = atlas
        .control(Method::DELETE, "faults")
        .send()
        .await
        .unwrap();
    assert_eq!(cleared.status(), StatusCode::NO_CONTENT);
    let wrong = atlas
        .control(Method::POST, "faults")
        .json(&json!({"fault": "earthquake"}))
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    let wrong = json!({"fault": "empty", "colour": "red"});
    let wrong = atlas
        .control(Method::POST, "faults")
        .json(&wrong)
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_token_endpoint_can_fail_as_well() {
    let atlas = atlas().await;
    let matcher = Matcher {
        path_contains: Some("/oauth/token".to_owned()),
        ..Matcher::default()
    };
    let stand_in = atlas.running.stand_in();
    stand_in.arm(Fault {
        matcher,
        ..Fault::new(FaultKind::Status)
    });
    let url = atlas.running.url();
    let response = crate::support::ask_token(&atlas.http, &url, crate::support::READER).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let response = crate::support::ask_token(&atlas.http, &url, crate::support::READER).await;
    assert_eq!(response.status(), StatusCode::OK);
}
