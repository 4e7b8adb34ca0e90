//! What a credential may do, found out without changing anything.

use portal::{
    atlas::{ApiVersion, Atlas, Probe, ProbedProject, ReadError, Unanswered},
    clock::Clock,
    model::{CredentialKind, ProjectRef, Purpose, RefusalReason, SilenceReason},
};
use serde_json::json;
use time::Duration;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::{
    support::{CANARY, CLIENT_ID, GROUP, PUBLIC_KEY, error, list},
    ways::{Kind, Way, in_every_way},
};

const ORGANISATION: &str = "a0123456789abcdef0123456";
const OTHER: &str = "5f0c8a7e1b2c3d4e5f6a7bff";

/// What Atlas lets a credential do, and tells it about itself.
struct Power {
    owns: bool,
    project_role: &'static str,
    organisation_role: &'static str,
}

const READER: Power = Power {
    owns: false,
    project_role: "GROUP_READ_ONLY",
    organisation_role: "ORG_MEMBER",
};
const OWNER: Power = Power {
    owns: true,
    project_role: "GROUP_OWNER",
    organisation_role: "ORG_OWNER",
};

async fn answer(server: &MockServer, at: String, answer: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path(at))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn refused() -> ResponseTemplate {
    error(401, "USER_UNAUTHORIZED")
}

fn one_project() -> ResponseTemplate {
    list(&json!([{"id": GROUP, "name": "Payments prod", "orgId": ORGANISATION}]))
}

/// An Atlas with one project.
async fn atlas_with(way: Way, power: &Power) -> MockServer {
    let server = way.server().await;
    let project = way.at(&format!("/groups/{GROUP}"));
    answer(&server, way.at("/groups"), one_project()).await;
    answer(
        &server,
        format!("{project}/databaseUsers"),
        list(&json!([])),
    )
    .await;
    let settings = if power.owns {
        ResponseTemplate::new(200).set_body_json(json!({"customerX509": {}}))
    } else {
        refused()
    };
    answer(&server, format!("{project}/userSecurity"), settings).await;
    match way.with {
        Kind::Account => {
            let account = |role: &str| {
                ResponseTemplate::new(200).set_body_json(json!({
                    "clientId": CLIENT_ID, "name": "certdesk", "roles": [role, "not a word"],
                    "secrets": [{"maskedSecretValue": format!("mdb_sa_sk_{CANARY}")}],
                }))
            };
            let mine = format!("serviceAccounts/{CLIENT_ID}");
            let told = account(power.project_role);
            answer(&server, format!("{project}/{mine}"), told).await;
            let told = match power.organisation_role {
                "ORG_MEMBER" => refused(),
                role => account(role),
            };
            let organisation = way.at(&format!("/orgs/{ORGANISATION}/{mine}"));
            answer(&server, organisation, told).await;
            // A service account is told nothing at the root.
            let root = ResponseTemplate::new(200).set_body_json(json!({"apiKey": null}));
            answer(&server, way.at(""), root).await;
        }
        Kind::Key => {
            let told = ResponseTemplate::new(200).set_body_json(json!({
                "apiKey": {"accessList": [], "id": OTHER, "publicKey": PUBLIC_KEY, "roles": [
                    {"orgId": ORGANISATION, "roleName": power.organisation_role},
                    {"groupId": GROUP, "roleName": power.project_role},
                    {"groupId": OTHER, "roleName": "GROUP_CLUSTER_MANAGER"},
                ]},
                "appName": "MongoDB Atlas", "build": "0", "throttling": false,
            }));
            answer(&server, way.at(""), told).await;
        }
    }
    server
}

async fn probe(way: Way, server: &MockServer) -> Result<Probe, ReadError> {
    way.client(&server.uri()).atlas.probe(Purpose::Issuer).await
}

async fn a_credential_that_reads_is_told_from_one_that_owns(way: Way) {
    for power in [READER, OWNER] {
        let server = atlas_with(way, &power).await;
        let told = |role: &str| Some(vec![role.to_owned()]);
        let (roles, organisation) = match (way.with, way.api) {
            (Kind::Key, _) => (told(power.project_role), told(power.organisation_role)),
            // What service accounts are told began with version 2.
            (Kind::Account, ApiVersion::V1) => (None, None),
            (Kind::Account, ApiVersion::V2) => (
                told(power.project_role),
                told(power.organisation_role).filter(|_| power.owns),
            ),
        };
        assert_eq!(
            probe(way, &server).await.expect("answers"),
            Probe {
                projects: vec![ProbedProject {
                    project: ProjectRef {
                        id: GROUP.parse().expect("is an id"),
                        name: "Payments prod".to_owned(),
                    },
                    reads: true,
                    owns: power.owns,
                    roles,
                }],
                organisation,
            }
        );
        for request in way.seen(&server).await {
            assert!(request.starts_with("GET "), "{request} changes something");
        }
    }
}

