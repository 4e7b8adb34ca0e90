//! Why somebody is not signed in.

use std::fmt;

/// Why an answer of the provider is not believed. The class is recorded; the detail is for the
/// operator's log; the person sees neither.
#[derive(Debug)]
pub struct Refusal {
    /// What kind of failure, as in the audit log.
    pub class: &'static str,
    /// More, for the operator. Never holds a token, a code or a secret.
    pub detail: String,
}

impl Refusal {
    pub(crate) fn new(class: &'static str, detail: impl fmt::Display) -> Self {
        Self {
            class,
            detail: detail.to_string(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.detail.is_empty() {
            f.write_str(self.class)
        } else {
            write!(f, "{}: {}", self.class, self.detail)
        }
    }
}

impl std::error::Error for Refusal {}
