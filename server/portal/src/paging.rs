//! Keyset paging by a time and an id: a page begins after the last row of the page before.

use sqlx::{Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result,
    model::{Cursor, Field, FieldError, Problem},
};

/// The place of a row.
pub(crate) fn cursor(at: OffsetDateTime, id: Uuid) -> Cursor {
    Cursor(format!(
        "{}.{}",
        at.unix_timestamp_nanos() / 1_000,
        id.simple()
    ))
}

/// The place a cursor names.
///
/// # Errors
/// `Invalid` for a cursor that none of our pages made.
pub(crate) fn place(cursor: &Cursor) -> Result<(OffsetDateTime, Uuid)> {
    let parse = || {
        let (micros, id) = cursor.0.split_once('.')?;
        let nanos = micros.parse::<i128>().ok()?.checked_mul(1_000)?;
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?;
        Some((at, Uuid::parse_str(id).ok()?))
    };
    parse().ok_or_else(|| {
        Error::Invalid(vec![FieldError {
            field: Field::Search,
            problem: Problem::Malformed,
        }])
    })
}

/// Lists newest first begin after a place: the rows of `alias` that were submitted before it.
pub(crate) fn push_after_newest(
    query: &mut QueryBuilder<Postgres>,
    alias: &'static str,
    after: Option<(OffsetDateTime, Uuid)>,
) {
    if let Some((at, id)) = after {
        query
            .push(format_args!(" and ({alias}.submitted_at, {alias}.id) < ("))
            .push_bind(at)
            .push(", ")
            .push_bind(id)
            .push(")");
    }
}

/// Orders the rows of `alias` newest first, and reads one more than a page holds, for [`cut`].
pub(crate) fn push_newest_first(
    query: &mut QueryBuilder<Postgres>,
    alias: &'static str,
    page: u16,
) {
    query
        .push(format_args!(
            " order by {alias}.submitted_at desc, {alias}.id desc limit "
        ))
        .push_bind(i64::from(page) + 1);
}

/// Cuts a list that was read one row too long; the cut tells that there is more.
pub(crate) fn cut<T>(
    rows: &mut Vec<T>,
    page: u16,
    place_of: impl Fn(&T) -> Cursor,
) -> Option<Cursor> {
    let page = usize::from(page);
    if rows.len() <= page {
        return None;
    }
    rows.truncate(page);
    rows.last().map(place_of)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_cursor_names_the_place_it_was_made_of() {
        let at = datetime!(2026-11-22 13:05:10.123456 UTC);
        let id = Uuid::from_u128(7);
        assert_eq!(place(&cursor(at, id)).expect("made by us"), (at, id));
    }

    #[test]
    fn a_cursor_that_is_none_is_invalid_input() {
        for text in [
            "",
            "1",
            "1.",
            ".x",
            "x.00000000000000000000000000000007",
            "99999999999999999999999999999999999999.7",
        ] {
            assert!(
                matches!(place(&Cursor(text.into())), Err(Error::Invalid(_))),
                "{text}"
            );
        }
    }
}
