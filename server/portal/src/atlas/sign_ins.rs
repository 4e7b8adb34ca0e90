//! Who signed in to a cluster.

use std::borrow::Cow;

use serde::Deserialize;
use time::{
    OffsetDateTime, PrimitiveDateTime,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

use super::{
    AtlasClient, ListedSignIn, Purpose, ReadError, Unanswered, calls::unknowable,
    exchange::Operation,
};
use crate::model::{GroupId, Refusal};

/// Most sign-ins asked for at once. Atlas gives 20,000 at most; each comes with the line of the log it
/// was read from, so that so many would be more bytes than are read of any answer.
const AT_ONCE: usize = 5_000;
/// Most requests for one list.
const REQUESTS_MAX: usize = 64;

impl AtlasClient {
    pub(super) async fn sign_ins(
        &self,
        operation: &Operation,
        group: &GroupId,
        cluster: &str,
        since: OffsetDateTime,
    ) -> Result<Option<Vec<ListedSignIn>>, ReadError> {
        match self.read_sign_ins(operation, group, cluster, since).await {
            Ok(sign_ins) => Ok(Some(sign_ins)),
            Err(ReadError::Refused(refusal)) if keeps_none(&refusal) => Ok(None),
            Err(error) => unknowable(error),
        }
    }

    async fn read_sign_ins(
        &self,
        operation: &Operation,
        group: &GroupId,
        cluster: &str,
        since: OffsetDateTime,
    ) -> Result<Vec<ListedSignIn>, ReadError> {
        let path = [
            "groups",
            group.as_str(),
            "dbAccessHistory",
            "clusters",
            cluster,
        ];
        let history = self.endpoint.url(&path)?;
        let mut sign_ins = Vec::new();
        // Which end of a time with too many sign-ins is cut off is not documented, so such a time is
        // cut in two.
        let mut times = vec![(millis(since), millis(self.exchange.clock.now()))];
        for _ in 0..REQUESTS_MAX {
            let Some((start, end)) = times.pop() else {
                sign_ins.sort_by(|a: &ListedSignIn, b| {
                    (b.at, &a.username, &a.address).cmp(&(a.at, &b.username, &b.address))
                });
                // A border belongs to both sides.
                sign_ins.dedup();
                return Ok(sign_ins);
            };
            let mut url = history.clone();
            url.set_query(Some(&format!("start={start}&end={end}&nLogs={AT_ONCE}")));
            // Project Owner, which a reader need not be and an issuer is.
            let prover = self.prover(Purpose::Issuer);
            let page: WireHistory = self.get(operation, prover, url).await?;
            if page.access_logs.len() < AT_ONCE {
                for sign_in in page.access_logs {
                    sign_ins.extend(sign_in.read()?);
                }
            } else {
                let middle = start + (end - start) / 2;
                if middle == start {
                    break;
                }
                times.extend([(start, middle), (middle, end)]);
            }
        }
        Err(Unanswered::TooLong.into())
    }
}

/// Whether a cluster is of a kind that keeps no history: M0, M2, M5, Flex and serverless. The code is
/// documented as `INSUFFICIENT_INSTANCE_SIZE` in general, and not for this call.
fn keeps_none(refusal: &Refusal) -> bool {
    let word = |word| refusal.code.contains(word);
    refusal.status == 400
        && (word("INSTANCE_SIZE") || word("TENANT") || word("UNSUPPORTED") || word("NOT_SUPPORTED"))
}

fn millis(at: OffsetDateTime) -> i128 {
    at.unix_timestamp_nanos() / 1_000_000
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireHistory {
    access_logs: Vec<WireSignIn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSignIn {
    #[serde(default)]
    username: String,
    #[serde(default)]
    auth_source: String,
    auth_result: bool,
    ip_address: Option<String>,
    timestamp: String,
}

impl WireSignIn {
    /// `None` for what is no sign-in of an X.509 user.
    fn read(self) -> Result<Option<ListedSignIn>, ReadError> {
        if self.auth_source != "$external" {
            return Ok(None);
        }
        let Ok(username) = api_name(&self.username).parse() else {
            return Ok(None);
        };
        Ok(Some(ListedSignIn {
            username,
            at: time_of(&self.timestamp)?,
            address: self.ip_address,
            succeeded: self.auth_result,
        }))
    }
}

/// Documented as ISO 8601, and in truth what Java makes of a date: `Sun Aug 09 02:38:56 GMT 2026`.
fn time_of(text: &str) -> Result<OffsetDateTime, Unanswered> {
    const JAVA: &[BorrowedFormatItem<'_>] = format_description!(
        "[weekday repr:short] [month repr:short] [day padding:none] [hour]:[minute]:[second] GMT [year]"
    );
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| PrimitiveDateTime::parse(text, JAVA).map(PrimitiveDateTime::assume_utc))
        .map_err(|_| Unanswered::Malformed("a sign-in without a time that can be read"))
}

/// The server knows a user by its certificate's subject, Atlas's API by the common name alone where
/// there is nothing else in the subject.
pub(crate) fn api_name(subject: &str) -> Cow<'_, str> {
    let name = subject.strip_prefix("CN=").and_then(common_name);
    name.map_or(Cow::Borrowed(subject), Cow::Owned)
}

/// A common name without the backslashes of RFC 2253 section 2.4; `None` where more than it follows.
fn common_name(escaped: &str) -> Option<String> {
    let mut name = String::with_capacity(escaped.len());
    let mut chars = escaped.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => name.push(chars.next()?),
            ',' | '+' | ';' => return None,
            c => name.push(c),
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_subject_that_is_only_a_name_is_the_name_atlass_api_has_for_it() {
        for (subject, name) in [
            ("CN=orders-api", "orders-api"),
            (r"CN=a\,b\+c", "a,b+c"),
            (r"CN=back\\slash", r"back\slash"),
            ("CN=김", "김"),
            ("CN=Jane Doe,O=Example,C=DE", "CN=Jane Doe,O=Example,C=DE"),
            ("CN=a+UID=b", "CN=a+UID=b"),
            (r"CN=ends with\", r"CN=ends with\"),
            ("O=Example", "O=Example"),
            ("orders-api", "orders-api"),
        ] {
            assert_eq!(api_name(subject), name);
        }
    }

    #[test]
    fn times_come_as_documented_and_as_they_really_are() {
        let at = datetime!(2026-08-09 02:38:56 UTC);
        for text in [
            "2026-08-09T02:38:56Z",
            "2026-08-09T04:38:56+02:00",
            "Sun Aug 09 02:38:56 GMT 2026",
            "Sun Aug 9 02:38:56 GMT 2026",
        ] {
            assert_eq!(time_of(text).expect("is a time"), at, "{text}");
        }
        for text in [
            "",
            "yesterday",
            "1786243136",
            "Sun Aug 09 02:38:56 CEST 2026",
        ] {
            assert!(time_of(text).is_err(), "{text}");
        }
    }
}
