//! Histories to try the invariants on.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

use crate::history::{
    Answer, AttemptRow, Call, CertificateRow, DecisionRow, Deed, Detail, History, LogEntry, Made,
    RequestRow, Tables, Target, Told,
};

/// The request of the samples.
pub(super) const REQUEST: Uuid = Uuid::from_u128(1);
/// Its attempt.
pub(super) const ATTEMPT: Uuid = Uuid::from_u128(2);
/// Its certificate.
const CERTIFICATE: Uuid = Uuid::from_u128(3);
/// That certificate's serial number.
pub(super) const SERIAL: i64 = 5_000_000_000_000_000_001;
const DANA: Uuid = Uuid::from_u128(4);
const OLGA: Uuid = Uuid::from_u128(5);
const PROJECT: &str = "64f0c0a1e4b0a1b2c3d4e501";
const USER: &str = "svc-0001";
const REASON: &str = "Rotation before the release";

/// A moment of the samples.
pub(super) fn at(second: i64) -> OffsetDateTime {
    datetime!(2026-11-22 10:00:00 UTC) + Duration::seconds(second)
}

/// The hash of an entry's bytes.
pub(super) fn sealed(body: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(body);
    hash.finalize().to_vec()
}

/// An entry about nothing.
pub(super) fn entry(place: usize, kind: &str) -> LogEntry {
    about(place, kind, None, None)
}

/// An entry about a request and an attempt.
pub(super) fn about(
    place: usize,
    kind: &str,
    request: Option<Uuid>,
    attempt: Option<Uuid>,
) -> LogEntry {
    write(place, kind, (request, attempt, None), None, &json!({}))
}

/// An entry about an attempt of the request, with what it decides by.
pub(super) fn decided(place: usize, kind: &str, attempt: Uuid, data: &Value) -> LogEntry {
    write(
        place,
        kind,
        (Some(REQUEST), Some(attempt), None),
        None,
        data,
    )
}

fn write(
    place: usize,
    kind: &str,
    (request, attempt, certificate): (Option<Uuid>, Option<Uuid>, Option<Uuid>),
    person: Option<Uuid>,
    data: &Value,
) -> LogEntry {
    let seq = i64::try_from(place).expect("a short log");
    let mut entry = json!({ "type": kind, "data": data, "project": PROJECT, "actor": {} });
    let ids = [
        ("request", request),
        ("attempt", attempt),
        ("certificate", certificate),
    ];
    for (name, id) in ids {
        if let Some(id) = id {
            entry[name] = json!(id.to_string());
        }
    }
    if let Some(person) = person {
        entry["actor"]["id"] = json!(person.to_string());
    }
    if kind == "request.submitted" {
        let mut hash = Sha256::new();
        hash.update(b"certdesk/commit/v1");
        hash.update([7; 32]);
        hash.update(REASON);
        entry["commitments"] = json!({ "reason": hex::encode(hash.finalize()) });
    }
    let mut log_entry = LogEntry {
        seq,
        at: at(seq),
        committed_at: Some(at(seq) + Duration::milliseconds(5)),
        kind: kind.to_owned(),
        person,
        project: Some(PROJECT.to_owned()),
        request,
        change: None,
        attempt,
        certificate,
        body: Vec::new(),
        leaf_hash: Vec::new(),
        entry,
    };
    write_body(&mut log_entry);
    log_entry
}

/// Makes the bytes say what the fields do. `Value` sorts its keys, which is the canonical order.
fn write_body(entry: &mut LogEntry) {
    let body =
        json!({ "at": "2026", "entry": entry.entry, "seq": entry.seq.to_string(), "v": "1" });
    entry.body = body.to_string().into_bytes();
    entry.leaf_hash = sealed(&entry.body);
}

