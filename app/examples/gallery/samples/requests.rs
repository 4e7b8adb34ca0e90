//! Made-up requests, entries of the log, and jobs.

use app::requests::api::{InboxPage, RequestList};

#[expect(
    clippy::wildcard_imports,
    reason = "samples are made of the other samples"
)]
use super::*;

fn olga() -> PersonRef {
    person(4, "Olga Lindt")
}

fn otto() -> PersonRef {
    person(5, "Otto Brandt")
}

fn devon() -> PersonRef {
    person(2, "Devon Park")
}

pub(crate) fn list() -> RequestList {
    let states = [
        ("orders-api", payments(), RequestState::Ready),
        ("ledger-batch", payments(), RequestState::Submitted),
        ("search-indexer", catalog(), RequestState::Approved),
        ("etl-nightly", lake(), RequestState::Unknown),
        ("refunds-worker", payments(), RequestState::Denied),
        ("bi-reader", lake(), RequestState::Delivered),
        ("catalog-web", catalog(), RequestState::Expired),
    ];
    let mut rows: Vec<RequestRow> = (20_u128..)
        .zip(states)
        .map(|(number, (name, project, state))| request(number, name, project, state, dana()))
        .collect();
    for (days, row) in (0_i64..).zip(&mut rows) {
        row.submitted_at = ago(Duration::hours(2) + Duration::days(days * days));
    }
    RequestList {
        rows,
        more: Some(Cursor("next".to_owned())),
        now: NOW,
    }
}

pub(crate) fn others_list() -> RequestList {
    let mut list = list();
    for (row, who) in list
        .rows
        .iter_mut()
        .zip([devon(), olga(), person(3, "Ines Duarte")])
    {
        row.requester = who;
    }
    list.more = None;
    list
}

pub(crate) fn no_list() -> RequestList {
    RequestList {
        rows: Vec::new(),
        more: None,
        now: NOW,
    }
}

pub(crate) fn inbox() -> InboxPage {
    let mut rows = vec![
        request(
            11,
            "refunds-worker",
            payments(),
            RequestState::Submitted,
            devon(),
        ),
        request(
            12,
            "ledger-batch",
            payments(),
            RequestState::Submitted,
            person(3, "Ines Duarte"),
        ),
        request(
            13,
            "search-indexer",
            catalog(),
            RequestState::Submitted,
            devon(),
        ),
    ];
    rows[0].submitted_at = ago(Duration::days(3));
    rows[0].until = Some(ahead(Duration::days(11)));
    rows[1].until = Some(ahead(Duration::days(13)));
    rows[1].months = months(12);
    rows[1].reason = String::from(
        "New batch host in Frankfurt; the old one is retired on Friday. \
         Ticket PAY-2310, agreed with the on-call team.",
    );
    rows[2].submitted_at = ago(Duration::minutes(4));
    rows[2].until = Some(ahead(Duration::days(14)));
    InboxPage {
        rows,
        changes: super::change_lists::waiting(),
        now: NOW,
    }
}

pub(crate) fn form(project: bool, user: Option<usize>) -> RequestForm {
    let page = super::project();
    RequestForm {
        projects: super::projects()
            .into_iter()
            .map(|row| row.project)
            .collect(),
        project: project.then(|| ProjectChoice {
            project: payments(),
            policy: page.policy,
            user: user.map(|place| page.users[place].clone()),
            held: rows()
                .into_iter()
                .filter(|row| row.username.as_str() == "orders-api")
                .collect(),
            users: page.users,
            approvers: vec![olga(), otto()],
        }),
        now: NOW,
    }
}

pub(crate) fn nobody_to_approve() -> RequestForm {
    let mut form = form(true, Some(4));
    if let Some(choice) = &mut form.project {
        choice.approvers.clear();
        choice.held.clear();
    }
    form
}

/// A request's page in a state, with as much of the story as goes with it.
pub(crate) fn page(state: RequestState, entries: usize) -> RequestPage {
    let mut row = request(1, "orders-api", payments(), state, dana());
    row.submitted_at = ago(Duration::minutes(122));
    let made = entries > 4;
    RequestPage {
        months_asked: months(3),
        digest: "digest".to_owned(),
        story: story().into_iter().take(entries).collect(),
        approvals: ApprovalMeter {
            given: u8::from(entries > 1),
            needed: 1,
        },
        approvers: Vec::new(),
        may: RequestActions::default(),
        why_not_approve: None,
        step_up: false,
        brief: None,
        refusal: None,
        settling: None,
        ambiguity: None,
        pickup: None,
        certificate: made.then(|| {
            let mut row = rows().remove(0);
            (row.not_before, row.not_after) =
                (ago(Duration::minutes(2)), ahead(Duration::days(92)));
            row
        }),
        clusters: clusters(),
        obstacle: None,
        database_roles: vec![
            role("readWrite", "orders", None),
            role("read", "catalog", Some("prices")),
        ],
        row,
        now: NOW,
    }
}

pub(crate) fn waiting() -> RequestPage {
    let mut page = page(RequestState::Submitted, 1);
    page.approvers = vec![olga(), otto()];
    page.may.withdraw = true;
    page.row.until = Some(ahead(Duration::days(13)));
    page
}

pub(crate) fn own() -> RequestPage {
    RequestPage {
        why_not_approve: Some(Denial::OwnRequest),
        ..waiting()
    }
}

pub(crate) fn nobody() -> RequestPage {
    RequestPage {
        approvers: Vec::new(),
        ..waiting()
    }
}

