//! Attempts whose answer was lost, as those who find out work with them.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::{
    Error, Portal, Result,
    model::{
        Ambiguity, AttemptId, Candidate, GroupId, Months, RequestId, Serial, Settling, Username,
    },
};

/// When Atlas's list is read, after the call's deadline. The last is when Atlas has shown whatever it made;
/// from then on a list that shows nothing new means that nothing was made.
const POLLS: [Duration; 6] = [
    Duration::seconds(2),
    Duration::seconds(10),
    Duration::seconds(30),
    Duration::minutes(2),
    Duration::minutes(5),
    SETTLES_WITHIN,
];
const SETTLES_WITHIN: Duration = Duration::minutes(10);
/// How often it is read after that, as long as no list says anything.
const POLL_EVERY: Duration = Duration::minutes(15);
/// After the deadline, an attempt that is still not settled deserves somebody's attention.
const OVERDUE_AFTER: Duration = Duration::minutes(15);

/// An attempt that is `unknown` or `ambiguous`.
#[derive(Clone, Debug)]
pub(super) struct Unsettled {
    pub(super) id: AttemptId,
    pub(super) request: RequestId,
    pub(super) project: GroupId,
    pub(super) username: Username,
    pub(super) months: Months,
    pub(super) state: Unclear,
    /// What Atlas listed right before the call, and when each of it ends.
    pub(super) baseline: Vec<(Serial, OffsetDateTime)>,
    pub(super) started_at: OffsetDateTime,
    pub(super) deadline: OffsetDateTime,
    pub(super) unknown_at: OffsetDateTime,
    /// Lists read so far.
    pub(super) polls: i16,
}

/// In what way it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unclear {
    /// It is being found out; the next list is due then.
    Unknown(OffsetDateTime),
    /// Security decides, over these.
    Ambiguous(Vec<Candidate>),
}

impl Unsettled {
    /// Loads an attempt to look at; `None` if it is settled, or was never called.
    pub(super) async fn load(db: &mut PgConnection, id: AttemptId) -> Result<Option<Self>> {
        let row = sqlx::query!(
            r#"select request_id, project_id, username, months, state, baseline as "baseline!",
                baseline_ends as "baseline_ends!", call_started_at as "started_at!", deadline as "deadline!",
                unknown_at as "unknown_at!", polls, next_poll_at, candidates
             from issue_attempt where id = $1 and state in ('unknown', 'ambiguous')"#,
            id.0
        )
        .fetch_optional(db)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let malformed = |error| Error::internal("an attempt's row is malformed", error);
        let serials = row.baseline.into_iter().map(Serial);
        Ok(Some(Self {
            id,
            request: RequestId(row.request_id),
            project: row.project_id.parse().map_err(malformed)?,
            username: row.username.parse().map_err(malformed)?,
            months: Months::try_from(u8::try_from(row.months).unwrap_or_default())
                .map_err(malformed)?,
            state: match row.next_poll_at {
                Some(next) => Unclear::Unknown(next),
                None => Unclear::Ambiguous(parse_candidates(row.candidates)?),
            },
            baseline: serials.zip(row.baseline_ends).collect(),
            started_at: row.started_at,
            deadline: row.deadline,
            unknown_at: row.unknown_at,
            polls: row.polls,
        }))
    }

    /// Loads an attempt and locks it. Its request is locked before it.
    pub(super) async fn lock(tx: &mut PgConnection, id: AttemptId) -> Result<Option<Self>> {
        sqlx::query_scalar!(
            "select id from issue_attempt where id = $1 for update",
            id.0
        )
        .fetch_optional(&mut *tx)
        .await?;
        Self::load(tx, id).await
    }

    /// From then on nothing new in Atlas's list means that nothing was made.
    pub(super) fn window_ends(&self, portal: &Portal) -> OffsetDateTime {
        self.deadline + portal.pace.span(SETTLES_WITHIN)
    }

    /// Whether it should have been settled by `now`.
    pub(super) fn is_overdue(&self, portal: &Portal, now: OffsetDateTime) -> bool {
        now > self.deadline + overdue_after(portal)
    }
}

/// How long after its deadline an attempt should be settled.
pub(crate) fn overdue_after(portal: &Portal) -> Duration {
    portal.pace.span(OVERDUE_AFTER)
}

/// When Atlas's list is read next for a call with that deadline.
pub(super) fn next_poll(
    portal: &Portal,
    deadline: OffsetDateTime,
    now: OffsetDateTime,
) -> OffsetDateTime {
    POLLS
        .into_iter()
        .map(|after| deadline + portal.pace.span(after))
        .find(|at| *at > now)
        .unwrap_or_else(|| now + portal.pace.span(POLL_EVERY))
}

pub(super) fn parse_candidates(value: Option<serde_json::Value>) -> Result<Vec<Candidate>> {
    serde_json::from_value(value.unwrap_or_default())
        .map_err(|error| Error::internal("an attempt's candidates could not be read", error))
}

/// How the finding out about a request goes, while its answer is lost.
pub(crate) async fn settling(
    portal: &Portal,
    db: &mut PgConnection,
    request: RequestId,
) -> Result<Option<Settling>> {
    let Some(attempt) = of_request(db, request).await? else {
        return Ok(None);
    };
    Ok(match attempt.state {
        Unclear::Unknown(next_at) => Some(Settling {
            since: attempt.unknown_at,
            polls: u32::try_from(attempt.polls).unwrap_or_default(),
            next_at,
            window_ends: attempt.window_ends(portal),
        }),
        Unclear::Ambiguous(_) => None,
    })
}

/// What security has to decide about a request.
pub(crate) async fn ambiguity(
    db: &mut PgConnection,
    request: RequestId,
) -> Result<Option<Ambiguity>> {
    let Some(attempt) = of_request(db, request).await? else {
        return Ok(None);
    };
    Ok(match attempt.state {
        Unclear::Ambiguous(candidates) => Some(Ambiguity {
            candidates,
            gives_back: !was_given_back(db, request).await?,
        }),
        Unclear::Unknown(_) => None,
    })
}

/// The attempt of a request that is not settled.
pub(super) async fn of_request(
    db: &mut PgConnection,
    request: RequestId,
) -> Result<Option<Unsettled>> {
    let id = sqlx::query_scalar!(
        "select id from issue_attempt where request_id = $1 and state in ('unknown', 'ambiguous')",
        request.0
    )
    .fetch_optional(&mut *db)
    .await?;
    match id {
        Some(id) => Unsettled::load(db, AttemptId(id)).await,
        None => Ok(None),
    }
}

/// Whether the request's approval was given back once already after an answer was lost.
pub(super) async fn was_given_back(db: &mut PgConnection, request: RequestId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from issue_attempt where request_id = $1 and rearmed) as "was!""#,
        request.0
    )
    .fetch_one(db)
    .await?)
}
