//! Pages of the operators.

use leptos::prelude::*;
use portal::model::{JobOutcome, JobRow, OperationsPage, Timestamp};

use super::{
    api,
    credentials::{CredentialsSheet, odd_ones},
};
use crate::{
    components::{Sheet, State, Tone, When, thousands},
    layout::{PageTitle, load},
    texts::locale,
    time, tr,
};

/// A job that has not ended for so many of its periods is late.
const LATE_AFTER: i64 = 3;
/// What a run may take, on top of the periods, before it is late.
const GRACE_S: i64 = 60;

/// `/operations`
#[component]
pub fn OperationsRoute() -> impl IntoView {
    load(api::page(), |page| view! { <OperationsView page /> })
}

/// The jobs, Atlas, and what is in hand.
#[component]
pub fn OperationsView(
    /// What to show.
    page: OperationsPage,
) -> impl IntoView {
    let now = page.now;
    let bad = page
        .jobs
        .iter()
        .filter(|job| Health::of(job, now).needs_a_look())
        .count();
    let line = match u32::try_from(bad).unwrap_or(u32::MAX) {
        0 => tr!(operations.fine).to_owned(),
        bad => tr!(operations.not_fine, count = bad),
    };
    let answered = match page.atlas_answered_at {
        Some(at) => tr!(operations.answered, time = time::ago(locale(), now, at)),
        None => tr!(operations.never_answered).to_owned(),
    };
    let odd = match u32::try_from(odd_ones(&page.credentials)).unwrap_or(u32::MAX) {
        0 => String::new(),
        odd => format!(" {}", tr!(operations.odd_credentials, count = odd)),
    };
    let note = view! { <span class="faint">{tr!(operations.jobs_note)}</span> };
    let (jobs, hand, credentials) = (page.jobs.clone(), page.clone(), page.clone());
    view! {
        <PageTitle title=tr!(operations.title)>{line} {odd} " " {answered}</PageTitle>
        <Sheet title=tr!(operations.jobs) head=note.into_any()>
            <Jobs jobs now />
        </Sheet>
        <CredentialsSheet page=credentials />
        <div class="two even">
            <Sheet title=tr!(operations.hand)>
                <Hand page=hand />
            </Sheet>
            <Sheet title=tr!(operations.atlas)>
                <Atlas page />
            </Sheet>
        </div>
    }
}

/// How a job is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    NotYet,
    Fine,
    Failed,
    Late,
}

impl Health {
    fn of(job: &JobRow, now: Timestamp) -> Self {
        let late = job
            .ended_at
            .is_some_and(|at| (now - at).whole_seconds() > LATE_AFTER * job.every_s + GRACE_S);
        match job.outcome {
            JobOutcome::NotYet => Self::NotYet,
            _ if late => Self::Late,
            JobOutcome::Failed => Self::Failed,
            JobOutcome::Done => Self::Fine,
        }
    }

    fn needs_a_look(self) -> bool {
        matches!(self, Self::Failed | Self::Late)
    }

    fn mark(self) -> impl IntoView {
        let (tone, open, word) = match self {
            Self::NotYet => (Tone::Plain, true, tr!(operations.not_yet)),
            Self::Fine => (Tone::Ok, false, tr!(operations.done)),
            Self::Failed => (Tone::Danger, false, tr!(operations.failed)),
            Self::Late => (Tone::Warn, true, tr!(operations.late)),
        };
        view! { <State tone open word /> }
    }
}

#[component]
fn Jobs(jobs: Vec<JobRow>, now: Timestamp) -> impl IntoView {
    view! {
        <table class="jobs">
            <thead>
                <tr>
                    <th scope="col">{tr!(operations.job)}</th>
                    <th scope="col">{tr!(operations.state)}</th>
                    <th scope="col">{tr!(operations.last)}</th>
                    <th scope="col" class="num">
                        {tr!(operations.took)}
                    </th>
                    <th scope="col" class="num">
                        {tr!(operations.every)}
                    </th>
                </tr>
            </thead>
            <tbody>{jobs.into_iter().map(|job| job_line(job, now)).collect_view()}</tbody>
        </table>
    }
}

