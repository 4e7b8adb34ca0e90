//! Addresses with filters in them.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself in a query's value, or in a step of a path.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// An address under construction: `Link::to("/audit").with("kind", kind).to_string()`.
///
/// Empty values are left out, so that the plain view has the plain address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// An address without a query.
    pub fn to(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// One step further down: whatever the name holds, it stays one step.
    #[must_use]
    pub fn down(mut self, name: &str) -> Self {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "/{}", utf8_percent_encode(name, VALUE));
        self
    }

    /// With one more filter.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            let sign = if self.0.contains('?') { '&' } else { '?' };
            let value = utf8_percent_encode(value, VALUE);
            // Writing to a string cannot fail.
            let _ = write!(self.0, "{sign}{name}={value}");
        }
        self
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0
    }
}

#[cfg(test)]
mod tests {
    use super::Link;

    #[test]
    fn values_are_encoded_and_empty_ones_left_out() {
        let link = Link::to("/audit")
            .with("kind", "")
            .with("q", "a&b=c d")
            .with("x", "한");
        assert_eq!(String::from(link), "/audit?q=a%26b%3Dc%20d&x=%ED%95%9C");
        assert_eq!(String::from(Link::to("/audit").with("a", "")), "/audit");
    }
}
