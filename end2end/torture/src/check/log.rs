//! I8: the log verifies.
//!
//! From its bytes alone, with code of its own: numbers, RFC 6962 leaf hashes, canonical form, columns,
//! commitments. There are no checkpoints yet whose root could be compared.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::history::{Detail, History, LogEntry};

/// Numbers have no gap and begin at 0, the head tells how many there are, every hash is that of its
/// bytes, the bytes are canonical, the columns repeat them, the times do not go back, and every text
/// beside the log is the one that was committed to.
pub(super) fn log_verifies(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    let length = history.log.len();
    if i64::try_from(length) != Ok(history.head) {
        wrong.push(format!(
            "the log holds {length} entries, and its head says {}",
            history.head
        ));
    }
    let mut before: Option<&LogEntry> = None;
    for (place, entry) in history.log.iter().enumerate() {
        if i64::try_from(place) != Ok(entry.seq) {
            wrong.push(format!("{} stands in place {place}", entry.name()));
        }
        if before.is_some_and(|before| before.at > entry.at) {
            wrong.push(format!(
                "{} is earlier than the one before it",
                entry.name()
            ));
        }
        before = Some(entry);
        let problem = hash_problem(entry).or_else(|| body_problem(entry));
        wrong.extend(problem.map(|problem| format!("{} {problem}", entry.name())));
    }
    for detail in &history.details {
        if !is_committed_to(history, detail) {
            wrong.push(format!(
                "the {} beside entry {} is not what was committed to",
                detail.field, detail.seq
            ));
        }
    }
    wrong
}

fn hash_problem(entry: &LogEntry) -> Option<&'static str> {
    // RFC 6962, section 2.1: SHA-256(0x00 || bytes).
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(&entry.body);
    (hash.finalize().as_slice() != entry.leaf_hash).then_some("has another hash than its bytes")
}

fn body_problem(entry: &LogEntry) -> Option<&'static str> {
    let Ok(body) = serde_json::from_slice::<Value>(&entry.body) else {
        return Some("is no JSON");
    };
    let mut canonical = String::new();
    if write_canonical(&body, &mut canonical).is_none() || canonical.as_bytes() != entry.body {
        return Some("is not in canonical form");
    }
    let id = |name: &str| body["entry"][name].as_str().map(str::to_owned);
    let column = |id: Option<uuid::Uuid>| id.map(|id| id.to_string());
    let same = body["seq"].as_str() == Some(&entry.seq.to_string())
        && body["entry"]["type"] == entry.kind
        && id("project") == entry.project
        && id("request") == column(entry.request)
        && id("change") == column(entry.change)
        && id("attempt") == column(entry.attempt)
        && id("certificate") == column(entry.certificate)
        && body["entry"]["actor"]["id"].as_str().map(str::to_owned) == column(entry.person);
    (!same).then_some("has columns that differ from its bytes")
}

/// Keys in order, no spaces, and of values only text, truth and nothing; `None` where a number stands.
fn write_canonical(value: &Value, into: &mut String) -> Option<()> {
    match value {
        Value::Object(fields) => {
            into.push('{');
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| name.as_str());
            for (place, (name, field)) in sorted.into_iter().enumerate() {
                if place > 0 {
                    into.push(',');
                }
                into.push_str(&Value::String(name.clone()).to_string());
                into.push(':');
                write_canonical(field, into)?;
            }
            into.push('}');
        }
        Value::Array(items) => {
            into.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    into.push(',');
                }
                write_canonical(item, into)?;
            }
            into.push(']');
        }
        Value::Number(_) => return None,
        other => into.push_str(&other.to_string()),
    }
    Some(())
}

fn is_committed_to(history: &History, detail: &Detail) -> bool {
    let entry = usize::try_from(detail.seq)
        .ok()
        .and_then(|place| history.log.get(place));
    let none = Map::new();
    let commitments = entry
        .and_then(|entry| entry.entry["commitments"].as_object())
        .unwrap_or(&none);
    let mut hash = Sha256::new();
    hash.update(b"certdesk/commit/v1");
    hash.update(&detail.salt);
    hash.update(&detail.value);
    commitments.get(&detail.field) == Some(&Value::String(hex::encode(hash.finalize())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{at, good, sealed};

    #[track_caller]
    fn caught(change: impl FnOnce(&mut History), text: &str) {
        let mut history = good();
        change(&mut history);
        let wrong = log_verifies(&history);
        assert!(wrong.iter().any(|line| line.contains(text)), "{wrong:?}");
    }

    #[test]
    fn what_was_taken_out_or_cut_off_is_caught() {
        caught(
            |history| {
                history.log.remove(2);
            },
            "stands in place 2",
        );
        caught(
            |history| {
                history.log.pop();
            },
            "its head says",
        );
    }

    #[test]
    fn what_was_written_over_is_caught() {
        caught(
            |history| {
                let body = &mut history.log[1].body;
                let last = body.len() - 3;
                body[last] = b'2';
            },
            "another hash",
        );
        caught(
            |history| history.log[1].kind = "request.denied".to_owned(),
            "columns that differ",
        );
        caught(|history| history.log[2].at = at(-50), "earlier than");
        caught(|history| history.details[0].value.push('!'), "committed to");
    }

    #[test]
    fn another_form_of_the_same_is_caught() {
        caught(
            |history| {
                let entry = &mut history.log[1];
                let text = String::from_utf8(entry.body.clone()).expect("JSON is text");
                entry.body = text.replace("\"seq\":", "\"seq\": ").into_bytes();
                entry.leaf_hash = sealed(&entry.body);
            },
            "canonical form",
        );
    }
}
