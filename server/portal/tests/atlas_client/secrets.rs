//! Nothing secret is ever shown, whatever goes wrong.

use std::{
    error::Error,
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
};

use portal::atlas::{Atlas, Purpose};
use serde_json::json;
use strum::IntoEnumIterator as _;
use time::macros::datetime;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path},
};

use crate::{
    changing::Change,
    creating::prepare_and_create,
    raw::{Act, RawServer, answer},
    support::{
        CANARY, Setup, TOKEN_PATH, created, error, group, list, months, pem, server_with_tokens,
        token, user,
    },
    ways::{Kind, Way, in_every_way},
};

/// Writes down everything that is traced.
#[derive(Clone, Default)]
struct Record(Arc<Mutex<String>>);

impl Visit for Record {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = self.0.lock().expect("nobody panics here");
        write!(text, " {field}={value:?}").expect("text takes text");
    }
}

impl Subscriber for Record {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let name = attributes.metadata().name();
        self.0.lock().expect("nobody panics here").push_str(name);
        attributes.record(&mut self.clone());
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Everything that can be said about an error.
fn all_of(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("{error:?}");
    let mut cause = Some(error);
    while let Some(error) = cause {
        write!(text, "\n{error}\n{error:?}").expect("text takes text");
        cause = error.source();
    }
    text
}

#[track_caller]
fn assert_clean(text: &str) {
    assert!(!text.contains(CANARY), "{text}");
    // Nor in the form a Basic header has it.
    assert!(!text.contains("Y2FuYXJ5"), "{text}");
}

async fn settings_and_clients_show_the_public_half_only(way: Way) {
    let settings = way.settings("https://atlas.test");
    let text = format!("{settings:?}");
    assert_clean(&text);
    assert!(text.contains("mdb_sa_id_") || text.contains("abcdefgh"));
    let setup = Setup::with(settings, |_| ());
    assert_clean(&format!("{:?} {:?}", setup.atlas, setup.atlas.describe()));
}

async fn an_issued_key_is_shown_by_nothing_but_expose(way: Way) {
    let server = way.server().await;
    Mock::given(path(way.certs()))
        .respond_with(created())
        .mount(&server)
        .await;
    let made = prepare_and_create(&way.client(&server.uri())).await;
    let made = made.expect("is made");
    assert_clean(&format!("{made:?} {made:#?}"));
    assert!(made.expose().contains(CANARY));
    assert!(made.into_pem().contains(CANARY));
}

async fn errors_and_traces_hold_no_secret_in_any_failure(way: Way) {
    let record = Record::default();
    let _recording = tracing::subscriber::set_default(record.clone());
    let mut errors = String::new();

    // Servers that send secrets back where they do not belong.
    let canary_error = json!({"error": 400, "errorCode": "INVALID", "detail": CANARY,
        "parameters": [CANARY], "reason": CANARY});
    let canary_code = json!({"error": 400, "errorCode": format!("{CANARY} leaks")});
    let canary_address = json!({"error": 403, "errorCode": "IP_ADDRESS_NOT_ON_ACCESS_LIST",
        "detail": format!("IP address {CANARY} is not allowed"), "parameters": [CANARY]});
    let canary_user = json!({"username": CANARY, "customerX509": {"cas": CANARY}});
    let answers = [
        ResponseTemplate::new(200).set_body_string(pem()),
        ResponseTemplate::new(200).set_body_json(json!({"status": 201, "content": pem()})),
        ResponseTemplate::new(200).set_body_json(json!({"status": 400, "content": canary_error})),
        ResponseTemplate::new(200).set_body_json(canary_user),
        ResponseTemplate::new(400).set_body_json(canary_error),
        ResponseTemplate::new(400).set_body_json(canary_code),
        ResponseTemplate::new(403).set_body_json(canary_address),
        ResponseTemplate::new(307).insert_header("location", format!("http://{CANARY}.test/")),
        ResponseTemplate::new(500).set_body_string(pem()),
        error(401, "UNEXPECTED_ERROR"),
        error(429, "RATE_LIMITED").insert_header("retry-after", CANARY),
        ResponseTemplate::new(201).set_body_string(&pem()[..pem().len() - 30]),
        ResponseTemplate::new(201).set_body_string(pem().repeat(1000)),
        list(&json!([{"id": CANARY, "name": CANARY}])),
    ];
    for answer in answers {
        // Prepared, so that what changes something is sent.
        let server = way.server().await;
        Mock::given(any())
            .respond_with(answer.clone())
            .mount(&server)
            .await;
        try_everything(way, &server.uri(), &mut errors).await;
        // Refused from the first request on.
        let server = match way.with {
            Kind::Account => server_with_tokens().await,
            Kind::Key => MockServer::start().await,
        };
        Mock::given(any()).respond_with(answer).mount(&server).await;
        try_everything(way, &server.uri(), &mut errors).await;
    }

    // Token endpoints that do the same.
    for answer in [
        token(&format!("{CANARY}\n"), 3600),
        ResponseTemplate::new(200).set_body_json(json!({"access_token": CANARY})),
        ResponseTemplate::new(401).set_body_json(json!({"error": format!("{CANARY}!")})),
    ] {
        let server = MockServer::start().await;
        Mock::given(path(TOKEN_PATH))
            .respond_with(answer)
            .mount(&server)
            .await;
        try_everything(way, &server.uri(), &mut errors).await;
    }

    // Connections that break.
    for act in [
        Act::Reset,
        Act::Close,
        Act::Answer(answer("200 OK", "", &pem())[..120].to_vec()),
        Act::Answer(format!("{CANARY} not HTTP\r\n\r\n").into_bytes()),
    ] {
        let server = RawServer::start(act).await;
        try_everything(way, &server.url, &mut errors).await;
    }

    assert_clean(&errors);
    let traced = record.0.lock().expect("nobody panics here").clone();
    assert_clean(&traced);
    for span in [
        "create_certificate",
        "disable_customer_x509",
        "list_sign_ins",
    ] {
        assert!(traced.contains(&format!("atlas.{span}")), "{traced}");
    }
    assert!(traced.contains("duration_ms="), "{traced}");
    for class in ["truncated", "unconfirmed", "server_error"] {
        let outcome = format!("the outcome is unknown: {class}");
        assert!(errors.contains(&outcome), "{errors}");
    }
}

async fn try_everything(way: Way, url: &str, errors: &mut String) {
    let setup = way.client(url);
    let atlas = &setup.atlas;
    let mut note = |error: Option<&(dyn Error + 'static)>| {
        if let Some(error) = error {
            errors.push_str(&all_of(error));
        }
    };
    let since = datetime!(2026-08-09 12:00 UTC);
    let prepared = atlas.prepare_write(Purpose::Issuer).await.err();
    note(prepared.as_ref().map(|error| error as _));
    let projects = atlas.list_projects().await.err();
    note(projects.as_ref().map(|error| error as _));
    let security = atlas.user_security(&group()).await.err();
    note(security.as_ref().map(|error| error as _));
    let applied = atlas.cluster_applied(&group(), "c1").await.err();
    note(applied.as_ref().map(|error| error as _));
    let sign_ins = atlas.list_sign_ins(&group(), "c1", since).await.err();
    note(sign_ins.as_ref().map(|error| error as _));
    let listed = atlas.list_certificates(&group(), &user()).await.err();
    note(listed.as_ref().map(|error| error as _));
    let created = atlas.create_certificate(&group(), &user(), months(3)).await;
    note(created.as_ref().err().map(|error| error as _));
    for change in Change::iter() {
        let prepared = atlas.prepare_write(change.purpose()).await.err();
        note(prepared.as_ref().map(|error| error as _));
        let changed = change.make(&setup).await.err();
        note(changed.as_ref().map(|error| error as _));
    }
    if let Some(error) = listed.map(portal::Error::from) {
        errors.push_str(&all_of(&error));
    }
}

in_every_way! {
    settings_and_clients_show_the_public_half_only,
    an_issued_key_is_shown_by_nothing_but_expose,
    errors_and_traces_hold_no_secret_in_any_failure,
}
