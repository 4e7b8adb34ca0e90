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
    /// The same is given twice.
    #[error("is given twice")]
    Repeated,
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
    /// What will open the downloaded file.
    Passphrase,
    /// The interface language.
    Language,
    /// Light, dark or the system's.
    Theme,
    /// A search text.
    Search,
    /// The project's or database user's name, typed again before something that cannot be undone.
    Typed,
    /// What a database user may do.
    Roles,
    /// Clusters a database user is limited to.
    Clusters,
    /// "Although clusters are busy": their names, one per line.
    Override,
    /// What security says was made.
    Verdict,
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
    /// Too many of Atlas's answers were lost in a short time: nothing new is begun until then.
    IssuancePaused {
        /// When it goes on, if no more are lost.
        until: OffsetDateTime,
    },
    /// The certificate is explained already: by the log, or by somebody.
    NothingToExplain,
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
    /// The change has moved on since the page was shown.
    ChangeMoved {
        /// What it is now.
        now: super::ChangeState,
    },
    /// The second person saw a different version of the change.
    ChangeDiffers,
    /// A change of the same thing is under way.
    ChangeUnderWay {
        /// That change.
        change: super::ChangeId,
    },
    /// Customer-managed X.509 cannot be switched off now.
    NotDisablable(super::DisableBlock),
    /// Clusters are not known to be idle, and the second person has not said that it should be done all
    /// the same.
    ClustersBusy {
        /// Which; [`ANY_CLUSTER`](super::ANY_CLUSTER) where Atlas does not tell.
        clusters: Vec<String>,
    },
    /// A new database user cannot have this name.
    NameRefused(super::NameCheck),
    /// What Atlas lists is no longer what the change was asked for.
    AtlasDiffers,
    /// The change changes nothing.
    NothingChanges,
    /// The person who asked for the change is no owner of the project any more.
    RequesterLeft,
    /// The person who said yes to the change may not any more.
    SecondLeft,
    /// A certificate of the database user is being made, or it is not known whether it was.
    CertificateUnsettled,
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
    /// 400: Atlas keeps the name for itself.
    NameBlocked,
    /// 400: a role that does not exist, or not on that database.
    RoleUnknown,
    /// 400: a role that may not be given.
    RoleRestricted,
    /// 400: a role given twice.
    RoleRepeated,
    /// 400: the user would have a second way of signing in.
    SignInMixed,
    /// 400: the user would end by itself, which Atlas does not do to users with X.509.
    UserTemporary,
    /// 400: an authority of the customer's that has ended, or is none.
    AuthorityRefused,
    /// 400: the call itself is not as Atlas wants it, whatever was asked for.
    CallRefused,
    /// 400: any other complaint about what was sent.
    InputRefused,
    /// 401: the credential is wrong or has been revoked.
    CredentialRefused,
    /// 400 or 401 of the token endpoint: the service account is unknown, or its secret is wrong or over.
    SecretRefused,
    /// 403 of the token endpoint: the service account gets no token.
    TokenDenied,
    /// 401: the credential lacks the role.
    RoleMissing,
    /// 401: the credential does not belong to the project, or there is no such project.
    NotInProject,
    /// 401: the credential does not belong to the organisation.
    NotInOrganisation,
    /// 402: the organisation is suspended.
    AccountSuspended,
    /// 402: the organisation has no means of payment.
    PaymentMissing,
    /// 403: the portal's address is not on the credential's API access list.
    AddressNotAllowed,
    /// 403: the organisation demands an API access list and the credential has none.
    AccessListRequired,
    /// 403: the project has as many database users as Atlas allows.
    UserLimitReached,
    /// 403: the project's plan does not include it.
    FeatureMissing,
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
    /// 405, 406, 415, 422: the API generation does not fit.
    VersionRefused,
    /// 410: the API version has been switched off.
    VersionGone,
    /// 409: there is a database user of that name.
    UserExists,
    /// 409: name, database and kind of sign-in of a database user never change.
    UserUnchangeable,
    /// 409: it collides with something else that is there.
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
    /// When that is over, by the portal's clock.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub retry_at: Option<OffsetDateTime>,
    /// The IP address that Atlas says it does not let in ([`RefusalReason::AddressNotAllowed`]).
    #[serde(default)]
    pub address: Option<String>,
}

/// Atlas said nothing, or nothing that can be relied on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// What happened instead of an answer.
    pub reason: SilenceReason,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// Atlas's own `errorCode`, where there was one, for the operator.
    pub code: Option<String>,
    /// Seconds to wait, where the answer said so.
    pub retry_after: Option<u32>,
    /// When that is over, by the portal's clock.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub retry_at: Option<OffsetDateTime>,
}

/// What happened instead of an answer of Atlas's.
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
pub enum SilenceReason {
    /// No connection: name resolution, TCP or TLS.
    Connect,
    /// It took too long.
    Timeout,
    /// The connection broke.
    Broken,
    /// 500 and its like: Atlas has trouble of its own.
    ServerError,
    /// 503: Atlas takes no calls for a while.
    Paused,
    /// A refusal without Atlas's own explanation: somebody between may have answered.
    Unexplained,
    /// A status that is no answer, such as a redirection.
    OddStatus,
    /// An answer that cannot be read, or is longer than any.
    Unreadable,
    /// A list that changed while it was read, more than once.
    Unsteady,
}
