//! I5: states change as allowed, and an end is an end.

use super::fold::Fold;
use crate::history::History;

/// Every entry of the log moves what it is about as allowed, and nothing moves on from an end.
pub(super) fn allowed_transitions_only(history: &History) -> Vec<String> {
    Fold::of(history).illegal
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::samples::{ATTEMPT, REQUEST, about, decided, good, good_reconciled};

    #[test]
    fn what_has_ended_does_not_go_on() {
        let mut history = good();
        let last = history.log.len();
        history.log.push(about(
            last,
            "cert.unconfirmed",
            Some(REQUEST),
            Some(ATTEMPT),
        ));
        let wrong = allowed_transitions_only(&history);
        assert!(wrong[0].contains("which is delivered"), "{wrong:?}");
    }

    #[test]
    fn after_a_lost_answer_an_approval_is_given_back_once() {
        let mut history = good_reconciled();
        history.log.truncate(5);
        let given_back = |place| {
            decided(
                place,
                "issue.not_issued",
                ATTEMPT,
                &json!({ "approval": "given_back" }),
            )
        };
        history.log.push(given_back(5));
        assert_eq!(allowed_transitions_only(&history), Vec::<String>::new());
        // What was given back is not given back again.
        history.log.push(given_back(6));
        assert!(allowed_transitions_only(&history)[0].contains("which is not_issued"));
    }

    #[test]
    fn security_says_once_what_was_made() {
        let mut history = good_reconciled();
        history.log.truncate(5);
        history
            .log
            .push(about(5, "issue.ambiguous", Some(REQUEST), Some(ATTEMPT)));
        let resolved = |place| {
            let data = json!({ "verdict": "nothing_made", "approval": "used_up" });
            decided(place, "issue.resolved", ATTEMPT, &data)
        };
        history.log.push(resolved(6));
        assert_eq!(allowed_transitions_only(&history), Vec::<String>::new());
        history.log.push(resolved(7));
        let wrong = allowed_transitions_only(&history);
        assert!(
            wrong.iter().any(|text| text.contains("which is failed")),
            "{wrong:?}"
        );
    }

    #[test]
    fn a_step_left_out_is_caught() {
        let mut history = good();
        history
            .log
            .retain(|entry| entry.kind != "issue.call_started");
        let wrong = allowed_transitions_only(&history);
        assert!(wrong[0].contains("which is prepared"), "{wrong:?}");
    }

    #[test]
    fn a_second_open_attempt_for_a_user_is_caught() {
        let mut history = good();
        let (other, attempt) = (uuid::Uuid::from_u128(71), uuid::Uuid::from_u128(72));
        let mut more = Vec::new();
        for (place, entry) in history.log.iter().enumerate().take(3) {
            let mut entry = entry.clone();
            entry.request = Some(other);
            entry.attempt = entry.attempt.map(|_| attempt);
            more.push((place, entry));
        }
        // Beside the first, before that has come to its end.
        for (place, entry) in more {
            history.log.insert(3 + place, entry);
        }
        let wrong = allowed_transitions_only(&history);
        assert!(
            wrong
                .iter()
                .any(|text| text.contains("begins an attempt for")),
            "{wrong:?}"
        );
    }
}
