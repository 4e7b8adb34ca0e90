//! The credentials at Atlas: what each must be able to do, what it can, and what to do about the
//! difference.

use leptos::prelude::*;
use portal::model::{
    CredentialKind, CredentialRow, Finding, OperationsPage, PowerVerdict, Powers, ProjectRef,
    Purpose, Timestamp, Trial,
};
use server_fn::ServerFn as _;

use super::api;
use crate::{
    components::{PostForm, Sheet, State, Submit, Tone, When},
    layout::{RefusalView, SilenceView},
    tr,
};

/// Most projects that are named; of the others only how many they are.
const NAMES_MAX: usize = 5;

/// How many credentials need a look.
pub fn odd_ones(rows: &[CredentialRow]) -> usize {
    rows.iter()
        .filter(|row| !matches!(row.verdict(), PowerVerdict::Fits | PowerVerdict::NotYet))
        .count()
}

/// The credentials, and the button that has them tried.
#[component]
pub fn CredentialsSheet(
    /// What to show.
    page: OperationsPage,
) -> impl IntoView {
    let now = page.now;
    let head = if page.may_probe {
        view! {
            <PostForm to=api::Probe::PATH class="row">
                <Submit label=tr!(operations.probe) class="small" />
            </PostForm>
        }
        .into_any()
    } else {
        view! { <span class="faint">{tr!(operations.probe_when)}</span> }.into_any()
    };
    let rows = page.credentials.into_iter();
    view! {
        <Sheet title=tr!(operations.credentials) head>
            <div class="credentials">{rows.map(|row| credential(row, now)).collect_view()}</div>
        </Sheet>
    }
}

fn credential(row: CredentialRow, now: Timestamp) -> impl IntoView {
    let kind = match row.name.kind {
        CredentialKind::ServiceAccount => tr!(operations.service_account),
        CredentialKind::ApiKey => tr!(operations.api_key),
    };
    let purposes = row.purposes.clone();
    let shared = (purposes.len() > 1).then(|| {
        finding_view(
            false,
            tr!(operations.shared).to_owned(),
            tr!(operations.shared_text).to_owned(),
        )
    });
    let (title, marks, needs) = (title(&purposes), marks(row.verdict()), needs(&purposes));
    let (can, said) = match row.trial {
        Trial::NotYet => (None, None),
        Trial::Refused(refusal) => (None, Some(view! { <RefusalView refusal now /> }.into_any())),
        Trial::Unanswered(silence) => {
            (None, Some(view! { <SilenceView silence now /> }.into_any()))
        }
        Trial::Done(powers) => {
            let findings = findings(&powers.findings, &purposes);
            (Some(can(powers)), Some(findings))
        }
    };
    let tried = match row.tried_at {
        Some(at) => view! { <When at now /> }.into_any(),
        None => tr!(operations.never).into_any(),
    };
    view! {
        <article>
            <header>
                <h3>{title}</h3>
                <p class="row">{marks}</p>
                <p class="faint">{kind} " " <code>{row.name.public}</code></p>
                <p class="faint">{tr!(operations.tried)} " " {tried}</p>
            </header>
            <div class="stack">
                <dl class="facts">
                    <dt>{tr!(operations.must)}</dt>
                    <dd>{needs}</dd>
                    {can}
                </dl>
                {said}
                {shared}
            </div>
        </article>
    }
}

fn title(purposes: &[Purpose]) -> String {
    let words: Vec<&str> = purposes
        .iter()
        .map(|purpose| match purpose {
            Purpose::Reader => tr!(operations.for_reader),
            Purpose::Issuer => tr!(operations.for_issuer),
            Purpose::Disabler => tr!(operations.for_disabler),
        })
        .collect();
    words.join(" · ")
}

/// A dot and a word for what is right, and one each for what is wrong.
fn marks(verdict: PowerVerdict) -> Vec<AnyView> {
    let mark = |tone, open, word: &'static str| view! { <State tone open word /> }.into_any();
    let little = || mark(Tone::Danger, false, tr!(operations.too_little));
    let much = || mark(Tone::Warn, false, tr!(operations.too_much));
    match verdict {
        PowerVerdict::NotYet => vec![mark(Tone::Plain, true, tr!(operations.not_tried))],
        PowerVerdict::Untried => vec![mark(Tone::Danger, true, tr!(operations.untried))],
        PowerVerdict::Fits => vec![mark(Tone::Ok, false, tr!(operations.fits))],
        PowerVerdict::TooLittle => vec![little()],
        PowerVerdict::TooMuch => vec![much()],
        PowerVerdict::Misplaced => vec![little(), much()],
    }
}

