//! Sentences for what can go wrong: each says what happened and what to do next.

use portal::model::{
    Conflict, Denial, Field, FieldError, Obstacle, Problem, Refusal, RefusalReason, RequestState,
    Upstream,
};

use crate::{components::state_word_in, error::PortalError, i18n::Locale, time, tr_in};

/// What to tell a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// What happened.
    pub title: String,
    /// What to do next.
    pub next: String,
    /// The way there: a label and an address.
    pub way: Option<(String, String)>,
}

impl Sentence {
    fn new(title: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            next: next.into(),
            way: None,
        }
    }

    fn way(self, label: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            way: Some((label.into(), href.into())),
            ..self
        }
    }
}

/// The sentence of an error.
pub fn sentence_of(l: Locale, error: &PortalError) -> Sentence {
    match error {
        PortalError::SignInRequired => {
            Sentence::new(tr_in!(l, errors.sign_in), tr_in!(l, errors.sign_in_next))
                .way(tr_in!(l, errors.sign_in_way), "/auth/login")
        }
        PortalError::StepUpRequired => {
            Sentence::new(tr_in!(l, errors.step_up), tr_in!(l, errors.step_up_next))
        }
        PortalError::NotFound => Sentence::new(
            tr_in!(l, errors.not_found),
            tr_in!(l, errors.not_found_next),
        )
        .way(tr_in!(l, errors.to_today), "/"),
        PortalError::NotAllowed(denial) => denied(l, *denial),
        PortalError::Conflict(conflict) => conflicting(l, conflict),
        PortalError::Invalid(errors) => invalid(l, errors),
        PortalError::Refused(refusal) => Sentence::new(
            tr_in!(l, errors.refused),
            format!("{} ({})", refusal_text(l, refusal), refusal.code),
        ),
        PortalError::Unavailable { upstream } => away(l, *upstream),
        PortalError::Internal { incident } => Sentence::new(
            tr_in!(l, errors.internal),
            tr_in!(l, errors.internal_next, incident = incident.clone()),
        )
        .way(tr_in!(l, errors.to_today), "/"),
        PortalError::Transport => Sentence::new(
            tr_in!(l, errors.transport),
            tr_in!(l, errors.transport_next),
        ),
    }
}

fn denied(l: Locale, denial: Denial) -> Sentence {
    match denial {
        Denial::OwnRequest => Sentence::new(
            tr_in!(l, errors.own_request),
            tr_in!(l, errors.own_request_next),
        ),
        Denial::NotAnOwner => Sentence::new(
            tr_in!(l, errors.not_an_owner),
            tr_in!(l, errors.not_an_owner_next),
        ),
        Denial::NotARequester => Sentence::new(
            tr_in!(l, errors.not_a_requester),
            tr_in!(l, errors.not_a_requester_next),
        ),
        Denial::NotTheRequester => Sentence::new(
            tr_in!(l, errors.not_the_requester),
            tr_in!(l, errors.not_the_requester_next),
        ),
        Denial::NotSecurity => Sentence::new(
            tr_in!(l, errors.not_security),
            tr_in!(l, errors.not_security_next),
        ),
        Denial::NotAnOperator => Sentence::new(
            tr_in!(l, errors.not_an_operator),
            tr_in!(l, errors.not_an_operator_next),
        ),
        Denial::StaleForm => Sentence::new(
            tr_in!(l, errors.stale_form),
            tr_in!(l, errors.stale_form_next),
        ),
        Denial::WrongBrowser => Sentence::new(
            tr_in!(l, errors.wrong_browser),
            tr_in!(l, errors.wrong_browser_next),
        ),
    }
}

