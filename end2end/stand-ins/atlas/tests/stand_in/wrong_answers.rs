//! Faults that spoil an answer or delay its effect.

use std::time::Duration;

use atlas_stand_in::{Fault, FaultKind, Options};
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{atlas, certs, made, struck};

#[tokio::test]
async fn answers_that_are_not_what_they_should_be() {
    let atlas = atlas().await;
    let text = async |kind| {
        let response = struck(&atlas, kind, Options::default()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{kind:?}");
        response.text().await.unwrap()
    };
    let count = |text: &str, what: &str| text.matches(&format!("-----BEGIN {what}-----")).count();
    assert_eq!(text(FaultKind::Empty).await, "");
    assert!(text(FaultKind::Html).await.starts_with("<!DOCTYPE html>"));
    let truncated = text(FaultKind::TruncatedPem).await;
    assert!(
        truncated.starts_with("-----BEGIN CERTIFICATE-----")
            && !truncated.contains("END PRIVATE KEY")
    );
    let key = text(FaultKind::KeyOnly).await;
    assert_eq!(
        (count(&key, "CERTIFICATE"), count(&key, "PRIVATE KEY")),
        (0, 1)
    );
    let certificate = text(FaultKind::CertificateOnly).await;
    assert_eq!(
        (
            count(&certificate, "CERTIFICATE"),
            count(&certificate, "PRIVATE KEY")
        ),
        (1, 0)
    );
    let two = text(FaultKind::TwoCertificates).await;
    assert_eq!(
        (count(&two, "CERTIFICATE"), count(&two, "PRIVATE KEY")),
        (2, 1)
    );
    let foreign = text(FaultKind::ForeignKey).await;
    assert_eq!(
        (
            count(&foreign, "CERTIFICATE"),
            count(&foreign, "PRIVATE KEY")
        ),
        (1, 1)
    );
    let wrong = text(FaultKind::WrongCn).await;
    let pem = x509_parser::pem::Pem::iter_from_buffer(wrong.as_bytes())
        .next()
        .unwrap()
        .unwrap();
    let certificate = pem.parse_x509().unwrap();
    assert_eq!(certificate.subject().to_string(), "CN=orders-api-other");
    let listed = atlas.listed("orders-api").await;
    assert_eq!(listed.len(), 8, "each was processed");
    let serial = certificate.tbs_certificate.serial.to_string();
    assert!(
        listed
            .iter()
            .all(|item| format!("{}", item["_id"]) != serial && item["subject"] == "CN=orders-api")
    );
    let options = Options {
        processed: Some(false),
        ..Options::default()
    };
    struck(&atlas, FaultKind::Empty, options).await.unwrap();
    assert_eq!(made(&atlas), 8);
}

#[tokio::test]
async fn slow_and_huge_answers() {
    let atlas = atlas().await;
    let mut response = struck(&atlas, FaultKind::Slow, Options::default())
        .await
        .unwrap();
    assert!(response.content_length().unwrap() > 500);
    assert_eq!(
        response.chunk().await.unwrap().unwrap().len(),
        1,
        "a byte at a time"
    );
    drop(response);
    let options = Options {
        bytes_per_second: Some(1000),
        ..Options::default()
    };
    let response = struck(&atlas, FaultKind::Slow, options).await.unwrap();
    assert!(
        response
            .text()
            .await
            .unwrap()
            .ends_with("-----END PRIVATE KEY-----\n")
    );
    let response = struck(&atlas, FaultKind::HugeBody, Options::default())
        .await
        .unwrap();
    assert_eq!(response.bytes().await.unwrap().len(), 10 << 20);
    let options = Options {
        delay_ms: Some(300),
        ..Options::default()
    };
    let begun = tokio::time::Instant::now();
    assert_eq!(
        struck(&atlas, FaultKind::Delay, options)
            .await
            .unwrap()
            .status(),
        StatusCode::CREATED
    );
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_late_commit_and_a_lagging_list() {
    let atlas = atlas().await;
    let options = Options {
        after_ms: Some(1500),
        ..Options::default()
    };
    struck(&atlas, FaultKind::LateCommit, options)
        .await
        .unwrap_err();
    assert_eq!(atlas.listed("orders-api").await.len(), 0);
    while made(&atlas) == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(atlas.listed("orders-api").await.len(), 1);
    let response = struck(&atlas, FaultKind::ListLag, Options::default())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let lost = Options {
        list_lag_ms: Some(20_000),
        ..Options::default()
    };
    struck(&atlas, FaultKind::ResetAfter, lost)
        .await
        .unwrap_err();
    assert_eq!(atlas.listed("orders-api").await.len(), 1);
    atlas.running.stand_in().clock().set_offset_seconds(25);
    assert_eq!(atlas.listed("orders-api").await.len(), 2);
    atlas.running.stand_in().clock().set_offset_seconds(40);
    assert_eq!(atlas.listed("orders-api").await.len(), 3);
}

#[tokio::test]
async fn pages_that_do_not_agree() {
    let atlas = atlas().await;
    for _ in 0..4 {
        atlas.issue("orders-api").await;
    }
    let stand_in = atlas.running.stand_in();
    stand_in.arm(Fault {
        count: 0,
        ..Fault::new(FaultKind::UnstablePaging).on("GET", "/certs")
    });
    let page = async |n| {
        atlas
            .get(&format!(
                "{}?itemsPerPage=2&pageNum={n}",
                certs("orders-api")
            ))
            .await
    };
    let (first, second): (Value, Value) = (page(1).await, page(2).await);
    assert_ne!(first["totalCount"], second["totalCount"]);
    let mut ids: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| page["results"].as_array().unwrap())
        .map(|item| item["_id"].to_string())
        .collect();
    ids.sort();
    ids.dedup();
    assert!(
        ids.len() < 4,
        "something is missing and something comes twice"
    );
}
