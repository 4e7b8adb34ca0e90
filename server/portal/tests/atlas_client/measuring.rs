//! What is counted and timed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use portal::atlas::Atlas;
use serde_json::json;
use wiremock::{Mock, ResponseTemplate, matchers::path};

use crate::{
    creating::prepare_and_create,
    support::list,
    ways::{Kind, Way, in_every_way},
};

/// Counts what is counted and how often something is timed.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, u64>>>);

struct One(Counts, String);

impl One {
    fn add(&self, value: u64) {
        let mut counts = self.0.0.lock().expect("nobody panics here");
        *counts.entry(self.1.clone()).or_default() += value;
    }
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.add(value);
    }

    fn absolute(&self, _: u64) {}
}

impl HistogramFn for One {
    fn record(&self, _: f64) {
        self.add(1);
    }
}

impl Counts {
    fn one(&self, key: &Key) -> Arc<One> {
        let labels: Vec<&str> = key.labels().map(metrics::Label::value).collect();
        let name = format!("{} {}", key.name(), labels.join(" "));
        Arc::new(One(self.clone(), name))
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

async fn every_request_is_counted_and_timed_by_operation_and_outcome(way: Way) {
    let counts = Counts::default();
    let _recording = metrics::set_default_local_recorder(&counts);
    let server = way.server().await;
    Mock::given(path(way.at("/groups")))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path(way.at("/groups")))
        .respond_with(list(&json!([])))
        .mount(&server)
        .await;
    Mock::given(path(way.certs()))
        .respond_with(ResponseTemplate::new(400))
        .mount(&server)
        .await;
    let setup = way.client(&server.uri());
    setup.atlas.list_projects().await.expect("answers");
    prepare_and_create(&setup).await.expect_err("is refused");

    let counted = counts.0.lock().expect("nobody panics here").clone();
    let mut expected = vec![
        ("certdesk_atlas_call_seconds create_certificate", 1),
        ("certdesk_atlas_calls_total create_certificate refused", 1),
        ("certdesk_atlas_calls_total list_projects ok", 1),
        ("certdesk_atlas_calls_total list_projects server_error", 1),
    ];
    expected.extend(match way.with {
        Kind::Account => vec![
            ("certdesk_atlas_call_seconds list_projects", 2),
            ("certdesk_atlas_call_seconds token", 1),
            ("certdesk_atlas_calls_total token ok", 1),
        ],
        // The first request is challenged; preparing proves the key, and asks for another challenge.
        Kind::Key => vec![
            ("certdesk_atlas_call_seconds challenge", 1),
            ("certdesk_atlas_call_seconds list_projects", 3),
            ("certdesk_atlas_call_seconds prepare_write", 1),
            ("certdesk_atlas_calls_total challenge refused", 1),
            ("certdesk_atlas_calls_total list_projects refused", 1),
            ("certdesk_atlas_calls_total prepare_write ok", 1),
        ],
    });
    let expected = expected
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count));
    assert_eq!(counted, expected.collect());
}

in_every_way! {every_request_is_counted_and_timed_by_operation_and_outcome}