/// The role that it takes in every project.
fn role(purposes: &[Purpose]) -> &'static str {
    if purposes == [Purpose::Reader] {
        "Project Read Only"
    } else {
        "Project Owner"
    }
}

fn needs(purposes: &[Purpose]) -> impl IntoView + use<> {
    let works: Vec<&str> = purposes
        .iter()
        .map(|purpose| match purpose {
            Purpose::Reader => tr!(operations.must_reader),
            Purpose::Issuer => tr!(operations.must_issuer),
            Purpose::Disabler => tr!(operations.must_disabler),
        })
        .collect();
    view! {
        {works.join(" ")}
        <span class="faint">{tr!(operations.needs, role = role(purposes))}</span>
    }
}

fn can(powers: Powers) -> AnyView {
    let counts = tr!(
        operations.can_counts,
        reads = powers.reads,
        owns = powers.owns,
        projects = powers.projects
    );
    let names = |roles: Option<Vec<String>>| match roles {
        None => tr!(operations.untold).into_any(),
        Some(roles) if roles.is_empty() => tr!(operations.no_role).into_any(),
        Some(roles) => view! { <code>{roles.join(", ")}</code> }.into_any(),
    };
    view! {
        <dt>{tr!(operations.can)}</dt>
        <dd>{counts}</dd>
        <dt>{tr!(operations.project_roles)}</dt>
        <dd>{names(powers.roles)}</dd>
        <dt>{tr!(operations.organisation_roles)}</dt>
        <dd>{names(powers.organisation)}</dd>
    }
    .into_any()
}

fn findings(findings: &[Finding], purposes: &[Purpose]) -> AnyView {
    findings
        .iter()
        .map(|finding| {
            let (what, next) = finding_words(finding, purposes);
            finding_view(finding.is_lack(), what, next)
        })
        .collect_view()
        .into_any()
}

fn finding_view(lack: bool, what: String, next: String) -> impl IntoView {
    let class = if lack {
        "finding danger"
    } else {
        "finding warn"
    };
    view! {
        <div class=class>
            <p>{what}</p>
            <p class="quiet">{next}</p>
        </div>
    }
}

/// What is wrong, and what to do about it.
fn finding_words(finding: &Finding, purposes: &[Purpose]) -> (String, String) {
    let fails = || {
        let words: Vec<&str> = purposes
            .iter()
            .map(|purpose| match purpose {
                Purpose::Reader => tr!(operations.fails_reader),
                Purpose::Issuer => tr!(operations.fails_issuer),
                Purpose::Disabler => tr!(operations.fails_disabler),
            })
            .collect();
        words.join(" ")
    };
    let role = role(purposes);
    match finding {
        Finding::NoProject => (
            tr!(operations.no_project).to_owned(),
            format!(
                "{} {}",
                tr!(operations.no_project_next, role = role),
                fails()
            ),
        ),
        Finding::CannotRead(projects) => (
            tr!(operations.cannot_read, names = named(projects)),
            format!("{} {}", tr!(operations.grant_next, role = role), fails()),
        ),
        Finding::CannotOwn(projects) => (
            tr!(operations.cannot_own, names = named(projects)),
            format!("{} {}", tr!(operations.grant_next, role = role), fails()),
        ),
        Finding::Owns(projects) => (
            tr!(operations.owns, names = named(projects)),
            tr!(operations.owns_next).to_owned(),
        ),
        Finding::ProjectRoles(roles) => (
            tr!(operations.more_roles, names = roles.join(", ")),
            tr!(operations.more_roles_next).to_owned(),
        ),
        Finding::OrganisationRoles(roles) => (
            tr!(operations.org_roles, names = roles.join(", ")),
            tr!(operations.org_roles_next).to_owned(),
        ),
        Finding::OtherProjects(projects) => (
            tr!(operations.other_projects, names = named(projects)),
            tr!(operations.other_projects_next).to_owned(),
        ),
    }
}

fn named(projects: &[ProjectRef]) -> String {
    let names: Vec<&str> = (projects.iter().take(NAMES_MAX))
        .map(|project| project.name.as_str())
        .collect();
    let names = names.join(", ");
    match projects.len().saturating_sub(NAMES_MAX) {
        0 => names,
        more => tr!(
            operations.and_more,
            names = names,
            count = u32::try_from(more).unwrap_or(u32::MAX)
        ),
    }
}
