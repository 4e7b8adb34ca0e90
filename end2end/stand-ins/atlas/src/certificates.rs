//! Managed certificates: making them and remembering them.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime, util::days_in_month};

use crate::authority::{Profile, generate_key};
use crate::events::{CERT_CREATED, Event, object_id};
use crate::journal::Exchange;
use crate::state::StandIn;

/// A certificate Atlas remembers. It belongs to a project and a user *name*: deleting the user does not delete it, and
/// a new user of the same name has it again.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// The serial number, which is also `_id` in the API. As text: it is above 2^53.
    #[serde(with = "as_text")]
    pub id: i64,
    /// The project.
    pub group_id: String,
    /// The database user's name.
    pub username: String,
    /// `notBefore`, one hour before the certificate was made. The API calls it `createdAt`.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// `notAfter`.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// From when on lists show it: later than it was made when a fault asked for a lagging list.
    #[serde(with = "time::serde::rfc3339")]
    pub visible_from: OffsetDateTime,
    /// Whether it was made by the control endpoint, behind the portal's back.
    pub out_of_band: bool,
    /// The certificate.
    pub pem: String,
    /// One line from the middle of the private key, to search for it where it must not be.
    pub key_canary: String,
}

/// An order for one certificate.
pub(crate) struct Order {
    pub(crate) group_id: String,
    pub(crate) username: String,
    pub(crate) months: u8,
    /// `notBefore`; an hour ago when absent.
    pub(crate) created_at: Option<OffsetDateTime>,
    pub(crate) list_lag: Duration,
    pub(crate) out_of_band: bool,
    pub(crate) public_key: Option<String>,
    pub(crate) remote_address: String,
}

/// A certificate just made, with the only copy of its key.
pub(crate) struct Issued {
    pub(crate) certificate: Certificate,
    pub(crate) key_pem: String,
}

/// Makes a certificate and remembers it. When this returns, the state file holds it.
pub(crate) async fn issue(
    stand_in: &StandIn,
    order: Order,
    exchange: Option<&Exchange>,
) -> anyhow::Result<Issued> {
    let now = stand_in.clock.now().truncate_to_second();
    let created_at = order.created_at.unwrap_or(now - Duration::hours(1));
    let profile = Profile {
        common_name: order.username.clone(),
        serial: new_serial(),
        not_before: created_at,
        not_after: add_months(created_at + Duration::hours(1), order.months),
    };
    let (pem, key_pem) = mint(stand_in, &order.group_id, profile.clone()).await?;
    let certificate = Certificate {
        id: profile.serial,
        group_id: order.group_id.clone(),
        username: order.username,
        created_at,
        not_after: profile.not_after,
        visible_from: stand_in.clock.now() + order.list_lag,
        out_of_band: order.out_of_band,
        pem,
        key_canary: canary(&key_pem),
    };
    stand_in.stored(|stored| {
        stored.certificates.push(certificate.clone());
        stored.events.push(Event {
            id: object_id(now),
            group_id: order.group_id,
            kind: CERT_CREATED.to_owned(),
            created: now,
            public_key: order.public_key,
            remote_address: order.remote_address,
            db_user_username: None,
        });
    });
    if let Some(exchange) = exchange {
        exchange.note_certificate(profile.serial).await;
    }
    stand_in.save().await?;
    Ok(Issued {
        certificate,
        key_pem,
    })
}

/// Makes a key and a certificate and forgets both.
pub(crate) async fn mint(
    stand_in: &StandIn,
    group_id: &str,
    profile: Profile,
) -> anyhow::Result<(String, String)> {
    let authority = stand_in.authority(group_id).await?;
    let kind = stand_in.settings.key_kind;
    tokio::task::spawn_blocking(move || {
        let key = generate_key(kind)?;
        anyhow::Ok((authority.sign(&profile, &key)?, key.serialize_pem()))
    })
    .await
    .context("the thread that makes keys")?
}

/// A random positive 63-bit number that JavaScript cannot hold, as all of Atlas's are.
pub(crate) fn new_serial() -> i64 {
    rand::random_range((1 << 53) + 1..=i64::MAX)
}

/// The same day and time of day so many calendar months later; the last day of the month when there is no such day.
pub(crate) fn add_months(moment: OffsetDateTime, months: u8) -> OffsetDateTime {
    let mut date = moment.date();
    let day = date.day();
    let mut month = date.month();
    let mut year = date.year();
    for _ in 0..months {
        month = month.next();
        if month == time::Month::January {
            year += 1;
        }
    }
    let day = day.min(days_in_month(month, year));
    if let Ok(later) = time::Date::from_calendar_date(year, month, day) {
        date = later;
    }
    moment.replace_date(date)
}

fn canary(key_pem: &str) -> String {
    let lines: Vec<_> = key_pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    lines
        .get(lines.len() / 2)
        .copied()
        .unwrap_or_default()
        .to_owned()
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes fields by reference"
    )]
    pub(super) fn serialize<S: Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{iso, parse_iso};

    #[test]
    fn months_are_calendar_months() {
        let cases = [
            // Recorded at Atlas: made 2026-06-02T14:56:22Z for three months.
            ("2026-06-02T14:56:22Z", 3, "2026-09-02T14:56:22Z"),
            ("2026-11-30T08:00:00Z", 3, "2027-02-28T08:00:00Z"),
            ("2027-11-30T08:00:00Z", 3, "2028-02-29T08:00:00Z"),
            ("2026-01-31T23:59:59Z", 24, "2028-01-31T23:59:59Z"),
        ];
        for (from, months, to) in cases {
            assert_eq!(iso(add_months(parse_iso(from).unwrap(), months)), to);
        }
    }

    #[test]
    fn serials_are_beyond_what_javascript_can_hold() {
        for _ in 0..1000 {
            assert!(new_serial() > 1 << 53);
        }
    }
}
