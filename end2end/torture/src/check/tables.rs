//! I7: the log tells what the tables hold.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::fold::Fold;
use crate::history::{AttemptRow, History};

/// Folded, the log gives every row of the tables: where requests, attempts and changes stand, who
/// decided, which certificates there are, how often keys were downloaded and which still wait.
pub(super) fn log_agrees_with_tables(history: &History) -> Vec<String> {
    let fold = Fold::of(history);
    let tables = &history.tables;
    let mut wrong = Vec::new();
    compare(
        "request",
        fold.requests
            .iter()
            .map(|(id, request)| (*id, request.state)),
        tables
            .requests
            .iter()
            .map(|row| (row.id, row.state.as_str())),
        &mut wrong,
    );
    compare(
        "attempt",
        fold.attempts
            .iter()
            .map(|(id, attempt)| (*id, attempt.state)),
        tables
            .attempts
            .iter()
            .map(|row| (row.id, row.state.as_str())),
        &mut wrong,
    );
    compare(
        "change",
        fold.changes.iter().map(|(id, state)| (*id, *state)),
        tables
            .changes
            .iter()
            .map(|row| (row.id, row.state.as_str())),
        &mut wrong,
    );
    for row in &tables.requests {
        if let Some(told) = fold.requests.get(&row.id)
            && (told.project, told.username) != (&row.project_id, &row.username)
        {
            wrong.push(format!(
                "request {} is for {} in {}, and by the log for {} in {}",
                row.id, row.username, row.project_id, told.username, told.project
            ));
        }
    }
    for row in &tables.attempts {
        attempt(&fold, row, &mut wrong);
    }
    decisions(history, &mut wrong);
    certificates(history, &mut wrong);
    wrong
}

