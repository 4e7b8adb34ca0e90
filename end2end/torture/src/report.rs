//! What a run prints, and how it ends.

use std::{collections::BTreeMap, process::ExitCode, time::Duration};

/// Counts what passed and what failed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    passed: usize,
    failed: usize,
}

impl Report {
    /// One thing that was tried: a line, and whether it ended as it should.
    pub(crate) fn tried(&mut self, passed: bool, line: &str) {
        if passed {
            self.passed += 1;
            println!("  ok      {line}");
        } else {
            self.failed += 1;
            println!("  FAILED  {line}");
        }
    }

    /// What another one counted.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Whether nothing failed so far.
    pub(crate) fn is_clean(&self) -> bool {
        self.failed == 0
    }

    /// The last line, and the exit code that says the same.
    pub(crate) fn close(self) -> ExitCode {
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 && self.passed > 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Counts of things by their names, as `3 issued, 1 unknown (reset)`.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<String, usize>);

impl Tally {
    /// One more.
    pub(crate) fn count(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        for (place, (what, count)) in self.0.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(f, "{comma}{count} {what}")?;
        }
        Ok(())
    }
}

/// A duration as a person says it.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_reads_like_a_sentence() {
        let mut tally = Tally::default();
        assert_eq!(tally.to_string(), "nothing");
        for what in ["unknown (reset)", "issued", "issued"] {
            tally.count(what);
        }
        assert_eq!(tally.to_string(), "2 issued, 1 unknown (reset)");
    }
}
