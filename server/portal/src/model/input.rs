//! What people type, parsed once at the edge. A value of one of these types needs no second check.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{Date, Month, OffsetDateTime};

use super::Problem;

/// Longest lifetime Atlas makes a certificate for, in months.
pub const MONTHS_MAX: u8 = 24;
/// Fewest characters that can explain anything.
pub const REASON_MIN: u32 = 10;
/// Most characters a reason may have; longer stories belong in a ticket.
pub const REASON_MAX: u32 = 500;
/// Most characters of a database user name (Atlas's limit).
pub const USERNAME_MAX: u32 = 1024;
/// Most characters of a search text.
pub const SEARCH_MAX: u32 = 200;

/// How many characters a text has.
fn characters(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

macro_rules! text_input {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Problem;

            fn try_from(text: String) -> Result<Self, Problem> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_input! {
    /// Why a certificate is wanted, or why one is refused: 10 to 500 characters.
    Reason
}
text_input! {
    /// A database user's name as Atlas's API shows it: `orders-api`, not `CN=orders-api`.
    Username
}

impl FromStr for Reason {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        // Browsers send line ends as CR LF; a reason is one paragraph or several, never bytes.
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        let length = characters(text);
        if length == 0 {
            Err(Problem::Missing)
        } else if length < REASON_MIN {
            Err(Problem::TooShort { least: REASON_MIN })
        } else if length > REASON_MAX {
            Err(Problem::TooLong { most: REASON_MAX })
        } else if text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            Err(Problem::Malformed)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl Username {
    /// The name one of its files is saved under, with the ending given: plain ASCII, safe in a header
    /// and a shell line.
    pub fn file_name(&self, ending: &str) -> String {
        format!("{}.{ending}", file_stem(&self.0, "certificate"))
    }

    /// The name a certificate's PEM file is saved under.
    pub fn pem_file_name(&self) -> String {
        self.file_name("pem")
    }
}

/// A text as the beginning of a file's name: plain ASCII, safe in a header and a shell line.
pub(super) fn file_stem(text: &str, otherwise: &str) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let stem: String = text.chars().take(80).map(safe).collect();
    let stem = stem.trim_matches(['-', '.']);
    if stem.is_empty() { otherwise } else { stem }.to_owned()
}

impl FromStr for Username {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let length = characters(text);
        if length == 0 {
            Err(Problem::Missing)
        } else if length > USERNAME_MAX {
            Err(Problem::TooLong { most: USERNAME_MAX })
        } else if text.chars().any(char::is_control) {
            Err(Problem::Malformed)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

/// A certificate's lifetime in whole months, 1 to 24: Atlas knows no days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Months(u8);

impl Months {
    /// What Atlas takes when nothing is said.
    pub const DEFAULT: Self = Self(3);

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }

    /// The same day and time so many calendar months after `start`; the month's last day where that
    /// month is shorter. This is how Atlas reckons a certificate's end.
    pub fn after(self, start: OffsetDateTime) -> OffsetDateTime {
        let months = i32::from(u8::from(start.month())) - 1 + i32::from(self.0);
        let year = start.year() + months / 12;
        let month = u8::try_from(months % 12 + 1)
            .ok()
            .and_then(|month| Month::try_from(month).ok());
        let month = month.unwrap_or(start.month());
        let day = start.day().min(month.length(year));
        match Date::from_calendar_date(year, month, day) {
            Ok(date) => start.replace_date(date),
            // Past the year 9999: no certificate lives that long.
            Err(_) => start,
        }
    }
}

impl TryFrom<u8> for Months {
    type Error = Problem;

    fn try_from(months: u8) -> Result<Self, Problem> {
        if (1..=MONTHS_MAX).contains(&months) {
            Ok(Self(months))
        } else {
            Err(Problem::OutOfRange {
                least: 1,
                most: u32::from(MONTHS_MAX),
            })
        }
    }
}

impl From<Months> for u8 {
    fn from(months: Months) -> Self {
        months.0
    }
}

impl FromStr for Months {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Problem::Missing);
        }
        let out_of_range = Problem::OutOfRange {
            least: 1,
            most: u32::from(MONTHS_MAX),
        };
        match text.parse::<i64>() {
            Ok(months) => u8::try_from(months).map_err(|_| out_of_range)?.try_into(),
            Err(_) => Err(Problem::NotANumber),
        }
    }
}

