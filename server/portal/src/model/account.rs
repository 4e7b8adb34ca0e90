//! The signed-in person and their settings.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};
use time::OffsetDateTime;

use super::{PersonId, ProjectRef};

/// A person, as shown on pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRef {
    /// Who.
    pub id: PersonId,
    /// The name the identity provider gave at the last sign-in.
    pub name: String,
    /// Whether it is the person who looks at the page.
    pub is_you: bool,
}

/// What somebody is in the portal.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumIter,
    IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// May ask for certificates.
    Developer,
    /// Decides over requests of at least one project.
    Owner,
    /// Reads everything, changes nothing.
    Security,
    /// Runs the portal.
    Operator,
}

/// The interface language.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[strum(serialize_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// Korean.
    Ko,
    /// Chinese, simplified characters.
    Zh,
}

/// Colours.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[strum(serialize_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// What the system says.
    #[default]
    System,
    /// Dark ink on paper.
    Light,
    /// The other way round.
    Dark,
}

/// Who is looking, and what every page's frame needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The person.
    pub person: PersonRef,
    /// Their roles, highest first.
    pub roles: Vec<Role>,
    /// The language they chose, if they did.
    pub language: Option<Language>,
    /// The theme they chose.
    pub theme: Theme,
    /// Numbers beside the rooms of the rail.
    pub counts: NavCounts,
    /// The token every form of this session carries.
    pub csrf: String,
}

/// What waits for the person, by room. Capped at 99: counted through an index, never a whole table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NavCounts {
    /// Things to do today.
    pub today: u32,
    /// Requests to decide.
    pub approvals: u32,
    /// Changes of projects to decide.
    pub changes: u32,
}

/// The account page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPage {
    /// The person.
    pub person: PersonRef,
    /// The address the identity provider gave. Shown to the person alone; never a key to anything.
    pub email: Option<String>,
    /// Roles, highest first.
    pub roles: Vec<Role>,
    /// Groups as of the last sign-in.
    pub groups: Vec<String>,
    /// Projects they own.
    pub owns: Vec<ProjectRef>,
    /// Projects they may ask in.
    pub requests_in: Vec<ProjectRef>,
    /// Language chosen.
    pub language: Option<Language>,
    /// Theme chosen.
    pub theme: Theme,
    /// Open sessions, this one first.
    pub sessions: Vec<SessionRow>,
    /// When the page was made.
    pub now: OffsetDateTime,
}

/// One open session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// A public handle of the session: not the cookie's value, and useless as one.
    pub handle: uuid::Uuid,
    /// Whether it is the one that asks.
    pub is_this: bool,
    /// When it began.
    pub started_at: OffsetDateTime,
    /// When it was last used.
    pub last_used_at: OffsetDateTime,
    /// Browser and system, in words, as far as the browser tells.
    pub browser: String,
    /// Address it came from at sign-in.
    pub address: Option<String>,
}