fn compare<'a>(
    noun: &str,
    told: impl Iterator<Item = (Uuid, &'a str)>,
    held: impl Iterator<Item = (Uuid, &'a str)>,
    wrong: &mut Vec<String>,
) {
    let mut told: BTreeMap<Uuid, &str> = told.collect();
    for (id, state) in held {
        match told.remove(&id) {
            Some(folded) if folded == state => {}
            Some(folded) => wrong.push(format!(
                "{noun} {id} is {state}, and by the log it is {folded}"
            )),
            None => wrong.push(format!(
                "{noun} {id} is {state}, and the log does not know it"
            )),
        }
    }
    for (id, state) in told {
        wrong.push(format!(
            "by the log {noun} {id} is {state}, and there is none"
        ));
    }
}

/// What an attempt's row says beside its state.
fn attempt(fold: &Fold<'_>, row: &AttemptRow, wrong: &mut Vec<String>) {
    let Some(told) = fold.attempts.get(&row.id) else {
        return; // Said already.
    };
    if usize::try_from(row.downloads) != Ok(told.downloads) {
        wrong.push(format!(
            "attempt {} was downloaded {} times, and by the log {} times",
            row.id, row.downloads, told.downloads
        ));
    }
    let certificate = told.certificate.or(told.found);
    if row.certificate_id != certificate {
        wrong.push(format!(
            "attempt {} led to certificate {:?}, and by the log to {certificate:?}",
            row.id, row.certificate_id
        ));
    }
    let ready = fold
        .requests
        .get(&row.request_id)
        .is_some_and(|request| request.state == "ready");
    let waits = ready && told.state == "issued";
    if row.waits != waits {
        let (is, should) = if row.waits {
            ("lies there", "is destroyed")
        } else {
            ("is destroyed", "waits")
        };
        wrong.push(format!(
            "the sealed key of attempt {} {is}, and by the log it {should}",
            row.id
        ));
    }
}

fn decisions(history: &History, wrong: &mut Vec<String>) {
    let told: BTreeSet<(Uuid, Option<Uuid>, &str)> = history
        .log
        .iter()
        .filter_map(|entry| {
            let verdict = match entry.kind.as_str() {
                "request.approved" => "approved",
                "request.denied" => "denied",
                _ => return None,
            };
            Some((entry.request?, entry.person, verdict))
        })
        .collect();
    let held: BTreeSet<(Uuid, Option<Uuid>, &str)> = history
        .tables
        .decisions
        .iter()
        .map(|row| (row.request_id, Some(row.decider_id), row.verdict.as_str()))
        .collect();
    for (request, person, verdict) in told.symmetric_difference(&held) {
        wrong.push(format!(
            "that {person:?} {verdict} request {request} stands in one of log and table only"
        ));
    }
    for request in &history.tables.requests {
        let own = held
            .iter()
            .find(|(id, person, _)| *id == request.id && *person == Some(request.requester_id));
        if let Some((.., verdict)) = own {
            wrong.push(format!(
                "request {} was {verdict} by its requester",
                request.id
            ));
        }
    }
}

/// A certificate: its id, project, serial number and origin.
type Known<'a> = (Option<Uuid>, Option<&'a str>, Option<i64>, &'a str);

fn certificates(history: &History, wrong: &mut Vec<String>) {
    let told: BTreeSet<Known<'_>> = history
        .log
        .iter()
        .filter_map(|entry| {
            let origin = match entry.kind.as_str() {
                "cert.issued" => "portal",
                "cert.lost" => "lost",
                "cert.preexisting" => "preexisting",
                "cert.unexplained" => "unexplained",
                _ => return None,
            };
            Some((
                entry.certificate,
                entry.project.as_deref(),
                entry.serial(),
                origin,
            ))
        })
        .collect();
    let held: BTreeSet<Known<'_>> = history
        .tables
        .certificates
        .iter()
        .map(|row| {
            (
                Some(row.id),
                Some(row.project_id.as_str()),
                Some(row.serial),
                row.origin.as_str(),
            )
        })
        .collect();
    for (id, _, serial, origin) in told.symmetric_difference(&held) {
        wrong.push(format!(
            "certificate {id:?} ({serial:?}, {origin}) stands in one of log and table only"
        ));
    }
    let issued: BTreeMap<Option<Uuid>, Option<Uuid>> = history
        .log
        .iter()
        .filter(|entry| matches!(entry.kind.as_str(), "cert.issued" | "cert.lost"))
        .map(|entry| (entry.certificate, entry.request))
        .collect();
    for row in &history.tables.certificates {
        let request = issued.get(&Some(row.id)).copied().flatten();
        let ours = matches!(row.origin.as_str(), "portal" | "lost");
        if ours && row.request_id != request {
            wrong.push(format!(
                "certificate {} belongs to request {:?}, and by the log to {request:?}",
                row.id, row.request_id
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::good;

    #[track_caller]
    fn caught(change: impl FnOnce(&mut History), text: &str) {
        let mut history = good();
        change(&mut history);
        let wrong = log_agrees_with_tables(&history);
        assert!(wrong.iter().any(|line| line.contains(text)), "{wrong:?}");
    }

    #[test]
    fn a_row_that_differs_from_the_log_is_caught() {
        caught(
            |history| history.tables.requests[0].state = "ready".to_owned(),
            "is ready, and by the log it is delivered",
        );
        caught(
            |history| history.tables.requests[0].username.push('x'),
            "is for svc-0001x in",
        );
        caught(
            |history| history.tables.attempts[0].downloads = 2,
            "was downloaded 2 times, and by the log 1 times",
        );
        caught(
            |history| history.tables.attempts[0].waits = true,
            "lies there, and by the log it is destroyed",
        );
        caught(
            |history| history.tables.attempts[0].certificate_id = None,
            "led to certificate None",
        );
    }

    #[test]
    fn a_row_without_an_entry_and_an_entry_without_a_row_are_caught() {
        caught(
            |history| history.tables.requests.clear(),
            "and there is none",
        );
        caught(
            |history| history.tables.decisions.clear(),
            "approved request",
        );
        caught(
            |history| history.tables.certificates.clear(),
            "one of log and table only",
        );
        caught(
            |history| history.log.retain(|entry| entry.request.is_none()),
            "and the log does not know it",
        );
    }

    #[test]
    fn a_decision_by_the_requester_is_caught() {
        caught(
            |history| {
                let requester = history.tables.requests[0].requester_id;
                history.tables.decisions[0].decider_id = requester;
            },
            "by its requester",
        );
    }
}
