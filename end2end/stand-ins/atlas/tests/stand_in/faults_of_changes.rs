//! Faults strike changes of users and settings as they strike certificates.

use std::time::Duration;

use atlas_stand_in::{Fault, FaultKind, Options};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;

use crate::support::{Atlas, PAYMENTS, atlas};

/// A change of each kind.
#[derive(Clone, Copy, Debug)]
enum Change {
    Create,
    Update,
    Delete,
    Disable,
}

const ALL: [Change; 4] = [
    Change::Create,
    Change::Update,
    Change::Delete,
    Change::Disable,
];

impl Change {
    /// An Atlas in which it can be seen whether it was done.
    async fn atlas() -> Atlas {
        let atlas = atlas().await;
        let path = format!("customer-authorities/{PAYMENTS}");
        let authorities = json!([{"commonName": "Example Root CA"}]);
        let set = atlas.control(Method::PUT, &path).json(&authorities);
        assert_eq!(set.send().await.unwrap().status(), StatusCode::OK);
        atlas
    }

    fn method(self) -> Method {
        match self {
            Self::Create => Method::POST,
            Self::Update => Method::PATCH,
            Self::Delete | Self::Disable => Method::DELETE,
        }
    }

    fn request(self, atlas: &Atlas) -> RequestBuilder {
        let group = format!("/groups/{PAYMENTS}");
        let path = match self {
            Self::Create => format!("{group}/databaseUsers"),
            Self::Update | Self::Delete => format!("{group}/databaseUsers/$external/orders-api"),
            Self::Disable => format!("{group}/userSecurity/customerX509"),
        };
        let request = atlas.v2(self.method(), &path);
        let body = json!({"databaseName": "$external", "username": "fresh", "x509Type": "MANAGED",
            "roles": [{"roleName": "read", "databaseName": "d"}]});
        match self {
            Self::Create => request.json(&body),
            Self::Update => request.json(&json!({"x509Type": "MANAGED", "roles": body["roles"]})),
            Self::Delete | Self::Disable => request,
        }
    }

    fn is_done(self, atlas: &Atlas) -> bool {
        let world = atlas.running.stand_in().world();
        let project = &world.projects[0];
        let user = |name: &str| {
            project
                .database_users
                .iter()
                .find(|user| user.username == name)
        };
        match self {
            Self::Create => user("fresh").is_some(),
            Self::Update => user("orders-api").unwrap().roles[0].role_name == "read",
            Self::Delete => user("orders-api").is_none(),
            Self::Disable => project.customer_x509.cas.is_none(),
        }
    }
}

#[tokio::test]
async fn a_change_is_done_or_not_whatever_becomes_of_the_answer() {
    let hang = Options {
        hang_ms: Some(50),
        ..Options::default()
    };
    let status = |processed| Options {
        status: Some(502),
        processed: Some(processed),
        ..Options::default()
    };
    let done = [
        (FaultKind::ResetAfter, Options::default()),
        (FaultKind::ResetMidAnswer, Options::default()),
        (FaultKind::LostAnswer, Options::default()),
        (FaultKind::HangAfter, hang.clone()),
        (FaultKind::Status, status(true)),
        (FaultKind::Empty, Options::default()),
        (FaultKind::Html, Options::default()),
    ];
    let not_done = [
        (FaultKind::AcceptClose, Options::default()),
        (FaultKind::ResetMid, Options::default()),
        (FaultKind::ResetBefore, Options::default()),
        (FaultKind::HangBefore, hang),
        (FaultKind::Status, status(false)),
        (FaultKind::RateLimited, Options::default()),
        (FaultKind::ExpiredToken, Options::default()),
        (FaultKind::Redirect, Options::default()),
    ];
    let done = done.map(|(kind, options)| (kind, options, true));
    let not_done = not_done.map(|(kind, options)| (kind, options, false));
    for change in ALL {
        for (kind, options, expected) in done.iter().chain(&not_done) {
            let atlas = Change::atlas().await;
            let fault = Fault {
                options: options.clone(),
                ..Fault::new(*kind).on(change.method().as_str(), "/groups/")
            };
            atlas.running.stand_in().arm(fault);
            // What it answers, if it answers, is looked at elsewhere.
            let _ = change.request(&atlas).send().await;
            assert_eq!(change.is_done(&atlas), *expected, "{change:?} {kind:?}");
            let journal = atlas.running.stand_in().journal();
            let struck = journal.last().unwrap();
            assert_eq!(struck.faults, [kind.name()], "{change:?}");
        }
    }
}

#[tokio::test]
async fn a_change_may_be_done_late() {
    for change in ALL {
        let atlas = Change::atlas().await;
        let options = Options {
            after_ms: Some(100),
            ..Options::default()
        };
        let fault = Fault {
            options,
            ..Fault::new(FaultKind::LateCommit).on(change.method().as_str(), "/groups/")
        };
        atlas.running.stand_in().arm(fault);
        change.request(&atlas).send().await.unwrap_err();
        assert!(!change.is_done(&atlas));
        while !change.is_done(&atlas) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
