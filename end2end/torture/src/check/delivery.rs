//! I4: no key leaves before the log holds that it does.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::history::{Answer, History, LogEntry};

/// How often a key may be downloaded.
const DOWNLOADS_MAX: usize = 3;

/// Before the first byte of a client's n-th download of a key, n entries `cert.delivery_started` about
/// its request were committed; and what came was the certificate the log says was issued.
///
/// The portal signs no checkpoints yet; once it does, the entry has to be covered by one.
pub(super) fn delivered_after_recorded(history: &History) -> Vec<String> {
    let mut entries: BTreeMap<Uuid, Vec<&LogEntry>> = BTreeMap::new();
    let mut issued: BTreeMap<Uuid, Option<i64>> = BTreeMap::new();
    for entry in &history.log {
        let Some(request) = entry.request else {
            continue;
        };
        match entry.kind.as_str() {
            "cert.delivery_started" => entries.entry(request).or_default().push(entry),
            "cert.issued" => {
                issued.insert(request, entry.serial());
            }
            _ => {}
        }
    }
    let mut downloads: BTreeMap<Uuid, Vec<(OffsetDateTime, Option<i64>)>> = BTreeMap::new();
    for told in &history.told {
        if let (
            Some(request),
            Answer::Key {
                first_byte_at,
                serial,
            },
        ) = (told.request, &told.answer)
        {
            downloads
                .entry(request)
                .or_default()
                .push((*first_byte_at, *serial));
        }
    }
    let mut wrong = Vec::new();
    for (request, mut came) in downloads {
        came.sort_unstable();
        if came.len() > DOWNLOADS_MAX {
            wrong.push(format!(
                "the key of request {request} was downloaded {} times",
                came.len()
            ));
        }
        let recorded = entries.remove(&request).unwrap_or_default();
        for (place, (at, serial)) in came.into_iter().enumerate() {
            let number = place + 1;
            let before = recorded
                .iter()
                .filter(|entry| entry.there_since() < at)
                .count();
            if before < number {
                wrong.push(format!(
                    "download {number} of the key of request {request} began at {at}, and {before} \
                     cert.delivery_started were committed by then"
                ));
            }
            if serial.is_none() || issued.get(&request) != Some(&serial) {
                wrong.push(format!(
                    "download {number} of the key of request {request} was of certificate {serial:?}, and the log \
                     says that {:?} was issued",
                    issued.get(&request).copied().flatten()
                ));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{REQUEST, at, good};
    use crate::history::{Deed, Told};

    #[test]
    fn a_key_that_left_before_its_entry_was_committed_is_caught() {
        let mut history = good();
        for entry in &mut history.log {
            if entry.kind == "cert.delivery_started" {
                entry.committed_at = Some(at(100));
            }
        }
        let wrong = delivered_after_recorded(&history);
        assert!(wrong[0].contains("0 cert.delivery_started"), "{wrong:?}");
    }

    #[test]
    fn a_download_without_an_entry_of_its_own_is_caught() {
        let mut history = good();
        let again = Told {
            at: at(20),
            who: "dana".to_owned(),
            replica: "a",
            deed: Deed::Collect,
            request: Some(REQUEST),
            answer: Answer::Key {
                first_byte_at: at(20),
                serial: history.made.first().map(|made| made.serial),
            },
        };
        history.told.push(again);
        let wrong = delivered_after_recorded(&history);
        assert!(wrong[0].contains("download 2"), "{wrong:?}");
    }

    #[test]
    fn another_certificate_than_was_issued_is_caught() {
        let mut history = good();
        for told in &mut history.told {
            if let Answer::Key { serial, .. } = &mut told.answer {
                *serial = Some(1);
            }
        }
        let wrong = delivered_after_recorded(&history);
        assert!(wrong[0].contains("was of certificate Some(1)"), "{wrong:?}");
    }
}
