//! Reading from Atlas which certificates there are.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::{
    Actor, Portal, Result,
    atlas::ListedCertificate,
    audit::{self, Entry, Event},
    model::{CertificateId, GroupId, Origin, Username},
};

/// Certificates recorded in one transaction.
const AT_A_TIME: usize = 20;
/// When Atlas last listed a certificate is kept this exactly.
const SEEN_EVERY: Duration = Duration::hours(1);
/// Atlas dates a certificate an hour back; the rest is for clocks that differ.
const BACKDATED: Duration = Duration::minutes(62);

/// Users whose lists are read at the same time; each takes one call, or more for long lists.
const AT_ONCE: usize = 4;

/// Brings the table up to what Atlas lists for every managed user. What the portal did not issue is
/// recorded once: as pre-existing when the user is read for the first time, as unexplained after that.
///
/// # Errors
/// The first failure, after every other user has been read.
pub async fn sync(portal: &Portal) -> Result<()> {
    let users = sqlx::query!(
        "select project_id, username from database_user
         where x509_type = 'MANAGED' and database_name = '$external' and gone_at is null
         order by certificates_seen_at nulls first, project_id, username"
    )
    .fetch_all(&portal.pool)
    .await?;
    let users: Vec<(GroupId, Username)> = users
        .into_iter()
        .filter_map(|user| Some((user.project_id.parse().ok()?, user.username.parse().ok()?)))
        .collect();
    let results: Vec<Result<()>> = stream::iter(users)
        .map(|(project, username)| sync_user(portal, project, username))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    stream::iter(results).try_collect().await
}

async fn sync_user(portal: &Portal, project: GroupId, username: Username) -> Result<()> {
    let listed = portal.atlas.list_certificates(&project, &username).await?;
    // Appending to the log locks it for everybody until commit: a long first list goes in by parts.
    while record_some(portal, &project, &username, &listed).await? == More::Left {}
    Ok(())
}

#[derive(PartialEq, Eq)]
enum More {
    Left,
    Done,
}

/// Records up to [`AT_A_TIME`] certificates nobody knew of, and when the last are recorded, that the
/// user has been read.
async fn record_some(
    portal: &Portal,
    project: &GroupId,
    username: &Username,
    listed: &[ListedCertificate],
) -> Result<More> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let user = sqlx::query!(
        r#"select certificates_seen_at from database_user
         where project_id = $1 and username = $2 and database_name = '$external' for update"#,
        project.as_str(),
        username.as_str()
    )
    .fetch_one(&mut *tx)
    .await?;
    let serials: Vec<i64> = listed
        .iter()
        .map(|certificate| certificate.serial.0)
        .collect();
    // Asked before what is known: an attempt that ends in between has recorded its certificate.
    let open = open_attempt(&mut tx, project, username).await?;
    let known = sqlx::query_scalar!(
        "select serial from certificate where project_id = $1 and serial = any($2)",
        project.as_str(),
        &serials
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!(
        "update certificate set seen_at = $3
         where project_id = $1 and serial = any($2) and (seen_at is null or seen_at < $4)",
        project.as_str(),
        &known,
        now,
        now - SEEN_EVERY
    )
    .execute(&mut *tx)
    .await?;
    let foreign: Vec<_> = listed
        .iter()
        .filter(|certificate| !known.contains(&certificate.serial.0))
        .filter(|certificate| {
            !open
                .as_ref()
                .is_some_and(|attempt| attempt.may_have_made(certificate))
        })
        .collect();
    let origin = if user.certificates_seen_at.is_none() {
        Origin::Preexisting
    } else {
        Origin::Unexplained
    };
    for certificate in foreign.iter().take(AT_A_TIME) {
        record_foreign(
            portal,
            &mut tx,
            (project, username),
            certificate,
            origin,
            now,
        )
        .await?;
    }
    if foreign.len() <= AT_A_TIME {
        sqlx::query!(
            "update database_user set certificates_seen_at = $3
             where project_id = $1 and username = $2 and database_name = '$external'",
            project.as_str(),
            username.as_str(),
            now
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(if foreign.len() > AT_A_TIME {
        More::Left
    } else {
        More::Done
    })
}

/// An attempt whose certificate Atlas may list before it is recorded, or without its ever being.
struct OpenAttempt {
    baseline: Option<Vec<i64>>,
    call_started_at: Option<OffsetDateTime>,
}

impl OpenAttempt {
    /// Whether a listed certificate could be this attempt's. Everything else is somebody else's, and
    /// is recorded as always.
    fn may_have_made(&self, certificate: &ListedCertificate) -> bool {
        let (Some(baseline), Some(started)) = (&self.baseline, self.call_started_at) else {
            // About to be called: its certificate may be made at any moment.
            return true;
        };
        !baseline.contains(&certificate.serial.0) && certificate.created_at >= started - BACKDATED
    }
}

async fn open_attempt(
    tx: &mut PgConnection,
    project: &GroupId,
    username: &Username,
) -> Result<Option<OpenAttempt>> {
    Ok(sqlx::query_as!(
        OpenAttempt,
        "select baseline, call_started_at from issue_attempt
         where project_id = $1 and username = $2 and state in ('prepared', 'calling', 'unknown')",
        project.as_str(),
        username.as_str()
    )
    .fetch_optional(tx)
    .await?)
}

/// Records a certificate that the portal did not issue.
async fn record_foreign(
    portal: &Portal,
    tx: &mut PgConnection,
    (project, username): (&GroupId, &Username),
    listed: &ListedCertificate,
    origin: Origin,
    now: OffsetDateTime,
) -> Result<()> {
    let id = CertificateId(portal.new_id());
    sqlx::query!(
        "insert into certificate
            (id, project_id, username, serial, subject, not_before, not_after, origin, first_seen_at, seen_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        id.0,
        project.as_str(),
        username.as_str(),
        listed.serial.0,
        listed.subject,
        listed.created_at,
        listed.not_after,
        origin.to_string(),
        now
    )
    .execute(&mut *tx)
    .await?;
    let (serial, username, not_after) = (listed.serial, username.clone(), listed.not_after);
    let event = if origin == Origin::Preexisting {
        Event::CertPreexisting {
            serial,
            username,
            not_after,
        }
    } else {
        tracing::warn!(project.id = %project, certificate.serial = %serial, "Nothing explains certificate {serial}");
        Event::CertUnexplained {
            serial,
            username,
            not_after,
        }
    };
    let entry = Entry::new(event).project(project).certificate(id);
    audit::append(
        tx,
        &portal.random,
        &Actor::System("certificates.sync"),
        entry,
    )
    .await?;
    Ok(())
}
