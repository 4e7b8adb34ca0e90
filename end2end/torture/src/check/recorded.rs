//! I2: no call without an entry that was committed before it.

use std::collections::HashMap;

use super::calls::Matched;
use crate::history::{Call, ChangeRow, History, LogEntry, Target};

/// Every call that makes a certificate comes after the committed `issue.call_started` of an attempt for
/// that database user, and every other call that changes something after a committed
/// `change.call_started` in that project, each entry for one call.
pub(super) fn recorded_before_called(history: &History) -> Vec<String> {
    let mut wrong: Vec<String> = Matched::of(history)
        .strangers
        .into_iter()
        .map(|call| {
            format!(
                "{} reached Atlas, and no issue.call_started for that user was committed before",
                name_of(call)
            )
        })
        .collect();
    let changes: HashMap<_, _> = history
        .tables
        .changes
        .iter()
        .map(|change| (change.id, change))
        .collect();
    let mut entries: Vec<(&LogEntry, &ChangeRow)> = history
        .log
        .iter()
        .filter(|entry| entry.kind == "change.call_started")
        .filter_map(|entry| Some((entry, *changes.get(&entry.change?)?)))
        .collect();
    let others = history
        .calls
        .iter()
        .filter(|call| call.certificate_of().is_none());
    for call in others {
        let entry = entries
            .iter()
            .position(|(entry, change)| entry.there_since() < call.at && concerns(change, call));
        match entry {
            Some(place) => {
                entries.remove(place);
            }
            None => wrong.push(format!(
                "{} reached Atlas, and no change.call_started for it was committed before",
                name_of(call)
            )),
        }
    }
    wrong
}

fn concerns(change: &ChangeRow, call: &Call) -> bool {
    change.project_id == call.project
        && match &call.target {
            Target::Project => change.username.is_none(),
            Target::User(Some(username)) => change.username.as_ref() == Some(username),
            // Making one: its name stands in the body.
            Target::User(None) => change.username.is_some(),
            Target::Certificate(_) => false,
        }
}

fn name_of(call: &Call) -> String {
    format!(
        "call {} ({} {:?} in {}, at {})",
        call.seq, call.method, call.target, call.project, call.at
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{at, good};

    #[test]
    fn a_call_before_its_entry_was_committed_is_caught() {
        let mut history = good();
        let entry = history
            .log
            .iter_mut()
            .find(|entry| entry.kind == "issue.call_started")
            .expect("the sample makes a call");
        // Written in time; the transaction ended too late.
        entry.committed_at = Some(at(50));
        let wrong = recorded_before_called(&history);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains("no issue.call_started"), "{wrong:?}");
    }

    #[test]
    fn a_change_nobody_recorded_is_caught() {
        let mut history = good();
        history.calls.push(Call {
            seq: 77,
            at: at(60),
            method: "DELETE".to_owned(),
            project: history.calls[0].project.clone(),
            target: Target::Project,
            certificate: None,
        });
        let wrong = recorded_before_called(&history);
        assert!(wrong[0].contains("no change.call_started"), "{wrong:?}");
    }
}