fn conflicting(l: Locale, conflict: &Conflict) -> Sentence {
    match conflict {
        Conflict::StateChanged { now } => Sentence::new(
            tr_in!(l, errors.state_changed, state = state_in(l, *now)),
            tr_in!(l, errors.state_changed_next),
        ),
        Conflict::RequestChanged => Sentence::new(
            tr_in!(l, errors.request_changed),
            tr_in!(l, errors.request_changed_next),
        ),
        Conflict::AlreadyAsked { request } => Sentence::new(
            tr_in!(l, errors.already_asked),
            tr_in!(l, errors.already_asked_next),
        )
        .way(
            tr_in!(l, errors.already_asked_way),
            format!("/requests/{request}"),
        ),
        Conflict::IssuanceInProgress => Sentence::new(
            tr_in!(l, errors.issuance_in_progress),
            tr_in!(l, errors.issuance_in_progress_next),
        ),
        Conflict::NotDownloaded => Sentence::new(
            tr_in!(l, errors.not_downloaded),
            tr_in!(l, errors.not_downloaded_next),
        ),
        Conflict::NotAvailable(obstacle) => {
            Sentence::new(obstacle_text(l, *obstacle), obstacle_next(l, *obstacle))
        }
        Conflict::TooLongForProject { most } => Sentence::new(
            tr_in!(l, errors.too_long_for_project, count = u32::from(*most)),
            tr_in!(l, errors.too_long_for_project_next),
        ),
        Conflict::ApprovalExpired => Sentence::new(
            tr_in!(l, errors.approval_expired),
            tr_in!(l, errors.approval_expired_next),
        ),
        Conflict::KeyGone => {
            Sentence::new(tr_in!(l, errors.key_gone), tr_in!(l, errors.key_gone_next))
        }
        Conflict::TooMany { after } => Sentence::new(
            tr_in!(l, errors.too_many),
            tr_in!(l, errors.too_many_after, time = time::exact(l, *after)),
        ),
    }
}

fn invalid(l: Locale, errors: &[FieldError]) -> Sentence {
    let next = match errors {
        [] => tr_in!(l, errors.invalid_unread).to_owned(),
        errors => errors
            .iter()
            .map(|error| {
                format!(
                    "{}: {}",
                    field_name(l, error.field),
                    problem_text(l, error.problem)
                )
            })
            .collect::<Vec<_>>()
            .join(" "),
    };
    Sentence::new(tr_in!(l, errors.invalid), next)
}

fn away(l: Locale, upstream: Upstream) -> Sentence {
    match upstream {
        Upstream::Database => Sentence::new(
            tr_in!(l, errors.database_away),
            tr_in!(l, errors.database_away_next),
        ),
        Upstream::Atlas => Sentence::new(
            tr_in!(l, errors.atlas_away),
            tr_in!(l, errors.atlas_away_next),
        ),
        Upstream::Identity => Sentence::new(
            tr_in!(l, errors.identity_away),
            tr_in!(l, errors.identity_away_next),
        ),
        Upstream::Keys => Sentence::new(
            tr_in!(l, errors.keys_away),
            tr_in!(l, errors.keys_away_next),
        ),
    }
}

fn state_in(l: Locale, state: RequestState) -> String {
    state_word_in(l, state).to_owned()
}

/// A field's name, as its label says it.
pub fn field_name(l: Locale, field: Field) -> &'static str {
    match field {
        Field::Project => tr_in!(l, common.field_project),
        Field::Username => tr_in!(l, common.field_username),
        Field::Months => tr_in!(l, common.field_months),
        Field::Reason => tr_in!(l, common.field_reason),
        Field::Format => tr_in!(l, common.field_format),
        Field::Language => tr_in!(l, common.field_language),
        Field::Theme => tr_in!(l, common.field_theme),
        Field::Search => tr_in!(l, common.field_search),
    }
}

