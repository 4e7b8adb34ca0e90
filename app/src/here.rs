//! What every part of a page may know about the request it answers.

use std::{collections::BTreeMap, fmt, sync::Arc};

use leptos::prelude::use_context;
use portal::model::{Field, FieldError, Language, Problem, Role, Theme};
use serde::{Deserialize, Serialize};

use crate::error::PortalError;

/// The request a page answers. Provided once by the shell; [`here`] reads it.
#[derive(Clone)]
pub struct Here(Arc<Facts>);

/// What is known about the request.
pub struct Facts {
    /// The language of the page.
    pub language: Language,
    /// Light, dark or what the system says.
    pub theme: Theme,
    /// Path and query of the page.
    pub address: String,
    /// Whether somebody is signed in.
    pub signed_in: bool,
    /// What that person is.
    pub roles: Vec<Role>,
    /// What every form of this session carries.
    pub csrf: String,
    /// What became of the form that led here.
    pub said: Option<Said>,
    /// Told when a page cannot be shown, so that the answer gets its status.
    pub failed: Box<dyn Fn(&PortalError) + Send + Sync>,
}

impl Here {
    /// Wraps the facts.
    pub fn new(facts: Facts) -> Self {
        Self(Arc::new(facts))
    }

    /// The path of the page, without its query.
    pub fn path(&self) -> &str {
        self.address.split('?').next().unwrap_or("/")
    }

    /// Whether the person has any of these roles.
    pub fn is_any(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }

    /// Whether there is a project in which the person may ask for certificates.
    pub fn may_ask(&self) -> bool {
        self.is_any(&[Role::Developer])
    }

    /// What was typed into a field of the form that led back here.
    pub fn typed(&self, field: &str) -> Option<&str> {
        self.said.as_ref()?.typed.get(field).map(String::as_str)
    }

    /// The same, of one form of a page that has several; of the only one where it has no name.
    pub fn typed_in(&self, form: &str, field: &str) -> Option<&str> {
        self.typed(field).filter(|_| self.is_from(form))
    }

    /// What is wrong with a field of that form.
    pub fn problem_in(&self, form: &str, field: Field) -> Option<Problem> {
        self.problem(field).filter(|_| self.is_from(form))
    }

    /// Whether that form led back here.
    fn is_from(&self, form: &str) -> bool {
        form.is_empty() || self.typed("form") == Some(form)
    }

    /// What is wrong with a field of the form that led back here.
    pub fn problem(&self, field: Field) -> Option<Problem> {
        match &self.said.as_ref()?.what {
            What::Failed(PortalError::Invalid(errors)) => errors
                .iter()
                .find(|error: &&FieldError| error.field == field)
                .map(|error| error.problem),
            _ => None,
        }
    }
}

impl std::ops::Deref for Here {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl fmt::Debug for Here {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Here")
            .field("language", &self.language)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Default for Here {
    fn default() -> Self {
        Self::new(Facts {
            language: Language::En,
            theme: Theme::System,
            address: "/".to_owned(),
            signed_in: false,
            roles: Vec::new(),
            csrf: String::new(),
            said: None,
            failed: Box::new(|_| ()),
        })
    }
}

/// The request this page answers.
pub fn here() -> Here {
    use_context().unwrap_or_default()
}

/// What became of a form, told to the page it leads to by a cookie that page eats.
///
/// A cookie and not the address: what was typed stays out of logs and links, the address can be
/// copied, and reloading the page does not repeat the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The path of the page it is meant for.
    pub at: String,
    /// What became of it.
    pub what: What,
    /// What was typed, by field, where it was not taken.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub typed: BTreeMap<String, String>,
}

/// What became of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// It was taken.
    Done(Done),
    /// It was not.
    Failed(PortalError),
}

/// What was done, where the page it leads to does not show it by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Done {
    /// Language and theme are kept.
    PreferencesSaved,
    /// A session was ended.
    SessionEnded,
    /// The request was sent to those who decide.
    RequestSubmitted,
    /// It was approved.
    RequestApproved,
    /// It was denied.
    RequestDenied,
    /// It was taken back.
    RequestWithdrawn,
    /// The key was destroyed here.
    KeyDestroyed,
    /// It is on record what a lost answer was.
    RequestResolved,
    /// It is on record what a certificate is.
    CertificateExplained,
    /// The lists of so many database users were read.
    ListsRead {
        /// How many.
        users: u32,
        /// Certificates found that nothing explains.
        unexplained: u32,
    },
    /// The credentials at Atlas were tried.
    CredentialsTried,
    /// They are being tried.
    CredentialsBeingTried,
    /// A change was sent to those who decide.
    ChangeAsked,
    /// A change was denied.
    ChangeDenied,
    /// A change was taken back.
    ChangeWithdrawn,
}
