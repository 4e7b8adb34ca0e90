//! A line about a credential, for the log and the command line: who reads them knows Atlas.

use crate::model::{
    CredentialKind, CredentialRow, Finding, PowerVerdict, Powers, ProjectRef, Purpose, Trial,
};

/// Most projects that are named in one line.
const NAMES_MAX: usize = 5;

/// What is to be said about a credential, in one line.
pub fn sentence(row: &CredentialRow) -> String {
    let purposes: Vec<&str> = row.purposes.iter().map(|purpose| work(*purpose)).collect();
    let kind = match row.name.kind {
        CredentialKind::ServiceAccount => "service account",
        CredentialKind::ApiKey => "API key",
    };
    let verdict = match row.verdict() {
        PowerVerdict::NotYet => "not tried yet",
        PowerVerdict::Untried => "could not be tried",
        PowerVerdict::Fits => "fits",
        PowerVerdict::TooLittle => "too little",
        PowerVerdict::TooMuch => "too much",
        PowerVerdict::Misplaced => "too little and too much",
    };
    let details = match &row.trial {
        Trial::NotYet => String::new(),
        Trial::Refused(refusal) => format!(": Atlas says {} {}", refusal.status, refusal.code),
        Trial::Unanswered(silence) => match silence.status {
            Some(status) => format!(": Atlas answers {status} ({})", silence.reason),
            None => format!(": no answer from Atlas ({})", silence.reason),
        },
        Trial::Done(powers) => done(powers, &row.purposes),
    };
    format!(
        "The credential for {} ({kind} {}): {verdict}{details}",
        purposes.join(" and "),
        row.name.public
    )
}

fn work(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Reader => "reading",
        Purpose::Issuer => "issuing certificates and changing database users",
        Purpose::Disabler => "switching customer-managed X.509 off",
    }
}

fn done(powers: &Powers, purposes: &[Purpose]) -> String {
    let Powers {
        projects,
        reads,
        owns,
        ..
    } = powers;
    let mut text = format!(": reads {reads} and owns {owns} of {projects} projects");
    for finding in &powers.findings {
        text.push_str("; ");
        text.push_str(&finding_text(finding, purposes));
    }
    text
}

fn finding_text(finding: &Finding, purposes: &[Purpose]) -> String {
    let role = if purposes == [Purpose::Reader] {
        "Project Read Only"
    } else {
        "Project Owner"
    };
    match finding {
        Finding::NoProject => format!("it is in no project: make it {role} in each"),
        Finding::CannotRead(projects) | Finding::CannotOwn(projects) => {
            format!("make it {role} in {}", named(projects))
        }
        Finding::Owns(projects) => format!(
            "take Project Owner away from it in {}; Project Read Only is enough",
            named(projects)
        ),
        Finding::ProjectRoles(roles) => format!(
            "take {} away from it; Project Read Only is enough",
            roles.join(", ")
        ),
        Finding::OrganisationRoles(roles) => format!(
            "take {} in the organisation away from it; Organization Member is enough",
            roles.join(", ")
        ),
        Finding::OtherProjects(projects) => format!(
            "take it out of {}, which the reader does not see",
            named(projects)
        ),
    }
}

fn named(projects: &[ProjectRef]) -> String {
    let names: Vec<&str> = (projects.iter().take(NAMES_MAX))
        .map(|project| project.name.as_str())
        .collect();
    match projects.len().checked_sub(NAMES_MAX) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names.join(", ")),
    }
}
