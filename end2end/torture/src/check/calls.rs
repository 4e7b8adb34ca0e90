//! Which call belongs to which attempt.

use std::collections::HashMap;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::history::{AttemptRow, Call, History};

/// Calls that make certificates, by the attempt they belong to.
pub(super) struct Matched<'a> {
    /// Calls of each attempt.
    of: HashMap<Uuid, Vec<&'a Call>>,
    /// Calls that no attempt was on record for.
    pub(super) strangers: Vec<&'a Call>,
}

impl<'a> Matched<'a> {
    /// Gives each call to the attempt of its database user whose start was on record last.
    ///
    /// Of one database user one attempt at most is open at a time, so a call can be no other's.
    pub(super) fn of(history: &'a History) -> Self {
        let attempts: HashMap<Uuid, &AttemptRow> = history
            .tables
            .attempts
            .iter()
            .map(|attempt| (attempt.id, attempt))
            .collect();
        let mut started: HashMap<(&str, &str), Vec<(OffsetDateTime, Uuid)>> = HashMap::new();
        for entry in &history.log {
            if entry.kind != "issue.call_started" {
                continue;
            }
            if let Some(attempt) = entry.attempt.and_then(|id| attempts.get(&id)) {
                started
                    .entry((&attempt.project_id, &attempt.username))
                    .or_default()
                    .push((entry.there_since(), attempt.id));
            }
        }
        let mut matched = Self {
            of: HashMap::new(),
            strangers: Vec::new(),
        };
        for call in &history.calls {
            let Some(username) = call.certificate_of() else {
                continue;
            };
            let attempt = started
                .get(&(call.project.as_str(), username))
                .into_iter()
                .flatten()
                .filter(|(at, _)| *at < call.at)
                .max_by_key(|(at, _)| *at);
            match attempt {
                Some((_, id)) => matched.of.entry(*id).or_default().push(call),
                None => matched.strangers.push(call),
            }
        }
        matched
    }

    /// The calls of an attempt.
    pub(super) fn calls(&self, attempt: Uuid) -> &[&'a Call] {
        self.of.get(&attempt).map_or(&[], Vec::as_slice)
    }

    /// The attempt whose call made this certificate.
    pub(super) fn maker(&self, project: &str, serial: i64) -> Option<Uuid> {
        self.of.iter().find_map(|(id, calls)| {
            calls
                .iter()
                .any(|call| call.project == project && call.certificate == Some(serial))
                .then_some(*id)
        })
    }
}
