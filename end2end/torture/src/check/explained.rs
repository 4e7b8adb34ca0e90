//! I3: every certificate is explained by exactly one entry.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::calls::Matched;
use crate::history::{AttemptRow, History, LogEntry, Made};

/// Events that explain a certificate.
const EXPLANATIONS: [&str; 4] = [
    "cert.issued",
    "cert.lost",
    "cert.preexisting",
    "cert.unexplained",
];

/// Every certificate Atlas made has one explanation in the log, and the right one; and every explanation
/// a certificate.
pub(super) fn explained_once(history: &History) -> Vec<String> {
    let matched = Matched::of(history);
    let attempts: HashMap<Uuid, &AttemptRow> = history
        .tables
        .attempts
        .iter()
        .map(|attempt| (attempt.id, attempt))
        .collect();
    let mut explanations: BTreeMap<(&str, i64), Vec<&LogEntry>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for entry in &history.log {
        if !EXPLANATIONS.contains(&entry.kind.as_str()) {
            continue;
        }
        match (entry.project.as_deref(), entry.serial()) {
            (Some(project), Some(serial)) => {
                explanations
                    .entry((project, serial))
                    .or_default()
                    .push(entry);
            }
            _ => wrong.push(format!("{} names no certificate", entry.name())),
        }
    }
    for made in &history.made {
        let entries = explanations
            .remove(&(made.project.as_str(), made.serial))
            .unwrap_or_default();
        let maker = matched
            .maker(&made.project, made.serial)
            .and_then(|id| attempts.get(&id).copied());
        wrong.extend(judge(history, made, &entries, maker));
    }
    for ((project, serial), entries) in explanations {
        wrong.push(format!(
            "{} is about certificate {serial} in {project}, which Atlas never made",
            entries[0].name()
        ));
    }
    wrong
}

/// What is wrong with the explanations of one certificate.
fn judge(
    history: &History,
    made: &Made,
    entries: &[&LogEntry],
    maker: Option<&AttemptRow>,
) -> Option<String> {
    let name = format!(
        "certificate {} of {} in {}",
        made.serial, made.username, made.project
    );
    let [entry] = entries else {
        if entries.is_empty() && is_candidate(history, made) {
            return None;
        }
        let names: Vec<_> = entries.iter().map(|entry| entry.name()).collect();
        return Some(if names.is_empty() {
            let by = maker.map_or_else(
                || "nobody the log knows".to_owned(),
                |attempt| format!("attempt {} ({})", attempt.id, attempt.state),
            );
            format!("{name}, made by {by}, is not explained by any entry")
        } else {
            format!(
                "{name} is explained {} times: {}",
                names.len(),
                names.join(", ")
            )
        });
    };
    let ours = matches!(entry.kind.as_str(), "cert.issued" | "cert.lost")
        || said_by_security(history, made, maker);
    match maker {
        _ if ours && made.out_of_band => Some(format!(
            "{name} was made behind the portal's back, and {} calls it the portal's",
            entry.name()
        )),
        None if ours => Some(format!(
            "{} says that {name} was made by attempt {:?}, whose call did not make it",
            entry.name(),
            entry.attempt
        )),
        Some(attempt) if !ours => Some(format!(
            "{name} was made by the call of attempt {} ({}), and {} calls it somebody else's",
            attempt.id,
            attempt.state,
            entry.name()
        )),
        Some(attempt) if entry.attempt.is_some_and(|id| id != attempt.id) => Some(format!(
            "{name} was made by the call of attempt {}, and {} gives it to attempt {:?}",
            attempt.id,
            entry.name(),
            entry.attempt
        )),
        _ => None,
    }
}

/// Whether security has yet to say if it was made by an attempt: until then it is nobody's.
fn is_candidate(history: &History, made: &Made) -> bool {
    history.tables.attempts.iter().any(|attempt| {
        attempt.state == "ambiguous"
            && (&attempt.project_id, &attempt.username) == (&made.project, &made.username)
    })
}

/// Whether security has said that it was made by this attempt, after the log had called it unexplained.
fn said_by_security(history: &History, made: &Made, maker: Option<&AttemptRow>) -> bool {
    maker.is_some_and(|attempt| {
        history.log.iter().any(|entry| {
            entry.kind == "cert.explained"
                && entry.attempt == Some(attempt.id)
                && entry.serial() == Some(made.serial)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{SERIAL, entry, good, good_reconciled};

    #[test]
    fn a_certificate_nobody_explains_is_caught() {
        let mut history = good();
        let mut stray = history.made[0].clone();
        stray.serial = SERIAL + 7;
        history.made.push(stray);
        let wrong = explained_once(&history);
        assert!(wrong[0].contains("not explained by any entry"), "{wrong:?}");
    }

    #[test]
    fn a_certificate_explained_twice_is_caught() {
        let mut history = good();
        let mut again = history
            .log
            .iter()
            .find(|entry| entry.kind == "cert.issued")
            .expect("the sample issues one")
            .clone();
        again.kind = "cert.unexplained".to_owned();
        history.log.push(again);
        let wrong = explained_once(&history);
        assert!(wrong[0].contains("explained 2 times"), "{wrong:?}");
    }

    #[test]
    fn ones_own_certificate_called_somebody_elses_is_caught() {
        let mut history = good();
        for entry in &mut history.log {
            if entry.kind == "cert.issued" {
                entry.kind = "cert.unexplained".to_owned();
            }
        }
        let wrong = explained_once(&history);
        assert!(wrong[0].contains("calls it somebody else's"), "{wrong:?}");
    }

    #[test]
    fn somebody_elses_certificate_called_ones_own_is_caught() {
        let mut history = good();
        history.made[0].out_of_band = true;
        let wrong = explained_once(&history);
        assert!(wrong[0].contains("behind the portal's back"), "{wrong:?}");
    }

    #[test]
    fn an_explanation_of_nothing_is_caught() {
        let mut history = good();
        history.made.clear();
        let wrong = explained_once(&history);
        assert!(wrong[0].contains("which Atlas never made"), "{wrong:?}");
    }

    #[test]
    fn what_waits_for_security_is_nobodys_yet() {
        let mut history = good_reconciled();
        history.log.retain(|entry| entry.kind != "cert.lost");
        assert_eq!(explained_once(&history).len(), 1);
        for attempt in &mut history.tables.attempts {
            attempt.state = "ambiguous".to_owned();
        }
        assert_eq!(explained_once(&history), Vec::<String>::new());
    }

    #[test]
    fn an_entry_without_a_serial_number_is_caught() {
        let mut history = good();
        history.log.push(entry(40, "cert.unexplained"));
        let wrong = explained_once(&history);
        assert!(wrong[0].contains("names no certificate"), "{wrong:?}");
    }
}