/// What is wrong with a value, and what it should be.
pub fn problem_text(l: Locale, problem: Problem) -> String {
    match problem {
        Problem::Missing => tr_in!(l, errors.missing).to_owned(),
        Problem::TooShort { least } => tr_in!(l, errors.too_short, least = least),
        Problem::TooLong { most } => tr_in!(l, errors.too_long, most = most),
        Problem::NotANumber => tr_in!(l, errors.not_a_number).to_owned(),
        Problem::OutOfRange { least, most } => {
            tr_in!(l, errors.out_of_range, least = least, most = most)
        }
        Problem::Malformed => tr_in!(l, errors.malformed).to_owned(),
        Problem::NotAChoice => tr_in!(l, errors.not_a_choice).to_owned(),
    }
}

/// Why a database user cannot have a managed certificate.
pub fn obstacle_text(l: Locale, obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NotX509 => tr_in!(l, errors.not_x509),
        Obstacle::CustomerUser => tr_in!(l, errors.customer_user),
        Obstacle::CustomerManagedOn => tr_in!(l, errors.customer_managed_on),
        Obstacle::LdapAuthorization => tr_in!(l, errors.ldap),
        Obstacle::UserGone => tr_in!(l, errors.user_gone),
        Obstacle::ProjectGone => tr_in!(l, errors.project_gone),
    }
}

/// What to do instead.
pub fn obstacle_next(l: Locale, obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NotX509 => tr_in!(l, errors.not_x509_next),
        Obstacle::CustomerUser => tr_in!(l, errors.customer_user_next),
        Obstacle::CustomerManagedOn => tr_in!(l, errors.customer_managed_on_next),
        Obstacle::LdapAuthorization => tr_in!(l, errors.ldap_next),
        Obstacle::UserGone => tr_in!(l, errors.user_gone_next),
        Obstacle::ProjectGone => tr_in!(l, errors.project_gone_next),
    }
}

/// What Atlas's refusal means for the person, and what to do.
pub(crate) fn refusal_text(l: Locale, refusal: &Refusal) -> String {
    let text = match refusal.reason {
        RefusalReason::UserNotManaged => tr_in!(l, errors.refused_user_not_managed),
        RefusalReason::CustomerManagedOn => tr_in!(l, errors.refused_customer_managed_on),
        RefusalReason::LifetimeTooLong => tr_in!(l, errors.refused_lifetime_too_long),
        RefusalReason::TooManyCertificates => tr_in!(l, errors.refused_too_many_certificates),
        RefusalReason::NameInvalid => tr_in!(l, errors.refused_name_invalid),
        RefusalReason::InputRefused => tr_in!(l, errors.refused_input),
        RefusalReason::CredentialRefused => tr_in!(l, errors.refused_credential),
        RefusalReason::RoleMissing => tr_in!(l, errors.refused_role_missing),
        RefusalReason::NotInProject => tr_in!(l, errors.refused_not_in_project),
        RefusalReason::AccountSuspended => tr_in!(l, errors.refused_account_suspended),
        RefusalReason::AddressNotAllowed => tr_in!(l, errors.refused_address),
        RefusalReason::AccessListRequired => tr_in!(l, errors.refused_access_list),
        RefusalReason::Forbidden => tr_in!(l, errors.refused_forbidden),
        RefusalReason::ProjectNotFound => tr_in!(l, errors.refused_project_not_found),
        RefusalReason::UserNotFound => tr_in!(l, errors.refused_user_not_found),
        RefusalReason::NotFound => tr_in!(l, errors.refused_not_found),
        RefusalReason::WritesPaused => tr_in!(l, errors.refused_writes_paused),
        RefusalReason::VersionRefused => tr_in!(l, errors.refused_version),
        RefusalReason::Conflict => tr_in!(l, errors.refused_conflict),
        RefusalReason::RateLimited => tr_in!(l, errors.refused_rate_limited),
    };
    match refusal.retry_after {
        Some(seconds) => {
            let wait = time::lasting(l, ::time::Duration::seconds(i64::from(seconds)));
            format!(
                "{text} {}",
                tr_in!(l, errors.refused_retry_after, time = wait)
            )
        }
        None => text.to_owned(),
    }
}
