//! What is wrong with the configuration.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, as the person wrote it or could write it.
    pub key: String,
    /// What is wrong with it, and what it should be.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.what)
    }
}

/// All that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// A section gave no value and no reason.
    pub(super) fn unexplained() -> Self {
        Self(vec![Problem {
            key: "the configuration".to_owned(),
            what: "could not be read, and no section says why: this is a fault of certdesk"
                .to_owned(),
        }])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0.len();
        let things = if number == 1 { "thing" } else { "things" };
        writeln!(f, "{number} {things} to correct in the configuration:")?;
        for problem in &self.0 {
            writeln!(f, "  - {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
