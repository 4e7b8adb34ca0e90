//! What a client was told was done is on record.

use std::collections::HashSet;

use uuid::Uuid;

use crate::history::{Answer, History};

/// For every deed a client was told was done, the log holds its entry. A commit the portal has told
/// somebody about is never forgotten, whatever is struck afterwards.
pub(super) fn told_is_on_record(history: &History) -> Vec<String> {
    let recorded: HashSet<(&str, Uuid)> = history
        .log
        .iter()
        .filter_map(|entry| Some((entry.kind.as_str(), entry.request?)))
        .collect();
    let mut wrong = Vec::new();
    for told in &history.told {
        if !matches!(told.answer, Answer::Done | Answer::Key { .. }) {
            continue;
        }
        let event = told.deed.event();
        match told.request {
            Some(request) if recorded.contains(&(event, request)) => {}
            Some(request) => wrong.push(format!(
                "{} was told at {} that {:?} of request {request} was done, and the log holds no {event}",
                told.who, told.at, told.deed
            )),
            None => wrong.push(format!(
                "{} was told at {} that {:?} was done, and not to which request",
                told.who, told.at, told.deed
            )),
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::good;

    #[test]
    fn something_told_and_forgotten_is_caught() {
        let mut history = good();
        history.log.retain(|entry| entry.kind != "request.approved");
        let wrong = told_is_on_record(&history);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains("no request.approved"), "{wrong:?}");
    }
}
