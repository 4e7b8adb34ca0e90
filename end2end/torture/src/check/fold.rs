//! The log, folded: where every request, attempt and change stands when one believes its entries.
//!
//! The table of moves is written down here once more, from docs/issuance.md and the tables of the schema,
//! and not taken from the code under test.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::history::{History, LogEntry};

/// Refusals after which nobody should try the same again.
const TRIES_MAX: usize = 3;

/// What has not begun.
const NOTHING: &str = "";

/// Moves of requests: event and what it decides by, from, to.
const OF_REQUESTS: &[(&str, &[&str], &str)] = &[
    ("request.submitted", &[NOTHING], "submitted"),
    ("request.approved", &["submitted"], "approved"),
    ("request.denied", &["submitted"], "denied"),
    ("request.withdrawn", &["submitted", "approved"], "withdrawn"),
    ("request.expired", &["submitted", "approved"], "expired"),
    ("issue.intent", &["approved"], "issuing"),
    ("issue.call_started", &["issuing"], "issuing"),
    ("issue.not_sent", &["issuing"], "approved"),
    ("issue.rejected", &["issuing"], "approved"),
    ("issue.unknown", &["issuing"], "unknown"),
    ("issue.not_issued, given_back", &["unknown"], "approved"),
    ("issue.not_issued, used_up", &["unknown"], "failed"),
    ("issue.ambiguous", &["unknown"], "ambiguous"),
    // Where security finds a certificate nobody knew, `cert.lost` comes first.
    ("issue.resolved, lost", &["ambiguous", "lost"], "lost"),
    ("issue.resolved, given_back", &["ambiguous"], "approved"),
    ("issue.resolved, used_up", &["ambiguous"], "failed"),
    ("cert.issued", &["issuing"], "ready"),
    ("cert.lost", &["unknown", "ambiguous"], "lost"),
    ("cert.delivery_started", &["ready"], "ready"),
    ("cert.delivered", &["ready"], "delivered"),
    ("cert.unconfirmed", &["ready"], "unconfirmed"),
    ("cert.uncollected", &["ready"], "uncollected"),
];

/// Moves of attempts.
const OF_ATTEMPTS: &[(&str, &[&str], &str)] = &[
    ("issue.intent", &[NOTHING], "prepared"),
    ("issue.call_started", &["prepared"], "calling"),
    ("issue.not_sent", &["prepared", "calling"], "not_sent"),
    ("issue.rejected", &["calling"], "rejected"),
    ("issue.unknown", &["calling"], "unknown"),
    ("issue.not_issued, given_back", &["unknown"], "not_issued"),
    ("issue.not_issued, used_up", &["unknown"], "not_issued"),
    ("issue.ambiguous", &["unknown"], "ambiguous"),
    ("issue.resolved, lost", &["ambiguous", "lost"], "lost"),
    ("issue.resolved, given_back", &["ambiguous"], "not_issued"),
    ("issue.resolved, used_up", &["ambiguous"], "not_issued"),
    ("cert.issued", &["calling"], "issued"),
    ("cert.lost", &["unknown", "ambiguous"], "lost"),
    ("cert.delivery_started", &["issued"], "issued"),
    ("cert.delivered", &["issued"], "issued"),
    ("cert.unconfirmed", &["issued"], "issued"),
    ("cert.uncollected", &["issued"], "issued"),
];

/// Moves of changes.
const OF_CHANGES: &[(&str, &[&str], &str)] = &[
    ("x509.disable_requested", &[NOTHING], "submitted"),
    ("user.change_requested", &[NOTHING], "submitted"),
    ("x509.disable_confirmed", &["submitted"], "approved"),
    ("user.change_approved", &["submitted"], "approved"),
    ("change.denied", &["submitted"], "denied"),
    ("change.withdrawn", &["submitted", "approved"], "withdrawn"),
    ("change.expired", &["submitted", "approved"], "expired"),
    ("change.call_started", &["approved"], "calling"),
    ("change.not_sent", &["calling", "approved"], "approved"),
    ("change.rejected", &["calling"], "rejected"),
    ("change.unknown", &["calling"], "unknown"),
    ("change.not_applied", &["unknown"], "not_applied"),
    ("x509.disabled", &["calling", "unknown"], "applying"),
    ("user.created", &["calling", "unknown"], "applying"),
    ("user.updated", &["calling", "unknown"], "applying"),
    ("user.deleted", &["calling", "unknown"], "applying"),
    ("change.completed", &["applying"], "done"),
];

/// States of an attempt in which its database user can have no other.
const OPEN: [&str; 3] = ["prepared", "calling", "unknown"];

/// Where everything stands, and the moves that are none.
#[derive(Debug, Default)]
pub(super) struct Fold<'a> {
    /// Requests.
    pub(super) requests: BTreeMap<Uuid, Request<'a>>,
    /// Attempts.
    pub(super) attempts: BTreeMap<Uuid, Attempt>,
    /// Changes.
    pub(super) changes: BTreeMap<Uuid, &'static str>,
    /// Moves that are not allowed, in words.
    pub(super) illegal: Vec<String>,
}

/// A request, as the log tells it.
#[derive(Debug, Default)]
pub(super) struct Request<'a> {
    /// Where it stands.
    pub(super) state: &'static str,
    /// Its project.
    pub(super) project: &'a str,
    /// Its database user.
    pub(super) username: &'a str,
    /// Intents that were not taken back because nothing was sent.
    tries: usize,
}

