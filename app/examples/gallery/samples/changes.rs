//! Made-up changes of projects.

#[expect(
    clippy::wildcard_imports,
    reason = "samples are made of the other samples"
)]
use super::*;

pub(super) fn olga() -> PersonRef {
    person(4, "Olga Lindt")
}

pub(super) fn otto() -> PersonRef {
    person(5, "Otto Brandt")
}

fn roles(texts: &[&str]) -> Vec<DatabaseRole> {
    texts
        .iter()
        .map(|text| text.parse().expect("a role"))
        .collect()
}

pub(super) fn change_row(
    number: u128,
    kind: ChangeKind,
    name: Option<&str>,
    state: ChangeState,
) -> ChangeRow {
    let reason = match kind {
        ChangeKind::DisableX509 => {
            "The pilot with our own authority is over. Everybody on it was told on Monday, PAY-2318."
        }
        ChangeKind::CreateUser => "Jane Doe covers for Devon until spring, and reads orders only.",
        ChangeKind::UpdateUser => {
            "orders-api writes invoices from the next release on, and has not needed ledger for a year."
        }
        ChangeKind::DeleteUser => "The old refunds worker was shut down in October, PAY-2204.",
    };
    let waits = matches!(state, ChangeState::Submitted | ChangeState::Approved);
    ChangeRow {
        id: ChangeId(Uuid::from_u128(number)),
        project: payments(),
        kind,
        username: name.map(username),
        state,
        requester: olga(),
        second: (state != ChangeState::Submitted).then(otto),
        reason: reason.to_owned(),
        submitted_at: ago(Duration::minutes(50)),
        changed_at: ago(Duration::minutes(2)),
        until: waits.then(|| ahead(Duration::hours(23))),
    }
}

/// An entry about a change, as its story and the log hold it.
pub(super) fn entry(row: &ChangeRow, seq: i64, seconds_ago: i64, event: Event) -> AuditRow {
    let actor = match &event {
        Event::X509DisableRequested { .. }
        | Event::UserChangeRequested { .. }
        | Event::ChangeWithdrawn {} => ActorName::Person(row.requester.clone()),
        Event::X509DisableConfirmed { .. }
        | Event::UserChangeApproved { .. }
        | Event::ChangeDenied {}
        | Event::ChangeCallStarted { .. }
        | Event::ChangeNotSent { .. } => ActorName::Person(row.second.clone().unwrap_or_else(otto)),
        _ => ActorName::System("changes".to_owned()),
    };
    let text = match &event {
        Event::X509DisableRequested { .. } | Event::UserChangeRequested { .. } => {
            Some(row.reason.clone())
        }
        Event::ChangeDenied {} => {
            Some("Not in the freeze week. Ask again on the first of December.".to_owned())
        }
        _ => None,
    };
    AuditRow {
        seq,
        at: ago(Duration::seconds(seconds_ago)),
        actor,
        event,
        text,
        project: Some(row.project.clone()),
        username: row.username.clone(),
        request: None,
        change: Some(row.id),
        requester: Some(row.requester.clone()),
        certificate: None,
        may_open: true,
    }
}

fn asked(row: &ChangeRow) -> Event {
    match (&row.username, row.kind) {
        (Some(name), kind) => Event::UserChangeRequested {
            change_kind: kind,
            username: name.clone(),
            before: Vec::new(),
            after: Vec::new(),
            digest: "5a1d0c77".to_owned(),
        },
        (None, _) => Event::X509DisableRequested {
            authorities: vec!["9f3c22b0".to_owned()],
            locked_out: "4".to_owned(),
            digest: "5a1d0c77".to_owned(),
        },
    }
}

fn confirmed(row: &ChangeRow) -> Event {
    let digest = "5a1d0c77".to_owned();
    match row.kind {
        ChangeKind::DisableX509 => Event::X509DisableConfirmed {
            digest,
            locked_out: "4".to_owned(),
            busy_clusters: Vec::new(),
        },
        _ => Event::UserChangeApproved { digest },
    }
}

fn applied(row: &ChangeRow) -> Event {
    let settled_by = "answer".to_owned();
    match (row.kind, row.username.clone()) {
        (ChangeKind::CreateUser, Some(username)) => Event::UserCreated {
            username,
            roles: vec!["read@orders".to_owned()],
            clusters: Vec::new(),
            settled_by,
        },
        (ChangeKind::DeleteUser, Some(username)) => Event::UserDeleted {
            username,
            before: Vec::new(),
            settled_by,
        },
        (_, Some(username)) => Event::UserUpdated {
            username,
            before: Vec::new(),
            after: vec!["readWrite@invoices".to_owned(), "read@orders".to_owned()],
            settled_by,
        },
        (_, None) => Event::X509Disabled {
            before: Vec::new(),
            settled_by,
        },
    }
}

