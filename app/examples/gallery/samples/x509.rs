//! Made-up projects with an authority of their own.

use super::changes::{change_row, clusters, page, story};
#[expect(
    clippy::wildcard_imports,
    reason = "samples are made of the other samples"
)]
use super::*;

pub(super) fn authorities() -> Vec<Authority> {
    vec![
        Authority {
            subject: "CN=Payments Client CA 2026,OU=Platform Security,O=Example GmbH".to_owned(),
            sha256: "9f3c22b071aa4be85c10d2f7c4a1b39e60d5f1127ab8834fe0c9155d02a6e1a7".to_owned(),
            not_before: ago(Duration::days(320)),
            not_after: ahead(Duration::days(410)),
        },
        Authority {
            subject: "CN=Payments Client CA 2024,OU=Platform Security,O=Example GmbH".to_owned(),
            sha256: "41d7a0c95be2036f88c4f1b6a90e7d52c3b8146ef97a20d5583bc1e46f0a9d12".to_owned(),
            not_before: ago(Duration::days(742)),
            not_after: ago(Duration::days(12)),
        },
    ]
}

fn locked_out() -> Vec<LockedOutUser> {
    let user = |name: &str, last_seen, roles: &[(&str, &str)]| LockedOutUser {
        username: username(name),
        roles: roles
            .iter()
            .map(|(name, database)| role(name, database, None))
            .collect(),
        last_seen,
    };
    let at = |minutes, cluster: &str| LastSeen::At {
        at: ago(Duration::minutes(minutes)),
        cluster: cluster.to_owned(),
    };
    let since = ago(Duration::days(7));
    vec![
        user(
            "CN=archive-export,OU=Batch,O=Example GmbH",
            LastSeen::NotLately { since },
            &[("read", "ledger")],
        ),
        user(
            "CN=fraud-scoring,OU=Risk,O=Example GmbH",
            at(2, "payments"),
            &[("read", "orders"), ("readWrite", "scores")],
        ),
        user(
            "CN=partner-feed,OU=Batch,O=Example GmbH",
            at(60 * 31, "payments-analytics"),
            &[("readWrite", "partner")],
        ),
        user(
            "CN=night-audit,OU=Finance,O=Example GmbH",
            LastSeen::Unknown,
            &[("read", "ledger"), ("read", "invoices")],
        ),
    ]
}

fn conditions(busy: bool) -> Vec<ClusterCondition> {
    let cluster = |name: &str, state: &str| ClusterCondition {
        name: name.to_owned(),
        state: Some(state.to_owned()),
    };
    vec![
        cluster("payments", "IDLE"),
        cluster("payments-analytics", if busy { "UPDATING" } else { "IDLE" }),
        cluster("payments-archive", "IDLE"),
    ]
}

/// On, and may be asked for.
pub(crate) fn on() -> X509Page {
    X509Page {
        project: payments(),
        on: Some(true),
        authorities: authorities().drain(..1).collect(),
        unreadable: false,
        ldap_authentication: false,
        ldap_authorization: false,
        impact: Impact {
            clusters: Some(conditions(false)),
            locked_out: locked_out(),
            freed: [
                "ledger-batch",
                "orders-api",
                "payouts-worker",
                "refunds-worker",
                "settlement-report",
            ]
            .map(username)
            .into(),
        },
        block: None,
        busy_clusters: Vec::new(),
        may_ask: true,
        approvers: vec![person(4, "Olga Lindt"), person(5, "Otto Brandt")],
        security_decides: false,
        open: None,
        past: Vec::new(),
        synced_at: ago(Duration::seconds(40)),
        now: NOW,
    }
}

/// All that can be odd at once: an authority that has ended, text that is none, LDAP, a busy cluster,
/// many users, and an owner who is alone.
pub(crate) fn odd() -> X509Page {
    let mut page = on();
    page.authorities = authorities();
    page.unreadable = true;
    (page.ldap_authentication, page.ldap_authorization) = (true, true);
    page.impact.clusters = Some(conditions(true));
    page.busy_clusters = vec!["payments-analytics".to_owned()];
    page.impact.freed = (0..31)
        .map(|number| username(&format!("service-{number}")))
        .collect();
    let more = (0..9).map(|number| LockedOutUser {
        username: username(&format!("CN=batch-{number},OU=Batch,O=Example GmbH")),
        roles: vec![role("readWrite", "partner", None)],
        last_seen: LastSeen::NotLately {
            since: ago(Duration::days(7)),
        },
    });
    page.impact.locked_out.extend(more);
    (page.approvers, page.security_decides) = (Vec::new(), true);
    page
}

/// Nobody is hurt, and Atlas tells little.
pub(crate) fn little_known() -> X509Page {
    let mut page = on();
    page.impact = Impact::default();
    page.busy_clusters = vec![ANY_CLUSTER.to_owned()];
    page.ldap_authentication = true;
    page.approvers = Vec::new();
    page
}

/// For security, who may look and not ask.
pub(crate) fn looked_at() -> X509Page {
    X509Page {
        may_ask: false,
        ..on()
    }
}

/// Off since a while, with what came before.
pub(crate) fn off() -> X509Page {
    let past = |number, state, days| {
        let mut row = change_row(number, ChangeKind::DisableX509, None, state);
        row.submitted_at = ago(Duration::days(days));
        row
    };
    X509Page {
        on: Some(false),
        authorities: Vec::new(),
        impact: Impact::default(),
        block: Some(DisableBlock::NothingToDisable),
        past: vec![
            past(61, ChangeState::Done, 9),
            past(62, ChangeState::Denied, 12),
            past(63, ChangeState::Rejected, 40),
        ],
        ..on()
    }
}

pub(crate) fn blocked(block: DisableBlock) -> X509Page {
    X509Page {
        block: Some(block),
        past: off().past,
        ..on()
    }
}

pub(crate) fn recently() -> X509Page {
    blocked(DisableBlock::Recently {
        until: ahead(Duration::hours(5)),
    })
}

/// Atlas has not told.
pub(crate) fn not_known() -> X509Page {
    X509Page {
        on: None,
        authorities: Vec::new(),
        impact: Impact::default(),
        block: Some(DisableBlock::NotKnown),
        ..on()
    }
}

/// With a change that is open.
pub(crate) fn with(open: ChangePage, busy: bool) -> X509Page {
    let sent = !matches!(
        open.row.state,
        ChangeState::Submitted | ChangeState::Approved
    );
    let mut page = on();
    page.block = Some(DisableBlock::UnderWay);
    if busy {
        page.busy_clusters = vec!["payments-analytics".to_owned()];
        page.impact.clusters = Some(conditions(true));
    }
    if sent && open.row.state == ChangeState::Applying {
        (page.on, page.authorities) = (Some(false), Vec::new());
    }
    page.open = Some(open);
    page
}

/// Atlas took it, and so many clusters have followed.
pub(crate) fn restarting(done: usize) -> X509Page {
    let mut open = page(ChangeKind::DisableX509, ChangeState::Applying);
    open.clusters = Some(clusters(done));
    open.story = story(&open.row);
    with(open, false)
}
