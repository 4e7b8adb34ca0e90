//! Atlas's own trail of certificates made.

use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{AtlasClient, ReadError, Unanswered, calls::unknowable, exchange::Operation};
use crate::model::GroupId;

/// The event. It is emitted for every managed certificate, whoever had it made.
const CERT_CREATED: &str = "MONGODB_USER_X509_CERT_CREATED";

impl AtlasClient {
    pub(super) async fn cert_events(
        &self,
        operation: &Operation,
        group: &GroupId,
        since: OffsetDateTime,
    ) -> Result<Option<Vec<OffsetDateTime>>, ReadError> {
        match self.read_cert_events(operation, group, since).await {
            Ok(events) => Ok(Some(events)),
            Err(error) => unknowable(error),
        }
    }

    async fn read_cert_events(
        &self,
        operation: &Operation,
        group: &GroupId,
        since: OffsetDateTime,
    ) -> Result<Vec<OffsetDateTime>, ReadError> {
        let path = ["groups", group.as_str(), "events"];
        // Atlas keeps seconds. One event too many does no harm.
        let since = since.replace_nanosecond(0).unwrap_or(since);
        let since = since
            .format(&Rfc3339)
            .map_err(|_| Unanswered::Malformed("a time that cannot be written"))?;
        let filter = [("eventType", CERT_CREATED), ("minDate", since.as_str())];
        let listed: Vec<WireEvent> = self
            .list_where(operation, &path, &filter, |event: &WireEvent| {
                event.id.clone()
            })
            .await?;
        let mut times = Vec::with_capacity(listed.len());
        for event in listed {
            // Asked for, and looked at all the same: a server that does not know the filter lists all.
            if event.event_type_name == CERT_CREATED {
                times.push(time_of(&event.created)?);
            }
        }
        times.sort_unstable();
        Ok(times)
    }
}

fn time_of(text: &str) -> Result<OffsetDateTime, Unanswered> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| Unanswered::Malformed("an event without a time that can be read"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEvent {
    id: String,
    event_type_name: String,
    created: String,
}
