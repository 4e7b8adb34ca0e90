//! I6: no key and no secret lies anywhere.

use crate::history::History;

/// No key Atlas made, no pickup secret and no session lies in the database, its files, a dump of it or a
/// log.
pub(super) fn nothing_lies_about(history: &History) -> Vec<String> {
    history
        .leaks
        .iter()
        .map(|leak| format!("{} lies in {}", leak.what, leak.place))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{canary::Leak, check::samples::good};

    #[test]
    fn a_key_in_a_file_is_caught() {
        let mut history = good();
        history.leaks.push(Leak {
            what: "the key of certificate 7".to_owned(),
            place: "pg_wal/000000010000000000000001 at 4096".to_owned(),
        });
        assert_eq!(
            nothing_lies_about(&history),
            ["the key of certificate 7 lies in pg_wal/000000010000000000000001 at 4096"]
        );
    }
}