impl fmt::Display for Months {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A place in a list to continue from: opaque to people, made by the list before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// One page of a list. No total: lists are never counted (`more` says whether they go on).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub rows: Vec<T>,
    /// Where the next page starts, if there is one.
    pub more: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn months_are_calendar_months() {
        for (start, months, end) in [
            (
                datetime!(2026-11-22 13:05:10 UTC),
                3,
                datetime!(2027-02-22 13:05:10 UTC),
            ),
            (
                datetime!(2026-11-30 00:00:00 UTC),
                3,
                datetime!(2027-02-28 00:00:00 UTC),
            ),
            (
                datetime!(2027-11-30 00:00:00 UTC),
                3,
                datetime!(2028-02-29 00:00:00 UTC),
            ),
            (
                datetime!(2026-12-31 23:59:59 UTC),
                24,
                datetime!(2028-12-31 23:59:59 UTC),
            ),
            (
                datetime!(2026-12-31 23:59:59 UTC),
                1,
                datetime!(2027-01-31 23:59:59 UTC),
            ),
        ] {
            let months = Months::try_from(months).expect("within the limits");
            assert_eq!(months.after(start), end, "{start} + {months}");
        }
    }

    #[test]
    fn months_outside_the_limits_are_told_apart_from_text() {
        let out_of_range = Err(Problem::OutOfRange { least: 1, most: 24 });
        for text in ["0", "25", "-3", "99999"] {
            assert_eq!(text.parse::<Months>(), out_of_range, "{text}");
        }
        assert_eq!("".parse::<Months>(), Err(Problem::Missing));
        assert_eq!("three".parse::<Months>(), Err(Problem::NotANumber));
        assert_eq!(" 24 ".parse::<Months>().map(Months::get), Ok(24));
    }

    #[test]
    fn a_reason_is_counted_in_characters_and_keeps_its_lines() {
        assert_eq!("  ".parse::<Reason>(), Err(Problem::Missing));
        assert_eq!(
            "too short".parse::<Reason>(),
            Err(Problem::TooShort { least: 10 })
        );
        assert!("키 교체를 위해 필요해요".parse::<Reason>().is_ok());
        assert_eq!(
            "x".repeat(501).parse::<Reason>(),
            Err(Problem::TooLong { most: 500 })
        );
        assert_eq!(
            "bell \u{7} in the text".parse::<Reason>(),
            Err(Problem::Malformed)
        );
        let reason: Reason = "first line\r\nsecond line\r\n"
            .parse()
            .expect("long enough");
        assert_eq!(reason.as_str(), "first line\nsecond line");
    }

    #[test]
    fn file_names_are_harmless() {
        for (username, file) in [
            ("orders-api", "orders-api.pem"),
            ("payouts.worker", "payouts.worker.pem"),
            ("../etc/passwd", "etc-passwd.pem"),
            ("-x; rm -rf \"$HOME\"", "x--rm--rf---HOME.pem"),
            ("名前", "certificate.pem"),
            ("..", "certificate.pem"),
        ] {
            let username: Username = username.parse().expect("a name");
            assert_eq!(username.pem_file_name(), file);
        }
    }

    #[test]
    fn user_names_take_what_atlas_takes() {
        for name in [
            "orders-api",
            "payouts.worker",
            "a/b",
            "per cent %",
            "jürgen",
            "with space",
            "日本",
        ] {
            assert!(name.parse::<Username>().is_ok(), "{name}");
        }
        assert_eq!("".parse::<Username>(), Err(Problem::Missing));
        assert_eq!("a\nb".parse::<Username>(), Err(Problem::Malformed));
        assert_eq!(
            "x".repeat(1025).parse::<Username>(),
            Err(Problem::TooLong { most: 1024 })
        );
    }
}
