//! What can go wrong, as codes with typed fields. The sentences are the pages' business.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};
use time::OffsetDateTime;

/// What is wrong with one value a person gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Problem {
    /// Nothing was given.
    #[error("is missing")]
    Missing,
    /// Fewer characters than needed.
    #[error("is shorter than {least} characters")]
    TooShort {
        /// Fewest characters allowed.
        least: u32,
    },
    /// More characters than allowed.
    #[error("is longer than {most} characters")]
    TooLong {
        /// Most characters allowed.
        most: u32,
    },
    /// Not a number at all.
    #[error("is not a number")]
    NotANumber,
    /// A number outside its limits.
    #[error("is not between {least} and {most}")]
    OutOfRange {
        /// Lowest number allowed.
        least: u32,
        /// Highest number allowed.
        most: u32,
    },
    /// Not of the form such a value has.
    #[error("does not have the right form")]
    Malformed,
    /// Well formed, but nothing of that name exists or may be chosen here.
    #[error("is not one of the choices")]
    NotAChoice,
}

/// The form field a [`Problem`] belongs to; its text is the field's name in the form.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, EnumString, IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
pub enum Field {
    /// The Atlas project.
    Project,
    /// The database user.
    Username,
    /// Lifetime in months.
    Months,
    /// Why.
    Reason,
    /// The download's format.
    Format,
    /// The interface language.
    Language,
    /// Light, dark or the system's.
    Theme,
    /// A search text.
    Search,
}

/// One thing wrong with a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Where.
    pub field: Field,
    /// What.
    pub problem: Problem,
}

/// Why somebody may not do what they asked for, where its existence is no secret to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Denial {
    /// Requester and approver must be two people.
    OwnRequest,
    /// Only an owner of the project may.
    NotAnOwner,
    /// Only somebody who may request in this project may.
    NotARequester,
    /// Only the person who asked may.
    NotTheRequester,
    /// Only security may.
    NotSecurity,
    /// Only operators may.
    NotAnOperator,
    /// The form's token does not belong to this session.
    StaleForm,
    /// The pickup cookie is not in this browser, or belongs to another attempt.
    WrongBrowser,
}

/// Why something cannot be done now, although the person may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Conflict {
    /// The request has moved on since the page was shown.
    StateChanged {
        /// What it is now.
        now: super::RequestState,
    },
    /// The approver saw a different version of the request.
    RequestChanged,
    /// There is an open request of the same person for the same user already.
    AlreadyAsked {
        /// That request.
        request: super::RequestId,
    },
    /// Another certificate for this database user is being made right now.
    IssuanceInProgress,
    /// The database user cannot have an Atlas-managed certificate.
    NotAvailable(super::Obstacle),
    /// More months than the project allows.
    TooLongForProject {
        /// The project's limit.
        most: u8,
    },
    /// The approval has run out.
    ApprovalExpired,
    /// A key cannot have been saved that was never downloaded.
    NotDownloaded,
    /// The key has been destroyed: saved, timed out or downloaded too often.
    KeyGone,
    /// Too many requests of this kind in a short time.
    TooMany {
        /// When to try again.
        after: OffsetDateTime,
    },
}

/// Something outside the portal that does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Upstream {
    /// Postgres.
    Database,
    /// The MongoDB Atlas Administration API.
    Atlas,
    /// The company's identity provider.
    Identity,
    /// The folder of sealing keys.
    Keys,
}

/// What Atlas's refusal means for the person, independent of its wording.
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
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// 400: the user is not of the managed kind.
    UserNotManaged,
    /// 400: customer-managed X.509 is on for the project.
    CustomerManagedOn,
    /// 400: more than 24 months.
    LifetimeTooLong,
    /// 400: the user has as many certificates as Atlas allows.
    TooManyCertificates,
    /// 400: the name cannot be a certificate subject.
    NameInvalid,
    /// 400: any other complaint about what was sent.
    InputRefused,
    /// 401: the credential is wrong or has been revoked.
    CredentialRefused,
    /// 401: the credential lacks the role.
    RoleMissing,
    /// 401: the credential does not belong to the project.
    NotInProject,
    /// 402: the organisation is suspended or has no payment.
    AccountSuspended,
    /// 403: the portal's address is not on the credential's access list.
    AddressNotAllowed,
    /// 403: the organisation demands an access list and there is none.
    AccessListRequired,
    /// 403: refused for another reason.
    Forbidden,
    /// 404: no such project.
    ProjectNotFound,
    /// 404: no such database user.
    UserNotFound,
    /// 404: something else is not there.
    NotFound,
    /// 405: Atlas takes no writes while it is upgraded.
    WritesPaused,
    /// 406, 410, 415, 422: the API generation does not fit.
    VersionRefused,
    /// 409: it collides with something that is there.
    Conflict,
    /// 429: too many calls.
    RateLimited,
}

/// A refusal by Atlas: certain that nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What it means.
    pub reason: RefusalReason,
    /// HTTP status.
    pub status: u16,
    /// Atlas's own `errorCode`, for the operator.
    pub code: String,
    /// Seconds to wait, where Atlas said so.
    pub retry_after: Option<u32>,
}