pub(crate) fn to_decide() -> RequestPage {
    let mut page = waiting();
    page.row.requester = devon();
    page.story[0].actor = ActorName::Person(devon());
    page.story[0].event = Event::RequestSubmitted {
        username: username("orders-api"),
        months: months(6),
        digest: String::new(),
    };
    page.approvers = vec![dana(), otto()];
    page.months_asked = months(6);
    page.row.months = months(6);
    page.may = RequestActions {
        approve: true,
        deny: true,
        ..RequestActions::default()
    };
    let mut last = list().rows;
    last.retain(|row| row.state.is_over() || row.state == RequestState::Ready);
    page.brief = Some(Brief {
        subject: "CN=orders-api".to_owned(),
        would_end: months(6).after(NOW),
        policy: super::project().policy,
        requester_holds: vec![rows().remove(1)],
        user_has: vec![rows().remove(0)],
        last_decisions: last,
    });
    page
}

pub(crate) fn step_up() -> RequestPage {
    RequestPage {
        step_up: true,
        ..to_decide()
    }
}

pub(crate) fn approved() -> RequestPage {
    let mut page = page(RequestState::Approved, 2);
    page.may.issue = true;
    page.may.withdraw = true;
    page.row.until = Some(ahead(Duration::hours(47)));
    page
}

pub(crate) fn refused() -> RequestPage {
    RequestPage {
        refusal: Some(Refusal {
            reason: RefusalReason::AddressNotAllowed,
            status: 403,
            code: "IP_ADDRESS_NOT_ON_ACCESS_LIST".to_owned(),
            retry_after: None,
            retry_at: None,
            address: Some("203.0.113.7".to_owned()),
        }),
        ..approved()
    }
}

pub(crate) fn limited() -> RequestPage {
    RequestPage {
        refusal: Some(Refusal {
            reason: RefusalReason::RateLimited,
            status: 429,
            code: "RATE_LIMITED_TOKEN_BUCKET".to_owned(),
            retry_after: Some(60),
            retry_at: Some(ahead(Duration::seconds(55))),
            address: None,
        }),
        ..approved()
    }
}

pub(crate) fn ready(downloads_used: u8, in_this_browser: bool) -> RequestPage {
    let mut page = page(RequestState::Ready, 5);
    page.may.collect = true;
    page.pickup = Some(Pickup {
        until: ahead(Duration::seconds(760)),
        downloads_used,
        downloads_allowed: 3,
        in_this_browser,
    });
    page
}

/// The same, last downloaded as something else than PEM.
pub(crate) fn ready_as(format: DeliveryFormat) -> RequestPage {
    let mut page = ready(1, true);
    let event = event(
        1200,
        1,
        ActorName::Person(dana()),
        Event::CertDeliveryStarted {
            serial: rows()[0].serial,
            delivery: "1".to_owned(),
            format: format.to_string(),
        },
        None,
    );
    page.story.push(event);
    page
}

pub(crate) fn over(state: RequestState, entries: usize) -> RequestPage {
    let mut page = page(state, entries);
    page.may.ask_again = true;
    page.row.until = None;
    if state == RequestState::Denied {
        page.story.push(event(
            1191,
            60,
            ActorName::Person(olga()),
            Event::RequestDenied {},
            Some("Please use orders-api-ro for reporting; it has what you need and nothing more."),
        ));
    }
    page
}

pub(crate) fn log() -> AuditList {
    let mut rows = story();
    let serial = Serial(7_310_559_212_377_001_125);
    let other = |mut row: AuditRow| {
        row.at -= Duration::days(1);
        row
    };
    let devon_tried = Event::AccessDenied {
        action: "approve_request".to_owned(),
        why: "own_request".to_owned(),
    };
    let unexplained = Event::CertUnexplained {
        serial,
        username: username("adhoc-reporting"),
        not_after: ahead(Duration::days(168)),
    };
    rows.insert(
        0,
        other(event(
            1189,
            3,
            ActorName::System("certificates.sync".to_owned()),
            unexplained,
            None,
        )),
    );
    rows.insert(
        0,
        other(event(
            1188,
            9,
            ActorName::Person(devon()),
            devon_tried,
            None,
        )),
    );
    rows.insert(
        0,
        other(event(
            1187,
            20,
            ActorName::Person(olga()),
            Event::RequestDenied {},
            Some("Please use orders-api-ro for reporting."),
        )),
    );
    rows.insert(
        0,
        other(event(
            1186,
            31,
            ActorName::Person(devon()),
            Event::SessionStarted {},
            None,
        )),
    );
    for row in rows
        .iter_mut()
        .filter(|row| matches!(row.event, Event::SessionStarted {}))
    {
        (row.project, row.username, row.request, row.requester) = (None, None, None, None);
    }
    for row in rows.iter_mut().filter(|row| {
        matches!(
            row.event,
            Event::CertIssued { .. } | Event::CertDelivered { .. }
        )
    }) {
        row.certificate = Some(CertificateId(Uuid::from_u128(1)));
    }
    rows.extend(super::change_lists::logged());
    rows.reverse();
    AuditList {
        rows,
        more: Some(Cursor("1186".to_owned())),
        people: vec![dana(), devon(), olga(), otto()],
        projects: vec![catalog(), lake(), payments()],
        now: NOW,
    }
}

pub(crate) fn entry() -> AuditEntryPage {
    let row = story().remove(1);
    AuditEntryPage {
        body: r#"{"entry":{"actor":{"iss":"https://id.example.com","sub":"olga","kind":"person"},"attempt":null,"data":{"digest":"5a1d0c77","months":"3","valid_until":"2026-11-23T12:04:20Z"},"project":"000000000000000000000001","request":"00000000-0000-0000-0000-000000000001","type":"request.approved"},"seq":"1196","v":"1"}"#.to_owned(),
        leaf_hash: "9f3c22b071aa4be85c10d2f7c4a1b39e60d5f1127ab8834fe0c9155d02a6e1a7".to_owned(),
        attempt: None,
        row,
        now: NOW,
    }
}
