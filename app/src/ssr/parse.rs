//! What people send, parsed into the model's types.

use std::str::FromStr;

use portal::model::{Field, FieldError, NewRequest, Problem, SEARCH_MAX, Timestamp};
use time::{Date, Duration, format_description::well_known::Iso8601};

/// Parses a value of a form or an address.
///
/// # Errors
/// `Invalid`, naming the field. A server function turns it into its own error with `?`.
pub fn parse<T: FromStr>(field: Field, text: &str) -> Result<T, portal::Error>
where
    T::Err: Into<ParseProblem>,
{
    text.parse::<T>().map_err(|problem| {
        let ParseProblem(problem) = problem.into();
        portal::Error::Invalid(vec![FieldError { field, problem }])
    })
}

/// The same where nothing given means nothing wanted.
///
/// # Errors
/// `Invalid`.
pub fn optional<T: FromStr>(field: Field, text: &str) -> Result<Option<T>, portal::Error>
where
    T::Err: Into<ParseProblem>,
{
    match text.trim() {
        "" => Ok(None),
        text => parse(field, text).map(Some),
    }
}

/// A new request out of its form. Names every field that is wrong, not the first alone.
///
/// # Errors
/// `Invalid`.
pub fn new_request(
    project: &str,
    username: &str,
    months: &str,
    reason: &str,
) -> Result<NewRequest, portal::Error> {
    let mut errors = Vec::new();
    let project = take(&mut errors, Field::Project, project);
    let username = take(&mut errors, Field::Username, username);
    let months = take(&mut errors, Field::Months, months);
    let reason = take(&mut errors, Field::Reason, reason);
    match (project, username, months, reason) {
        (Some(project), Some(username), Some(months), Some(reason)) => Ok(NewRequest {
            project,
            username,
            months,
            reason,
        }),
        _ => Err(portal::Error::Invalid(errors)),
    }
}

/// A field of a form: its value, or one more error.
pub(super) fn take<T: FromStr<Err = Problem>>(
    errors: &mut Vec<FieldError>,
    field: Field,
    text: &str,
) -> Option<T> {
    // Nothing chosen is missing, whatever the type makes of an empty text.
    let parsed = if text.trim().is_empty() {
        Err(Problem::Missing)
    } else {
        text.parse()
    };
    parsed
        .map_err(|problem| errors.push(FieldError { field, problem }))
        .ok()
}

/// A search text of an address.
///
/// # Errors
/// `Invalid` when it is too long.
pub fn search_text(text: &str) -> Result<Option<String>, portal::Error> {
    let text = text.trim();
    if text.chars().count() > SEARCH_MAX as usize {
        return Err(portal::Error::Invalid(vec![FieldError {
            field: Field::Search,
            problem: Problem::TooLong { most: SEARCH_MAX },
        }]));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// The first moment of a day (`2026-11-21`) in UTC.
///
/// # Errors
/// `Invalid`.
pub fn day_start(text: &str) -> Result<Option<Timestamp>, portal::Error> {
    let day = match text.trim() {
        "" => return Ok(None),
        text => Date::parse(text, &Iso8601::DATE),
    };
    day.map(|day| Some(day.midnight().assume_utc()))
        .map_err(|_| {
            portal::Error::Invalid(vec![FieldError {
                field: Field::Search,
                problem: Problem::Malformed,
            }])
        })
}

/// The first moment after a day, in UTC: ends are exclusive.
///
/// # Errors
/// `Invalid`.
pub fn day_end(text: &str) -> Result<Option<Timestamp>, portal::Error> {
    Ok(day_start(text)?.map(|start| start.saturating_add(Duration::DAY)))
}

/// The page of a request, given its id as it was sent; the list where that is no id.
pub fn request_address(id: &str) -> String {
    match id.parse::<portal::model::RequestId>() {
        Ok(id) => format!("/requests/{id}"),
        Err(_) => "/requests".to_owned(),
    }
}

/// Where a change is decided, given its id as it was sent: its own page, or the project's where the
/// form named one.
pub fn change_address(id: &str, project: &str) -> String {
    if !project.is_empty() {
        return x509_address(project);
    }
    match id.parse::<portal::model::ChangeId>() {
        Ok(id) => format!("/changes/{id}"),
        Err(_) => "/changes".to_owned(),
    }
}

/// The page about a project's customer-managed X.509, given the project's id as it was sent; the list
/// where that is no id.
pub fn x509_address(project: &str) -> String {
    match project.parse::<portal::model::GroupId>() {
        Ok(project) => format!("/projects/{project}/x509"),
        Err(_) => "/projects".to_owned(),
    }
}

/// What is wrong, out of the several error types of `FromStr`.
pub struct ParseProblem(Problem);

impl From<Problem> for ParseProblem {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<strum::ParseError> for ParseProblem {
    fn from(_: strum::ParseError) -> Self {
        Self(Problem::NotAChoice)
    }
}

impl From<uuid::Error> for ParseProblem {
    fn from(_: uuid::Error) -> Self {
        Self(Problem::Malformed)
    }
}

impl From<std::num::ParseIntError> for ParseProblem {
    fn from(_: std::num::ParseIntError) -> Self {
        Self(Problem::NotANumber)
    }
}
