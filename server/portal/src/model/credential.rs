//! The portal's credentials at Atlas, and what they turned out to be allowed.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};
use time::OffsetDateTime;

use super::{ProjectRef, Refusal, Silence};

/// What a credential is for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    Display,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Lists.
    Reader,
    /// Makes certificates, and changes database users.
    Issuer,
    /// Switches customer-managed X.509 off.
    Disabler,
}

/// How a credential proves itself.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Display,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A service account.
    ServiceAccount,
    /// An API key.
    ApiKey,
}

/// Which credential: its public half, as Atlas's console shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialName {
    /// How it proves itself.
    pub kind: CredentialKind,
    /// Client id or public key.
    pub public: String,
}

/// One credential on the operations page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRow {
    /// Which.
    pub name: CredentialName,
    /// What it serves for; several where one serves for several.
    pub purposes: Vec<Purpose>,
    /// When it was last tried.
    pub tried_at: Option<OffsetDateTime>,
    /// What came of it.
    pub trial: Trial,
}

/// What came of trying a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trial {
    /// It has not been tried yet.
    NotYet,
    /// It could not be tried: Atlas refused it altogether.
    Refused(Refusal),
    /// It could not be tried: Atlas did not answer.
    Unanswered(Silence),
    /// It was tried.
    Done(Powers),
}

/// What a credential is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Powers {
    /// Projects there are for it: those the reader sees.
    pub projects: u32,
    /// How many of them it reads.
    pub reads: u32,
    /// How many of them it owns.
    pub owns: u32,
    /// Its roles in projects, as Atlas calls them; `None` where Atlas does not tell.
    pub roles: Option<Vec<String>>,
    /// Its roles in the organisation, as Atlas calls them; `None` where Atlas does not tell.
    pub organisation: Option<Vec<String>>,
    /// Where that is too little or too much for what it is for.
    pub findings: Vec<Finding>,
}

/// Where a credential's power is too little or too much for what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// Too little: it sees no project at all.
    NoProject,
    /// Too little: it cannot read these projects.
    CannotRead(Vec<ProjectRef>),
    /// Too little: it does not own these projects.
    CannotOwn(Vec<ProjectRef>),
    /// Too much: it owns these projects, and is only for reading.
    Owns(Vec<ProjectRef>),
    /// Too much: it has these roles in projects, and is only for reading.
    ProjectRoles(Vec<String>),
    /// Too much: it has these roles in the organisation.
    OrganisationRoles(Vec<String>),
    /// Too much: it sees these projects, and the reader does not.
    OtherProjects(Vec<ProjectRef>),
}

impl Finding {
    /// Whether it is about too little.
    pub fn is_lack(&self) -> bool {
        matches!(
            self,
            Self::NoProject | Self::CannotRead(_) | Self::CannotOwn(_)
        )
    }
}

/// What is said about a credential in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum PowerVerdict {
    /// It has not been tried yet.
    NotYet,
    /// It could not be tried.
    Untried,
    /// It may do what it is for, and no more.
    Fits,
    /// It may not do all that it is for.
    TooLittle,
    /// It may do what it is for, and more.
    TooMuch,
    /// It may not do all that it is for, and may do what it is not for.
    Misplaced,
}

impl CredentialRow {
    /// What is to be said about it in one word.
    pub fn verdict(&self) -> PowerVerdict {
        let findings = match &self.trial {
            Trial::NotYet => return PowerVerdict::NotYet,
            Trial::Refused(_) | Trial::Unanswered(_) => return PowerVerdict::Untried,
            Trial::Done(powers) => &powers.findings,
        };
        let lacks = findings.iter().any(Finding::is_lack);
        let exceeds = findings.iter().any(|finding| !finding.is_lack());
        match (lacks, exceeds) {
            (false, false) => PowerVerdict::Fits,
            (true, false) => PowerVerdict::TooLittle,
            (false, true) => PowerVerdict::TooMuch,
            (true, true) => PowerVerdict::Misplaced,
        }
    }
}