fn job_line(job: JobRow, now: Timestamp) -> impl IntoView {
    let health = Health::of(&job, now);
    let every = time::lasting(locale(), ::time::Duration::seconds(job.every_s));
    view! {
        <tr>
            <td>
                {job_word(&job.name)} <span class="sub mono">{job.name}</span>
                {job.failure.map(|failure| view! { <span class="failure mono">{failure}</span> })}
            </td>
            <td data-label=tr!(operations.state)>{health.mark()}</td>
            <td data-label=tr!(operations.last)>
                {match job.ended_at {
                    Some(at) => view! { <When at now /> }.into_any(),
                    None => tr!(operations.never).into_any(),
                }}
            </td>
            <td class="num" data-label=tr!(operations.took)>
                {job.took_ms.map(|ms| format!("{} ms", thousands(ms)))}
            </td>
            <td class="num" data-label=tr!(operations.every)>
                {every}
            </td>
        </tr>
    }
}

/// What a job does. One without words here is shown by its name alone.
fn job_word(name: &str) -> Option<&'static str> {
    match name {
        "projects.sync" => Some(tr!(operations.job_sync_projects)),
        "certificates.sync" => Some(tr!(operations.job_sync_certificates)),
        "attempts.settle" => Some(tr!(operations.job_settle)),
        "attempts.reconcile" => Some(tr!(operations.job_reconcile)),
        "certificates.watch" => Some(tr!(operations.job_watch)),
        "requests.expire" => Some(tr!(operations.job_expire)),
        "pickups.end" => Some(tr!(operations.job_pickups)),
        "changes.settle" => Some(tr!(operations.job_settle_changes)),
        "changes.follow" => Some(tr!(operations.job_follow_changes)),
        "changes.expire" => Some(tr!(operations.job_expire_changes)),
        "sign_ins.sync" => Some(tr!(operations.job_sign_ins)),
        "credentials.probe" => Some(tr!(operations.job_probe)),
        "sessions.purge" => Some(tr!(operations.job_purge)),
        _ => None,
    }
}

#[component]
fn Hand(page: OperationsPage) -> impl IntoView {
    let open = page.open_attempts > 0;
    view! {
        <dl class="counts">
            <dt>
                {tr!(operations.open_attempts)}
                <span class="faint">{tr!(operations.open_attempts_note)}</span>
            </dt>
            <dd class:odd=open>{thousands(page.open_attempts.into())}</dd>
            <dt>
                {tr!(operations.waiting_keys)}
                <span class="faint">{tr!(operations.waiting_keys_note)}</span>
            </dt>
            <dd>{thousands(page.waiting_keys.into())}</dd>
            <dt>{tr!(operations.log_size)}</dt>
            <dd>{thousands(page.log_size)}</dd>
        </dl>
    }
}

#[component]
fn Atlas(page: OperationsPage) -> impl IntoView {
    view! {
        <div class="body">
            <dl class="facts">
                <dt>{tr!(operations.api)}</dt>
                <dd class="mono">{page.atlas_api}</dd>
                <dt>{tr!(operations.address)}</dt>
                <dd class="mono">{page.atlas_address}</dd>
            </dl>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use ::time::{Duration, macros::datetime};

    use super::*;

    const NOW: Timestamp = datetime!(2026-11-21 12:00:00 UTC);

    fn job(outcome: JobOutcome, ended_s_ago: Option<i64>) -> JobRow {
        JobRow {
            name: "projects.sync".to_owned(),
            outcome,
            failure: None,
            ended_at: ended_s_ago.map(|s| NOW - Duration::seconds(s)),
            took_ms: Some(12),
            every_s: 60,
        }
    }

    #[test]
    fn a_job_is_late_after_three_periods_and_a_minute() {
        assert_eq!(
            Health::of(&job(JobOutcome::Done, Some(240)), NOW),
            Health::Fine
        );
        assert_eq!(
            Health::of(&job(JobOutcome::Done, Some(241)), NOW),
            Health::Late
        );
        assert_eq!(
            Health::of(&job(JobOutcome::Failed, Some(5)), NOW),
            Health::Failed
        );
        assert_eq!(
            Health::of(&job(JobOutcome::NotYet, None), NOW),
            Health::NotYet
        );
    }

    #[test]
    fn only_failures_and_delays_need_a_look() {
        assert!(Health::Failed.needs_a_look() && Health::Late.needs_a_look());
        assert!(!Health::Fine.needs_a_look() && !Health::NotYet.needs_a_look());
    }
}
