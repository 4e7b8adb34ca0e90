//! Rows of the portal's tables, as far as the log must agree with them.

use time::OffsetDateTime;
use uuid::Uuid;

/// The rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    /// Requests.
    pub(crate) requests: Vec<RequestRow>,
    /// Attempts to have their certificates made.
    pub(crate) attempts: Vec<AttemptRow>,
    /// Certificates.
    pub(crate) certificates: Vec<CertificateRow>,
    /// Decisions over requests.
    pub(crate) decisions: Vec<DecisionRow>,
    /// Changes of projects.
    pub(crate) changes: Vec<ChangeRow>,
}

/// A request.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct RequestRow {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its project.
    pub(crate) project_id: String,
    /// Its database user.
    pub(crate) username: String,
    /// Who asked.
    pub(crate) requester_id: Uuid,
    /// Where it stands.
    pub(crate) state: String,
    /// When it stops waiting.
    pub(crate) until: Option<OffsetDateTime>,
}

/// An attempt.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct AttemptRow {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its request.
    pub(crate) request_id: Uuid,
    /// The request's project.
    pub(crate) project_id: String,
    /// The request's database user.
    pub(crate) username: String,
    /// Where it stands.
    pub(crate) state: String,
    /// The certificate it led to.
    pub(crate) certificate_id: Option<Uuid>,
    /// Whether a sealed key waits.
    pub(crate) waits: bool,
    /// How often it was downloaded.
    pub(crate) downloads: i16,
}

/// A certificate.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct CertificateRow {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its project.
    pub(crate) project_id: String,
    /// Its serial number.
    pub(crate) serial: i64,
    /// How the portal knows it.
    pub(crate) origin: String,
    /// The request it was made for.
    pub(crate) request_id: Option<Uuid>,
}

/// A decision.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct DecisionRow {
    /// Over which request.
    pub(crate) request_id: Uuid,
    /// Whose.
    pub(crate) decider_id: Uuid,
    /// `approved` or `denied`.
    pub(crate) verdict: String,
}

/// A change of a project.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ChangeRow {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its project.
    pub(crate) project_id: String,
    /// Its database user, if it is about one.
    pub(crate) username: Option<String>,
    /// Where it stands.
    pub(crate) state: String,
    /// When it stops waiting.
    pub(crate) until: Option<OffsetDateTime>,
}
