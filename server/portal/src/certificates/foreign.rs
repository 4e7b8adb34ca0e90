//! Recording certificates that the portal did not issue.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{judge::Call, unsettled::parse_candidates};
use crate::{
    Actor, Error, Portal, Result,
    atlas::ListedCertificate,
    audit::{self, Entry, Event},
    failpoint::failpoint,
    model::{CertificateId, GroupId, Months, Origin, Serial, Username},
};

/// Certificates recorded in one transaction: appending to the log locks it for everybody until commit.
const AT_A_TIME: usize = 20;
/// When Atlas last listed a certificate is kept this exactly.
const SEEN_EVERY: Duration = Duration::hours(1);

/// A complete list of one database user's certificates, as Atlas gave it.
pub(super) struct Reading<'a> {
    pub(super) project: &'a GroupId,
    pub(super) username: &'a Username,
    pub(super) listed: &'a [ListedCertificate],
    /// When it was asked for.
    pub(super) asked_at: OffsetDateTime,
}

/// Brings the table up to what was read, and says how many certificates nothing explains are new. What
/// the portal did not issue is recorded once: as pre-existing when the user is read for the first time, as
/// unexplained after that. What an open attempt may have made is left to it.
pub(super) async fn record(portal: &Portal, actor: &Actor, reading: &Reading<'_>) -> Result<u32> {
    let mut found = 0;
    // A long first list goes in by parts.
    loop {
        let (more, unexplained) = record_some(portal, actor, reading).await?;
        found += unexplained;
        if !more {
            return Ok(found);
        }
    }
}

/// Records up to [`AT_A_TIME`] certificates nobody knew of, and when the last are recorded, that the
/// user has been read. Whether there are more, and how many of them nothing explains.
async fn record_some(portal: &Portal, actor: &Actor, reading: &Reading<'_>) -> Result<(bool, u32)> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let user = lock_user(&mut tx, reading).await?;
    let serials: Vec<i64> = reading.listed.iter().map(|one| one.serial.0).collect();
    // Asked before what is known: an attempt that ends in between has recorded its certificate.
    let claims = Claims::of_user(&mut tx, reading.project, reading.username).await?;
    let known = known(&mut tx, reading.project, &serials).await?;
    failpoint!("lists.compared");
    sqlx::query!(
        "update certificate set seen_at = $3
         where project_id = $1 and serial = any($2) and (seen_at is null or seen_at < $4)",
        reading.project.as_str(),
        &serials,
        now,
        now - SEEN_EVERY
    )
    .execute(&mut *tx)
    .await?;
    let foreign: Vec<_> = reading
        .listed
        .iter()
        .filter(|one| !known.contains_key(&one.serial) && !claims.may_own(one))
        .collect();
    let mut unexplained = 0;
    for one in foreign.iter().take(AT_A_TIME) {
        // Not even the first reading makes something old that appeared since a call began.
        let origin = if user.is_first && !claims.is_new(one) {
            Origin::Preexisting
        } else {
            unexplained += 1;
            Origin::Unexplained
        };
        insert(portal, &mut tx, actor, reading, one, origin).await?;
    }
    let more = foreign.len() > AT_A_TIME;
    if !more {
        sqlx::query!(
            "update database_user set certificates_seen_at = greatest(certificates_seen_at, $3)
             where project_id = $1 and username = $2 and database_name = '$external'",
            reading.project.as_str(),
            reading.username.as_str(),
            reading.asked_at
        )
        .execute(&mut *tx)
        .await?;
    }
    failpoint!("lists.seen");
    tx.commit().await?;
    failpoint!("lists.committed");
    Ok((more, unexplained))
}

struct User {
    /// Its certificates have never been read.
    is_first: bool,
}

/// Locks the user: whoever records its certificates does so one after the other.
async fn lock_user(tx: &mut PgConnection, reading: &Reading<'_>) -> Result<User> {
    let seen_at = sqlx::query_scalar!(
        "select certificates_seen_at from database_user
         where project_id = $1 and username = $2 and database_name = '$external' for update",
        reading.project.as_str(),
        reading.username.as_str()
    )
    .fetch_one(tx)
    .await?;
    Ok(User {
        is_first: seen_at.is_none(),
    })
}