/// An attempt, as the log tells it.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    /// Where it stands.
    pub(super) state: &'static str,
    /// Its request.
    pub(super) request: Option<Uuid>,
    /// Downloads begun.
    pub(super) downloads: usize,
    /// The certificate it led to.
    pub(super) certificate: Option<Uuid>,
    /// The certificate it was found to have made, although its answer was lost.
    pub(super) found: Option<Uuid>,
}

impl<'a> Fold<'a> {
    /// Folds the whole log.
    pub(super) fn of(history: &'a History) -> Self {
        let mut fold = Self::default();
        for entry in &history.log {
            fold.take(entry);
        }
        fold
    }

    fn take(&mut self, entry: &'a LogEntry) {
        // Somebody said that a certificate on record as unexplained is an attempt's.
        if entry.kind == "cert.explained"
            && let Some(attempt) = entry.attempt.and_then(|id| self.attempts.get_mut(&id))
        {
            attempt.found = entry.certificate;
        }
        if has_moves(OF_ATTEMPTS, entry) {
            self.move_attempt(entry);
        }
        if has_moves(OF_REQUESTS, entry) {
            self.move_request(entry);
        }
        if has_moves(OF_CHANGES, entry) {
            let Some(id) = entry.change else {
                return self
                    .illegal
                    .push(format!("{} names no change", entry.name()));
            };
            let state = self.changes.entry(id).or_default();
            match next(OF_CHANGES, entry, state) {
                Some(to) => *state = to,
                None => self.illegal.push(refusal("change", id, entry, state)),
            }
        }
    }

    fn move_request(&mut self, entry: &'a LogEntry) {
        let Some(id) = entry.request else {
            return self
                .illegal
                .push(format!("{} names no request", entry.name()));
        };
        let request = self.requests.entry(id).or_default();
        if let Some(to) = next(OF_REQUESTS, entry, request.state) {
            request.state = to;
        } else {
            let text = refusal("request", id, entry, request.state);
            self.illegal.push(text);
        }
        match entry.kind.as_str() {
            "request.submitted" => {
                request.project = entry.project.as_deref().unwrap_or_default();
                request.username = entry.data("username").unwrap_or_default();
            }
            "request.expired" => {
                let was = entry.data("was").unwrap_or_default();
                if !matches!(was, "submitted" | "approved") {
                    self.illegal
                        .push(format!("{} says it was {was}", entry.name()));
                }
            }
            "issue.intent" => request.tries += 1,
            "issue.not_sent" => request.tries = request.tries.saturating_sub(1),
            "issue.rejected" if request.tries >= TRIES_MAX => request.state = "failed",
            _ => {}
        }
    }

    fn move_attempt(&mut self, entry: &LogEntry) {
        let (Some(id), Some(request)) = (entry.attempt, entry.request) else {
            return self
                .illegal
                .push(format!("{} names no attempt", entry.name()));
        };
        if entry.kind == "issue.intent" {
            self.refuse_second_of_user(entry, request);
        }
        let attempt = self.attempts.entry(id).or_default();
        if let Some(to) = next(OF_ATTEMPTS, entry, attempt.state) {
            attempt.state = to;
        } else {
            let text = refusal("attempt", id, entry, attempt.state);
            self.illegal.push(text);
        }
        if *attempt.request.get_or_insert(request) != request {
            self.illegal.push(format!(
                "{} gives attempt {id} to another request, {request}",
                entry.name()
            ));
        }
        match entry.kind.as_str() {
            "cert.delivery_started" => attempt.downloads += 1,
            "cert.issued" => attempt.certificate = entry.certificate,
            "cert.lost" => attempt.found = entry.certificate,
            _ => {}
        }
    }

    /// While one attempt of a database user is open, no other begins.
    fn refuse_second_of_user(&mut self, entry: &LogEntry, request: Uuid) {
        let user_of = |request: Uuid| {
            self.requests
                .get(&request)
                .map(|request| (request.project, request.username))
        };
        let user = user_of(request);
        let open = self.attempts.iter().find(|(_, attempt)| {
            OPEN.contains(&attempt.state) && attempt.request.and_then(user_of) == user
        });
        if let (Some((project, username)), Some((id, attempt))) = (user, open) {
            let text = format!(
                "{} begins an attempt for {username} in {project} while attempt {id} is {}",
                entry.name(),
                attempt.state
            );
            self.illegal.push(text);
        }
    }
}

fn has_moves(table: &[(&str, &[&str], &str)], entry: &LogEntry) -> bool {
    let is_it = |kind: &str| kind.split(", ").next() == Some(entry.kind.as_str());
    table.iter().any(|(kind, ..)| is_it(kind))
}

/// An event with what it decides by.
fn in_the_table(entry: &LogEntry) -> String {
    let decides = match (entry.kind.as_str(), entry.data("verdict")) {
        ("issue.resolved", Some("lost")) => Some("lost"),
        ("issue.not_issued" | "issue.resolved", _) => entry.data("approval"),
        _ => return entry.kind.clone(),
    };
    format!("{}, {}", entry.kind, decides.unwrap_or_default())
}

fn next(
    table: &[(&str, &[&str], &'static str)],
    entry: &LogEntry,
    from: &str,
) -> Option<&'static str> {
    let wanted = in_the_table(entry);
    table
        .iter()
        .find(|(kind, allowed, _)| *kind == wanted && allowed.contains(&from))
        .map(|(.., to)| *to)
}

fn refusal(noun: &str, id: Uuid, entry: &LogEntry, state: &str) -> String {
    let state = if state == NOTHING { "not there" } else { state };
    format!("{} about {noun} {id}, which is {state}", entry.name())
}
