//! Recording what became of a call.

use time::OffsetDateTime;

use super::{
    kind::{self, SettledBy},
    run::Try,
    stored::Stored,
};
use crate::{
    Actor, Portal, Result,
    audit::{self, Entry, Event},
    calls::{self, keep_trying},
    failpoint::failpoint,
    model::{ChangeState, Refusal},
};

/// Who found out what became of a call, in the audit log.
const ACTOR: Actor = Actor::System("changes");

/// What became of a call.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// Nothing was sent, for certain, or Atlas did not look at it.
    NotSent {
        /// Why.
        why: String,
        /// What Atlas said, if it was that.
        refusal: Option<Refusal>,
    },
    /// Atlas refused, for certain.
    Rejected(Refusal),
    /// Nobody knows.
    Unknown {
        /// What happened.
        class: String,
    },
    /// Atlas took it.
    Applied,
}

impl Outcome {
    pub(super) fn not_sent(why: &str) -> Self {
        Self::NotSent {
            why: why.to_owned(),
            refusal: None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::NotSent { .. } => "not_sent",
            Self::Rejected(_) => "rejected",
            Self::Unknown { .. } => "unknown",
            Self::Applied => "applied",
        }
    }
}

/// Records the outcome, trying again while the database is away.
pub(super) async fn record(portal: &Portal, attempt: &Try, outcome: &Outcome) {
    keep_trying(portal, || try_record(portal, attempt, outcome)).await;
}

async fn try_record(portal: &Portal, attempt: &Try, outcome: &Outcome) -> Result<()> {
    let now = portal.clock.now();
    let id = attempt.change;
    let mut tx = portal.pool.begin().await?;
    let mut change = Stored::lock(portal, &mut tx, id).await?;
    let own = change.tried == Some(attempt.id);
    let called = own
        && match change.state {
            ChangeState::Calling => true,
            // Others took this process for dead. It lives, and alone has Atlas's answer.
            ChangeState::Unknown => matches!(outcome, Outcome::Rejected(_) | Outcome::Applied),
            _ => false,
        };
    let not_begun =
        change.state == ChangeState::Approved && !own && matches!(outcome, Outcome::NotSent { .. });
    if !called && !not_begun {
        // An earlier try was committed although its answer was lost, or somebody was faster.
        return Ok(());
    }
    let (event, actor) = match outcome {
        Outcome::NotSent { why, refusal } => {
            (change.tried, change.call) = (Some(attempt.id), None);
            (change.not_sent, change.refusal) = (Some(why.clone()), refusal.clone());
            change
                .become_state(&mut tx, ChangeState::Approved, now)
                .await?;
            (Event::ChangeNotSent { why: why.clone() }, &attempt.actor)
        }
        Outcome::Rejected(refusal) => {
            (change.refusal, change.until) = (Some(refusal.clone()), None);
            change
                .become_state(&mut tx, ChangeState::Rejected, now)
                .await?;
            let (status, code) = (refusal.status.to_string(), refusal.code.clone());
            (Event::ChangeRejected { status, code }, &ACTOR)
        }
        Outcome::Unknown { class } => {
            change.until = None;
            change
                .become_state(&mut tx, ChangeState::Unknown, now)
                .await?;
            let class = class.clone();
            (Event::ChangeUnknown { class }, &ACTOR)
        }
        Outcome::Applied => {
            return applied(portal, tx, change, (&ACTOR, SettledBy::Answer), now).await;
        }
    };
    let entry = Entry::new(event).project(&change.project.id).change(id);
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("change_outcome.audited");
    calls::commit(portal, tx).await?;
    failpoint!("change_outcome.committed");
    tracing::info!(outcome = outcome.name(), change.id = %id, "Change {id}: {}", outcome.name());
    metrics::counter!("certdesk_change_outcomes_total", "outcome" => outcome.name()).increment(1);
    Ok(())
}

/// Records that Atlas took it, and commits.
pub(super) async fn applied(
    portal: &Portal,
    mut tx: sqlx::PgTransaction<'_>,
    mut change: Stored,
    (actor, by): (&Actor, SettledBy),
    now: OffsetDateTime,
) -> Result<()> {
    (change.applied_at, change.until) = (Some(now), None);
    change
        .become_state(&mut tx, ChangeState::Applying, now)
        .await?;
    failpoint!("change_applied.moved");
    kind::mirror(&mut tx, &change, now).await?;
    failpoint!("change_applied.mirrored");
    let entry = Entry::new(kind::applied(&change, by)?)
        .project(&change.project.id)
        .change(change.id);
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("change_applied.audited");
    calls::commit(portal, tx).await?;
    failpoint!("change_applied.committed");
    let id = change.id;
    tracing::info!(change.id = %id, settled.by = %by, "Atlas took change {id}");
    metrics::counter!("certdesk_change_outcomes_total", "outcome" => "applied").increment(1);
    Ok(())
}
