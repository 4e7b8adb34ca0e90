//! What a credential's power is held against what it is for. Pure.

use std::collections::BTreeSet;

use strum::IntoEnumIterator as _;
use time::OffsetDateTime;

use crate::{
    atlas::Probe,
    model::{
        CredentialName, CredentialRow, Finding, GroupId, Powers, ProjectRef, Purpose, Refusal,
        Silence, Trial,
    },
};

/// *Project Owner*, which contains every other role in a project.
const OWNER: &str = "GROUP_OWNER";
/// Roles in a project that change nothing there.
const READING: [&str; 1] = ["GROUP_READ_ONLY"];
/// *Organization Owner*, which owns every project.
const ORGANISATION_OWNER: &str = "ORG_OWNER";
/// Roles in an organisation that change nothing there. Every credential has the first.
const HARMLESS: [&str; 2] = ["ORG_MEMBER", "ORG_READ_ONLY"];

/// One purpose's credential, and what came of trying it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// What it serves for.
    pub purpose: Purpose,
    /// Which it is.
    pub name: CredentialName,
    /// When it was tried, and what came of that.
    pub told: Option<(OffsetDateTime, Told)>,
}

/// What came of trying a credential, before it is judged.
#[derive(Clone, Debug)]
pub enum Told {
    /// It was tried.
    Found(Probe),
    /// Atlas refused it altogether.
    Refused(Refusal),
    /// Atlas did not answer.
    Unanswered(Silence),
}

/// The credentials, each once, with where their power is too little or too much.
pub fn judged(tried: &[Tried]) -> Vec<CredentialRow> {
    let reader = tried.iter().find(|one| one.purpose == Purpose::Reader);
    let mut rows: Vec<CredentialRow> = Vec::new();
    for purpose in Purpose::iter() {
        let Some(one) = tried.iter().find(|one| one.purpose == purpose) else {
            continue;
        };
        if rows.iter().any(|row| row.name == one.name) {
            continue;
        }
        let purposes: Vec<Purpose> = Purpose::iter()
            .filter(|purpose| {
                tried
                    .iter()
                    .any(|other| other.purpose == *purpose && other.name == one.name)
            })
            .collect();
        let seen_by_reader = match reader.and_then(|reader| reader.told.as_ref()) {
            Some((_, Told::Found(probe))) if !purposes.contains(&Purpose::Reader) => Some(probe),
            _ => None,
        };
        rows.push(CredentialRow {
            name: one.name.clone(),
            tried_at: one.told.as_ref().map(|(at, _)| *at),
            trial: match &one.told {
                None => Trial::NotYet,
                Some((_, Told::Refused(refusal))) => Trial::Refused(refusal.clone()),
                Some((_, Told::Unanswered(silence))) => Trial::Unanswered(silence.clone()),
                Some((_, Told::Found(probe))) => {
                    Trial::Done(powers(probe, &purposes, seen_by_reader))
                }
            },
            purposes,
        });
    }
    rows
}

fn powers(probe: &Probe, purposes: &[Purpose], reader: Option<&Probe>) -> Powers {
    // What the reader sees is what the portal is for; where that is not known, what this one sees.
    let expected: Vec<&ProjectRef> = (reader.unwrap_or(probe).projects.iter())
        .map(|probed| &probed.project)
        .collect();
    let among = |allowed: &dyn Fn(&GroupId) -> bool| {
        let count = expected.iter().filter(|project| allowed(&project.id));
        u32::try_from(count.count()).unwrap_or(u32::MAX)
    };
    let reads = |id: &GroupId| has(probe, id, |probed| probed.reads);
    let owns = |id: &GroupId| has(probe, id, |probed| probed.owns);
    let roles: Vec<&Vec<String>> = (probe.projects.iter())
        .filter_map(|probed| probed.roles.as_ref())
        .collect();
    Powers {
        projects: u32::try_from(expected.len()).unwrap_or(u32::MAX),
        reads: among(&reads),
        owns: among(&owns),
        roles: (!roles.is_empty()).then(|| {
            let each: BTreeSet<&String> = roles.into_iter().flatten().collect();
            each.into_iter().cloned().collect()
        }),
        organisation: probe.organisation.clone(),
        findings: findings(probe, purposes, reader, &expected),
    }
}

fn has(
    probe: &Probe,
    id: &GroupId,
    allowed: impl Fn(&crate::atlas::ProbedProject) -> bool,
) -> bool {
    probe
        .projects
        .iter()
        .any(|probed| probed.project.id == *id && allowed(probed))
}

fn findings(
    probe: &Probe,
    purposes: &[Purpose],
    reader: Option<&Probe>,
    expected: &[&ProjectRef],
) -> Vec<Finding> {
    if probe.projects.is_empty() {
        return vec![Finding::NoProject];
    }
    let mut findings = Vec::new();
    let mut found = |projects: Vec<ProjectRef>, finding: fn(Vec<ProjectRef>) -> Finding| {
        if !projects.is_empty() {
            findings.push(finding(projects));
        }
    };
    let lacking = |allowed: fn(&crate::atlas::ProbedProject) -> bool| -> Vec<ProjectRef> {
        expected
            .iter()
            .filter(|project| !has(probe, &project.id, allowed))
            .map(|&project| project.clone())
            .collect()
    };
    let must_own = purposes.iter().any(|purpose| *purpose != Purpose::Reader);
    if must_own {
        found(lacking(|probed| probed.owns), Finding::CannotOwn);
    } else {
        found(lacking(|probed| probed.reads), Finding::CannotRead);
    }

    let organisation: Vec<String> = (probe.organisation.iter().flatten())
        .filter(|role| !HARMLESS.contains(&role.as_str()))
        .cloned()
        .collect();
    // Who owns the organisation owns its projects: one cause, told once.
    let from_above = organisation.iter().any(|role| role == ORGANISATION_OWNER);
    if !must_own && !from_above {
        let owned = probe.projects.iter().filter(|probed| probed.owns);
        found(
            owned.map(|probed| probed.project.clone()).collect(),
            Finding::Owns,
        );
    }
    if let Some(reader) = reader
        && !from_above
    {
        let others = (probe.projects.iter())
            .map(|probed| &probed.project)
            .filter(|project| !has(reader, &project.id, |_| true));
        found(others.cloned().collect(), Finding::OtherProjects);
    }
    if !must_own {
        let roles: BTreeSet<&String> = (probe.projects.iter())
            .flat_map(|probed| probed.roles.iter().flatten())
            .filter(|role| role.as_str() != OWNER && !READING.contains(&role.as_str()))
            .collect();
        if !roles.is_empty() {
            findings.push(Finding::ProjectRoles(roles.into_iter().cloned().collect()));
        }
    }
    if !organisation.is_empty() {
        findings.push(Finding::OrganisationRoles(organisation));
    }
    findings
}