/// What the log says of a change that has come so far.
pub(super) fn story(row: &ChangeRow) -> Vec<AuditRow> {
    let called = || Event::ChangeCallStarted {
        deadline: ahead(Duration::seconds(20)),
    };
    let mut events = vec![(3000, asked(row))];
    let state = row.state;
    if !matches!(
        state,
        ChangeState::Submitted | ChangeState::Denied | ChangeState::Withdrawn
    ) {
        events.push((126, confirmed(row)));
    }
    match state {
        ChangeState::Submitted | ChangeState::Approved => {}
        ChangeState::Denied => events.push((120, Event::ChangeDenied {})),
        ChangeState::Withdrawn => events.push((120, Event::ChangeWithdrawn {})),
        ChangeState::Expired => events.push((
            10,
            Event::ChangeExpired {
                was: "approved".to_owned(),
            },
        )),
        ChangeState::Calling => events.push((2, called())),
        ChangeState::Unknown | ChangeState::NotApplied => {
            events.push((125, called()));
            let class = "timeout".to_owned();
            events.push((105, Event::ChangeUnknown { class }));
        }
        ChangeState::Rejected => {
            events.push((125, called()));
            events.push((
                124,
                Event::ChangeRejected {
                    status: "401".to_owned(),
                    code: "USER_UNAUTHORIZED".to_owned(),
                },
            ));
        }
        ChangeState::Applying | ChangeState::Done => {
            events.push((125, called()));
            events.push((124, applied(row)));
        }
    }
    if state == ChangeState::NotApplied {
        events.push((40, Event::ChangeNotApplied {}));
    }
    if state == ChangeState::Done {
        let clusters = "3".to_owned();
        let unseen = Vec::new();
        events.push((12, Event::ChangeCompleted { clusters, unseen }));
    }
    (1190_i64..)
        .zip(events)
        .map(|(seq, (seconds, event))| entry(row, seq, seconds, event))
        .collect()
}

fn plan(kind: ChangeKind) -> ChangePlan {
    match kind {
        ChangeKind::DisableX509 => ChangePlan::DisableX509 {
            authorities: super::x509::authorities(),
        },
        ChangeKind::CreateUser => ChangePlan::CreateUser {
            roles: roles(&["read@orders", "read@catalog.prices"]),
            clusters: vec!["payments-analytics".to_owned()],
        },
        ChangeKind::UpdateUser => ChangePlan::UpdateUser {
            before: roles(&["readWrite@ledger", "read@invoices", "read@orders"]),
            after: roles(&["readWrite@invoices", "read@orders", "readAnyDatabase@admin"]),
            clusters: vec!["payments-analytics".to_owned()],
        },
        ChangeKind::DeleteUser => ChangePlan::DeleteUser {
            roles: roles(&["readWrite@refunds", "read@orders"]),
            clusters: Vec::new(),
        },
    }
}

pub(super) fn clusters(done: usize) -> Vec<ClusterProgress> {
    ["payments", "payments-analytics", "payments-archive"]
        .into_iter()
        .enumerate()
        .map(|(place, name)| ClusterProgress {
            name: name.to_owned(),
            state: if place < done { "IDLE" } else { "UPDATING" }.to_owned(),
            done: place < done,
        })
        .collect()
}

pub(crate) fn page(kind: ChangeKind, state: ChangeState) -> ChangePage {
    let name = match kind {
        ChangeKind::DisableX509 => None,
        ChangeKind::CreateUser => Some("jdoe-7k2m"),
        ChangeKind::UpdateUser => Some("orders-api"),
        ChangeKind::DeleteUser => Some("refunds-worker"),
    };
    let row = change_row(60, kind, name, state);
    let live_certificates = match kind {
        ChangeKind::DeleteUser => 2,
        ChangeKind::UpdateUser => 1,
        _ => 0,
    };
    let followed = match state {
        ChangeState::Applying => Some(clusters(1)),
        ChangeState::Done => Some(clusters(3)),
        _ => None,
    };
    let waits = state == ChangeState::Submitted;
    ChangePage {
        plan: plan(kind),
        live_certificates,
        latest_end: (live_certificates > 0).then(|| ahead(Duration::days(95))),
        digest: "5a1d0c77".to_owned(),
        story: story(&row),
        approvers: if waits {
            vec![dana(), otto()]
        } else {
            Vec::new()
        },
        security_decides: false,
        may: ChangeActions::default(),
        why_not_approve: None,
        step_up: false,
        refusal: None,
        not_sent: None,
        clusters: followed,
        authorities_kept: kind == ChangeKind::DisableX509,
        now: NOW,
        row,
    }
}

/// For somebody who decides.
pub(crate) fn to_decide(kind: ChangeKind) -> ChangePage {
    let mut page = page(kind, ChangeState::Submitted);
    (page.may.approve, page.may.deny) = (true, true);
    page
}

/// One's own, waiting.
pub(crate) fn own(kind: ChangeKind) -> ChangePage {
    let mut page = page(kind, ChangeState::Submitted);
    page.row.requester = dana();
    page.story = story(&page.row);
    page.approvers = vec![olga(), otto()];
    page.may.withdraw = true;
    page.why_not_approve = Some(Denial::OwnRequest);
    page
}

/// One's own, of a project that has no other owner.
pub(crate) fn sole(kind: ChangeKind) -> ChangePage {
    let mut page = own(kind);
    page.approvers = vec![person(6, "Sam Ito")];
    page.security_decides = true;
    page
}

/// Approved, and nothing sent.
pub(crate) fn not_sent(kind: ChangeKind, why: &str) -> ChangePage {
    let mut page = page(kind, ChangeState::Approved);
    page.row.second = Some(dana());
    page.row.until = Some(ahead(Duration::minutes(52)));
    page.story = story(&page.row);
    let why = why.to_owned();
    page.story.push(entry(
        &page.row,
        1192,
        60,
        Event::ChangeNotSent { why: why.clone() },
    ));
    page.not_sent = Some(why);
    page.may.carry_out = true;
    page
}

/// Refused by Atlas.
pub(crate) fn refused(kind: ChangeKind) -> ChangePage {
    let mut page = page(kind, ChangeState::Rejected);
    page.refusal = Some(Refusal {
        reason: RefusalReason::RoleMissing,
        status: 401,
        code: "USER_UNAUTHORIZED".to_owned(),
        retry_after: None,
        retry_at: None,
        address: None,
    });
    page
}

/// Done, and nobody could watch the clusters.
pub(crate) fn untold(kind: ChangeKind) -> ChangePage {
    let mut page = page(kind, ChangeState::Done);
    page.clusters = None;
    page
}