/// Where some of a project's certificates come from, as far as they are on record.
pub(super) async fn known(
    db: &mut PgConnection,
    project: &GroupId,
    serials: &[i64],
) -> Result<HashMap<Serial, Origin>> {
    let rows = sqlx::query!(
        "select serial, origin from certificate where project_id = $1 and serial = any($2)",
        project.as_str(),
        serials
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let origin = row
                .origin
                .parse()
                .map_err(|error| Error::internal("a certificate's origin is not one", error))?;
            Ok((Serial(row.serial), origin))
        })
        .collect()
}

/// What attempts that are not settled may have made of a user's certificates.
struct Claims {
    open: Option<Open>,
    /// What security is deciding over.
    candidates: HashSet<Serial>,
}

/// An attempt whose certificate Atlas may list before it is recorded, or without its ever being.
struct Open {
    username: Username,
    months: Months,
    /// `None`: about to be called.
    baseline: Option<Vec<(Serial, OffsetDateTime)>>,
    since: OffsetDateTime,
}

impl Claims {
    async fn of_user(
        tx: &mut PgConnection,
        project: &GroupId,
        username: &Username,
    ) -> Result<Self> {
        let rows = sqlx::query!(
            r#"select state, months, baseline, baseline_ends, coalesce(call_started_at, began_at) as "since!",
                candidates
             from issue_attempt
             where project_id = $1 and username = $2 and state in ('prepared', 'calling', 'unknown', 'ambiguous')"#,
            project.as_str(),
            username.as_str()
        )
        .fetch_all(tx)
        .await?;
        let mut claims = Self {
            open: None,
            candidates: HashSet::new(),
        };
        for row in rows {
            if row.state == "ambiguous" {
                let candidates = parse_candidates(row.candidates)?;
                let serials = candidates.into_iter().map(|candidate| candidate.serial);
                claims.candidates.extend(serials);
                continue;
            }
            let ends = row.baseline_ends.unwrap_or_default();
            claims.open = Some(Open {
                username: username.clone(),
                months: Months::try_from(u8::try_from(row.months).unwrap_or_default()).map_err(
                    |error| Error::internal("an attempt's months are out of range", error),
                )?,
                baseline: row
                    .baseline
                    .map(|serials| serials.into_iter().map(Serial).zip(ends).collect()),
                since: row.since,
            });
        }
        Ok(claims)
    }

    /// Whether a listed certificate could be an attempt's. Everything else is somebody else's, and is
    /// recorded as always.
    fn may_own(&self, listed: &ListedCertificate) -> bool {
        let open = self.open.as_ref();
        self.candidates.contains(&listed.serial)
            || open.is_some_and(|open| open.call().may_have_made(listed))
    }

    /// Whether it appeared since a call began.
    fn is_new(&self, listed: &ListedCertificate) -> bool {
        let called = self.open.as_ref().filter(|open| open.baseline.is_some());
        called.is_some_and(|open| open.call().is_new(listed))
    }
}

impl Open {
    fn call(&self) -> Call<'_> {
        Call {
            username: &self.username,
            months: self.months,
            started_at: self.since,
            baseline: self.baseline.as_deref().unwrap_or_default(),
        }
    }
}

/// Records a certificate that the portal did not issue, and that nobody knew of.
pub(super) async fn insert(
    portal: &Portal,
    tx: &mut PgConnection,
    actor: &Actor,
    reading: &Reading<'_>,
    listed: &ListedCertificate,
    origin: Origin,
) -> Result<()> {
    let id = CertificateId(portal.new_id());
    sqlx::query!(
        "insert into certificate
            (id, project_id, username, serial, subject, not_before, not_after, origin, first_seen_at, seen_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        id.0,
        reading.project.as_str(),
        reading.username.as_str(),
        listed.serial.0,
        listed.subject,
        listed.created_at,
        listed.not_after,
        origin.to_string(),
        portal.clock.now()
    )
    .execute(&mut *tx)
    .await?;
    failpoint!("lists.inserted");
    let (serial, not_after) = (listed.serial, listed.not_after);
    let username = reading.username.clone();
    let event = if origin == Origin::Preexisting {
        Event::CertPreexisting {
            serial,
            username,
            not_after,
        }
    } else {
        tracing::warn!(
            project.id = %reading.project,
            certificate.serial = %serial,
            "Nothing explains certificate {serial}"
        );
        Event::CertUnexplained {
            serial,
            username,
            not_after,
        }
    };
    let entry = Entry::new(event).project(reading.project).certificate(id);
    audit::append(tx, &portal.random, actor, entry).await?;
    failpoint!("lists.audited");
    Ok(())
}
