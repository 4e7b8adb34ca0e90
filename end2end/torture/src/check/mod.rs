//! What must hold, whatever was struck: one function per invariant, each over the whole history.

mod calls;
mod delivery;
mod endings;
mod explained;
mod fold;
mod kept;
mod leaks;
mod log;
mod once;
mod recorded;
#[cfg(test)]
mod samples;
mod tables;
mod transitions;

use std::fmt;

use crate::history::History;

/// Something that should never have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Which invariant it breaks.
    pub(crate) invariant: &'static str,
    /// What happened, with the numbers by which to find it.
    pub(crate) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// An invariant.
pub(crate) struct Invariant {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it says.
    pub(crate) says: &'static str,
    check: fn(&History) -> Vec<String>,
}

/// All of them.
pub(crate) const INVARIANTS: [Invariant; 10] = [
    Invariant {
        name: "I1",
        says: "at most one certificate per approval, and one call per attempt",
        check: once::once_per_approval,
    },
    Invariant {
        name: "I2",
        says: "no call without an entry that was committed before it",
        check: recorded::recorded_before_called,
    },
    Invariant {
        name: "I3",
        says: "every certificate is explained by exactly one entry",
        check: explained::explained_once,
    },
    Invariant {
        name: "I4",
        says: "no key leaves before the log holds that it does",
        check: delivery::delivered_after_recorded,
    },
    Invariant {
        name: "I5",
        says: "states change as allowed, and an end is an end",
        check: transitions::allowed_transitions_only,
    },
    Invariant {
        name: "I6",
        says: "no key and no secret lies anywhere",
        check: leaks::nothing_lies_about,
    },
    Invariant {
        name: "I7",
        says: "the log tells what the tables hold",
        check: tables::log_agrees_with_tables,
    },
    Invariant {
        name: "I8",
        says: "the log verifies",
        check: log::log_verifies,
    },
    Invariant {
        name: "I9",
        says: "everything has ended or waits for a person",
        check: endings::ended_or_waiting,
    },
    Invariant {
        name: "told",
        says: "what a client was told was done is on record",
        check: kept::told_is_on_record,
    },
];

impl Invariant {
    /// What breaks it.
    pub(crate) fn violations(&self, history: &History) -> Vec<Violation> {
        (self.check)(history)
            .into_iter()
            .map(|what| Violation {
                invariant: self.name,
                what,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{good, good_reconciled};

    #[test]
    fn a_good_history_passes() {
        for history in [good(), good_reconciled()] {
            for invariant in &INVARIANTS {
                assert_eq!(invariant.violations(&history), [], "{}", invariant.name);
            }
        }
    }

    #[test]
    fn every_invariant_has_a_name_of_its_own() {
        let mut names: Vec<_> = INVARIANTS.iter().map(|one| one.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), INVARIANTS.len());
    }
}
