//! Keys somebody reached for who should not have.

use sqlx::{PgConnection, QueryBuilder};

use super::read::{SELECT, fetch};
use crate::{
    Actor, Portal, Result,
    model::{Event, RefusedPickup},
};

/// Entries looked at: enough for every list a person reads.
const ENTRIES: i64 = 200;
/// Lines of the list.
const LINES: usize = 20;

/// Pickups that were refused within a week, the latest first; those of one person at one key for one
/// reason are one line. By the log's own clock.
///
/// # Errors
/// `Unavailable` while the database is away.
pub(crate) async fn refused_pickups(
    portal: &Portal,
    db: &mut PgConnection,
    actor: &Actor,
) -> Result<Vec<RefusedPickup>> {
    let mut query = QueryBuilder::new(SELECT);
    query
        .push(
            "e.type = 'cert.pickup_refused' and e.at > now() - interval '7 days'
             order by e.seq desc limit ",
        )
        .push_bind(ENTRIES);
    let mut lines: Vec<RefusedPickup> = Vec::new();
    for row in fetch(portal, db, actor, query).await? {
        let Event::CertPickupRefused { why } = &row.event else {
            continue;
        };
        let same = lines.iter_mut().find(|line| {
            let Event::CertPickupRefused { why: its } = &line.last.event else {
                return false;
            };
            line.last.request == row.request && line.last.actor == row.actor && its == why
        });
        match same {
            Some(line) => line.times += 1,
            None => lines.push(RefusedPickup {
                last: row,
                times: 1,
            }),
        }
    }
    lines.truncate(LINES);
    Ok(lines)
}
