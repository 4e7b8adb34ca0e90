//! I9: everything has ended or waits for a person.

use time::{Duration, OffsetDateTime};

use crate::history::History;

/// How late a timer may be.
const LATE: Duration = Duration::seconds(30);

/// Requests that wait for a person, until a time at which a timer ends them.
const WAITING: [&str; 3] = ["submitted", "approved", "ready"];
/// Requests that have ended, or wait for security without a limit.
const ENDED: [&str; 9] = [
    "denied",
    "withdrawn",
    "expired",
    "failed",
    "lost",
    "ambiguous",
    "delivered",
    "unconfirmed",
    "uncollected",
];
/// Changes that have ended, or follow Atlas's clusters.
const CHANGES: [&str; 7] = [
    "denied",
    "withdrawn",
    "expired",
    "rejected",
    "not_applied",
    "applying",
    "done",
];

/// Nothing is under way any more: every request has ended or waits for a person whose time is not over,
/// and every attempt is settled.
pub(super) fn ended_or_waiting(history: &History) -> Vec<String> {
    let now = history.read_at;
    let mut wrong = Vec::new();
    for row in &history.tables.requests {
        let state = row.state.as_str();
        if WAITING.contains(&state) {
            wrong.extend(overdue("request", row.id, state, row.until, now));
        } else if !ENDED.contains(&state) {
            wrong.push(format!("request {} is still {state}", row.id));
        }
    }
    for row in &history.tables.attempts {
        let state = row.state.as_str();
        if matches!(state, "prepared" | "calling" | "unknown") {
            wrong.push(format!(
                "attempt {} of request {} is still {state}",
                row.id, row.request_id
            ));
        }
    }
    for row in &history.tables.changes {
        let state = row.state.as_str();
        if matches!(state, "submitted" | "approved") {
            wrong.extend(overdue("change", row.id, state, row.until, now));
        } else if !CHANGES.contains(&state) {
            wrong.push(format!("change {} is still {state}", row.id));
        }
    }
    wrong
}

fn overdue(
    noun: &str,
    id: uuid::Uuid,
    state: &str,
    until: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Option<String> {
    match until {
        None => Some(format!(
            "{noun} {id} is {state}, and nothing ever ends that"
        )),
        Some(until) if until + LATE < now => Some(format!(
            "{noun} {id} is still {state} at {now}, and was to end at {until}"
        )),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{at, good};

    #[track_caller]
    fn caught(change: impl FnOnce(&mut History), text: &str) {
        let mut history = good();
        change(&mut history);
        let wrong = ended_or_waiting(&history);
        assert!(wrong.iter().any(|line| line.contains(text)), "{wrong:?}");
    }

    #[test]
    fn what_is_left_under_way_is_caught() {
        caught(
            |history| history.tables.requests[0].state = "issuing".to_owned(),
            "is still issuing",
        );
        caught(
            |history| history.tables.attempts[0].state = "calling".to_owned(),
            "is still calling",
        );
    }

    #[test]
    fn what_should_have_ended_by_now_is_caught() {
        caught(
            |history| {
                let row = &mut history.tables.requests[0];
                (row.state, row.until) = ("ready".to_owned(), Some(at(0) - Duration::hours(1)));
            },
            "was to end at",
        );
    }

    #[test]
    fn unknown_is_no_end() {
        let mut history = good();
        history.tables.requests[0].state = "unknown".to_owned();
        history.tables.attempts[0].state = "unknown".to_owned();
        assert_eq!(ended_or_waiting(&history).len(), 2);
    }
}