async fn what_is_not_about_the_role_is_no_answer(way: Way) {
    let cases = [
        (
            error(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST"),
            Some(RefusalReason::AddressNotAllowed),
        ),
        (
            error(401, "UNEXPECTED_ERROR"),
            Some(RefusalReason::CredentialRefused),
        ),
        (error(500, "UNEXPECTED_ERROR"), None),
        (ResponseTemplate::new(401).set_body_string("<html>"), None),
    ];
    for (template, reason) in cases {
        let server = way.server().await;
        answer(&server, way.at("/groups"), one_project()).await;
        Mock::given(method("GET"))
            .respond_with(template)
            .mount(&server)
            .await;
        match (probe(way, &server).await, reason) {
            (Err(ReadError::Refused(refusal)), Some(reason)) => assert_eq!(refusal.reason, reason),
            (Err(ReadError::Unavailable { source }), None) => {
                assert!(matches!(source, Unanswered::Status { .. }), "{source}");
            }
            (outcome, _) => panic!("something is concluded: {outcome:?}"),
        }
    }
}

async fn a_project_that_goes_in_between_is_not_there(way: Way) {
    let server = way.server().await;
    answer(&server, way.at("/groups"), one_project()).await;
    let nothing = ResponseTemplate::new(200).set_body_json(json!({"apiKey": null}));
    answer(&server, way.at(""), nothing).await;
    Mock::given(method("GET"))
        .respond_with(error(404, "GROUP_NOT_FOUND"))
        .mount(&server)
        .await;
    let found = probe(way, &server).await.expect("answers");
    assert_eq!(found, Probe::default());
}

async fn a_credential_is_named_by_its_public_half(way: Way) {
    let setup = way.client("http://localhost:9");
    let name = setup.atlas.credential(Purpose::Disabler);
    let (kind, public) = match way.with {
        Kind::Account => (CredentialKind::ServiceAccount, CLIENT_ID),
        Kind::Key => (CredentialKind::ApiKey, PUBLIC_KEY),
    };
    assert_eq!((name.kind, name.public.as_str()), (kind, public));
}

async fn how_long_to_wait_comes_with_the_moment_it_ends(way: Way) {
    let server = way.server().await;
    let setup = way.client(&server.uri());
    let then = Some(setup.clock.now() + Duration::seconds(55));
    let wait = |status, code| error(status, code).insert_header("retry-after", "55");
    Mock::given(method("GET"))
        .respond_with(wait(429, "RATE_LIMITED_TOKEN_BUCKET"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    match setup.atlas.probe(Purpose::Reader).await {
        Err(ReadError::Refused(refusal)) => {
            assert_eq!(refusal.reason, RefusalReason::RateLimited);
            assert_eq!((refusal.retry_after, refusal.retry_at), (Some(55), then));
        }
        outcome => panic!("not refused: {outcome:?}"),
    }
    Mock::given(method("GET"))
        .respond_with(wait(503, "SERVICE_UNAVAILABLE"))
        .mount(&server)
        .await;
    match setup.atlas.probe(Purpose::Reader).await {
        Err(ReadError::Unavailable { source }) => {
            let silence = source.silence();
            assert_eq!(silence.reason, SilenceReason::Paused);
            assert_eq!(silence.status, Some(503));
            assert_eq!(silence.code.as_deref(), Some("SERVICE_UNAVAILABLE"));
            assert_eq!((silence.retry_after, silence.retry_at), (Some(55), then));
        }
        outcome => panic!("answered: {outcome:?}"),
    }
}

in_every_way!(
    a_credential_that_reads_is_told_from_one_that_owns,
    what_is_not_about_the_role_is_no_answer,
    a_project_that_goes_in_between_is_not_there,
    a_credential_is_named_by_its_public_half,
    how_long_to_wait_comes_with_the_moment_it_ends,
);
