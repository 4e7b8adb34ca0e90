//! I1: at most one certificate per approval.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::calls::Matched;
use crate::history::{AttemptRow, History, LogEntry};

/// How often an approval may be given back because Atlas's list showed that nothing was made.
const GIVEN_BACK_MAX: usize = 1;

/// Attempts that, by what they say, have made nothing.
const MADE_NOTHING: [&str; 3] = ["not_sent", "rejected", "not_issued"];

/// At most one certificate per approval; no more calls than one and those that provably made nothing;
/// one call per attempt, and none by an attempt that says nothing was sent.
pub(super) fn once_per_approval(history: &History) -> Vec<String> {
    let matched = Matched::of(history);
    let mut wrong = Vec::new();
    let mut requests: BTreeMap<Uuid, Vec<&AttemptRow>> = BTreeMap::new();
    for attempt in &history.tables.attempts {
        requests
            .entry(attempt.request_id)
            .or_default()
            .push(attempt);
        let calls = matched.calls(attempt.id).len();
        let allowed = usize::from(!matches!(attempt.state.as_str(), "prepared" | "not_sent"));
        if calls > allowed {
            wrong.push(format!(
                "attempt {} of request {} is {} and made {calls} calls",
                attempt.id, attempt.request_id, attempt.state
            ));
        }
        let made = matched
            .calls(attempt.id)
            .iter()
            .find_map(|call| call.certificate);
        if let Some(serial) = made
            && MADE_NOTHING.contains(&attempt.state.as_str())
        {
            wrong.push(format!(
                "attempt {} of request {} is {}, and its call made certificate {serial}",
                attempt.id, attempt.request_id, attempt.state
            ));
        }
    }
    for (request, attempts) in requests {
        let count = |state: &str| {
            let in_state = |attempt: &&&AttemptRow| attempt.state == state;
            attempts.iter().filter(in_state).count()
        };
        let calls = || {
            attempts
                .iter()
                .flat_map(|attempt| matched.calls(attempt.id))
        };
        let serials: Vec<i64> = calls().filter_map(|call| call.certificate).collect();
        if serials.len() > 1 {
            wrong.push(format!(
                "request {request} was approved once and has {} certificates: {serials:?}",
                serials.len()
            ));
        }
        let given_back = given_back(history, request);
        if given_back > GIVEN_BACK_MAX {
            wrong.push(format!(
                "request {request} was given back {given_back} times after its answer was lost"
            ));
        }
        let allowed = 1 + count("rejected") + given_back;
        let made = calls().count();
        if made > allowed {
            wrong.push(format!(
                "request {request} was approved once, and Atlas was called {made} times: {} were provably refused \
                 and {given_back} shown to have made nothing",
                count("rejected")
            ));
        }
    }
    wrong
}

/// How often the approval of a request was given back after an answer was lost.
fn given_back(history: &History, request: Uuid) -> usize {
    let gives_back = |entry: &&LogEntry| {
        matches!(entry.kind.as_str(), "issue.not_issued" | "issue.resolved")
            && entry.request == Some(request)
            && entry.data("approval") == Some("given_back")
    };
    history.log.iter().filter(gives_back).count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::samples::{ATTEMPT, SERIAL, at, decided, good, good_reconciled};

    #[test]
    fn a_second_call_of_an_attempt_is_caught() {
        let mut history = good();
        let mut again = history.calls[0].clone();
        (again.seq, again.at, again.certificate) = (99, at(9), None);
        history.calls.push(again);
        let wrong = once_per_approval(&history);
        assert!(
            wrong.iter().any(|text| text.contains("made 2 calls")),
            "{wrong:?}"
        );
    }

    #[test]
    fn a_second_certificate_of_an_approval_is_caught() {
        let mut history = good();
        let mut again = history.calls[0].clone();
        (again.seq, again.at, again.certificate) = (99, at(9), Some(SERIAL + 1));
        history.calls.push(again);
        let wrong = once_per_approval(&history);
        assert!(
            wrong.iter().any(|text| text.contains("2 certificates")),
            "{wrong:?}"
        );
    }

    #[test]
    fn an_approval_given_back_twice_is_caught() {
        let mut history = good_reconciled();
        for place in 6..8 {
            let data = json!({ "approval": "given_back" });
            history
                .log
                .push(decided(place, "issue.not_issued", ATTEMPT, &data));
        }
        let wrong = once_per_approval(&history);
        assert!(
            wrong.iter().any(|text| text.contains("given back 2 times")),
            "{wrong:?}"
        );
    }

    #[test]
    fn a_certificate_of_an_attempt_that_says_it_made_none_is_caught() {
        for state in ["rejected", "not_issued"] {
            let mut history = good();
            history.tables.attempts[0].state = state.to_owned();
            let wrong = once_per_approval(&history);
            let text = format!("is {state}, and its call made certificate");
            assert!(wrong.iter().any(|line| line.contains(&text)), "{wrong:?}");
        }
    }

    #[test]
    fn a_call_by_an_attempt_that_says_it_sent_nothing_is_caught() {
        let mut history = good();
        history.tables.attempts[0].state = "not_sent".to_owned();
        let wrong = once_per_approval(&history);
        assert!(
            wrong
                .iter()
                .any(|text| text.contains("is not_sent and made 1 calls")),
            "{wrong:?}"
        );
    }
}