/// What its tables hold.
fn tables() -> Tables {
    Tables {
        requests: vec![RequestRow {
            id: REQUEST,
            project_id: PROJECT.to_owned(),
            username: USER.to_owned(),
            requester_id: DANA,
            state: "delivered".to_owned(),
            until: None,
        }],
        attempts: vec![AttemptRow {
            id: ATTEMPT,
            request_id: REQUEST,
            project_id: PROJECT.to_owned(),
            username: USER.to_owned(),
            state: "issued".to_owned(),
            certificate_id: Some(CERTIFICATE),
            waits: false,
            downloads: 1,
        }],
        certificates: vec![CertificateRow {
            id: CERTIFICATE,
            project_id: PROJECT.to_owned(),
            serial: SERIAL,
            origin: "portal".to_owned(),
            request_id: Some(REQUEST),
        }],
        decisions: vec![DecisionRow {
            request_id: REQUEST,
            decider_id: OLGA,
            verdict: "approved".to_owned(),
        }],
        changes: Vec::new(),
    }
}

/// One request that came to a good end: asked, approved, issued at second 4, collected, saved.
pub(super) fn good() -> History {
    let ids = (Some(REQUEST), Some(ATTEMPT), None);
    let made = (Some(REQUEST), Some(ATTEMPT), Some(CERTIFICATE));
    let serial = json!({ "serial": SERIAL.to_string() });
    let log = vec![
        write(
            0,
            "request.submitted",
            (Some(REQUEST), None, None),
            Some(DANA),
            &json!({ "username": USER, "months": "3" }),
        ),
        write(
            1,
            "request.approved",
            (Some(REQUEST), None, None),
            Some(OLGA),
            &json!({}),
        ),
        write(2, "issue.intent", ids, Some(DANA), &json!({})),
        write(3, "issue.call_started", ids, None, &json!({})),
        write(4, "cert.issued", made, None, &serial),
        write(5, "cert.delivery_started", made, Some(DANA), &serial),
        write(6, "cert.delivered", made, Some(DANA), &serial),
    ];
    let deed = |second, who: &str, deed, answer| Told {
        at: at(second),
        who: who.to_owned(),
        replica: "a",
        deed,
        request: Some(REQUEST),
        answer,
    };
    let key = Answer::Key {
        first_byte_at: at(5) + Duration::milliseconds(20),
        serial: Some(SERIAL),
    };
    History {
        calls: vec![Call {
            seq: 12,
            at: at(3) + Duration::milliseconds(50),
            method: "POST".to_owned(),
            project: PROJECT.to_owned(),
            target: Target::Certificate(USER.to_owned()),
            certificate: Some(SERIAL),
        }],
        made: vec![Made {
            serial: SERIAL,
            project: PROJECT.to_owned(),
            username: USER.to_owned(),
            out_of_band: false,
            canary: String::new(),
        }],
        head: i64::try_from(log.len()).expect("a short log"),
        log,
        details: vec![Detail {
            seq: 0,
            field: "reason".to_owned(),
            salt: vec![7; 32],
            value: REASON.to_owned(),
        }],
        tables: tables(),
        told: vec![
            deed(0, "dana", Deed::Ask, Answer::Done),
            deed(1, "olga", Deed::Approve, Answer::Done),
            deed(2, "dana", Deed::Issue, Answer::Done),
            deed(2, "dana", Deed::Issue, Answer::AsItIs),
            deed(5, "dana", Deed::Collect, key),
            deed(6, "dana", Deed::Acknowledge, Answer::Done),
        ],
        leaks: Vec::new(),
        read_at: at(120),
    }
}

/// The same up to the call, whose answer was lost; the certificate was found later, and is lost.
pub(super) fn good_reconciled() -> History {
    let mut history = good();
    let ids = (Some(REQUEST), Some(ATTEMPT), None);
    let found = (Some(REQUEST), Some(ATTEMPT), Some(CERTIFICATE));
    history.log.truncate(4);
    history.log.push(write(
        4,
        "issue.unknown",
        ids,
        None,
        &json!({ "class": "reset" }),
    ));
    let serial = json!({ "serial": SERIAL.to_string() });
    history
        .log
        .push(write(5, "cert.lost", found, None, &serial));
    history.head = 6;
    history.told.truncate(4);
    let tables = &mut history.tables;
    tables.requests[0].state = "lost".to_owned();
    tables.attempts[0].state = "lost".to_owned();
    tables.attempts[0].downloads = 0;
    tables.certificates[0].origin = "lost".to_owned();
    history
}
