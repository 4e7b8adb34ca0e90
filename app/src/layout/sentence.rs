//! Sentences for what can go wrong: each says what happened and what to do next.

use portal::model::{
    Conflict, Denial, Field, FieldError, Obstacle, Problem, RequestState, Timestamp, Upstream,
};

use super::atlas::{code_words, refusal_words, silence_words};
use super::change_sentence as change;
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
    /// The moment that `next` speaks of.
    pub moment: Option<Timestamp>,
}

impl Sentence {
    pub(super) fn new(title: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            next: next.into(),
            way: None,
            moment: None,
        }
    }

    pub(super) fn way(self, label: impl Into<String>, href: impl Into<String>) -> Self {
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
        PortalError::Refused(refusal) => {
            let words = refusal_words(l, refusal, None);
            let code = code_words(l, Some(refusal.status), Some(&refusal.code));
            let next = [Some(words.what), Some(words.next), code];
            Sentence {
                moment: words.moment,
                ..Sentence::new(tr_in!(l, atlas.refused), joined(next))
            }
        }
        PortalError::Unanswered(silence) => {
            let words = silence_words(l, silence, None);
            let code = code_words(l, silence.status, silence.code.as_deref());
            Sentence {
                moment: words.moment,
                ..Sentence::new(words.what, joined([Some(words.next), code, None]))
            }
        }
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

fn joined(parts: [Option<String>; 3]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
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
        Conflict::IssuancePaused { until } => Sentence::new(
            tr_in!(l, errors.issuance_paused),
            tr_in!(
                l,
                errors.issuance_paused_next,
                time = time::exact(l, *until)
            ),
        ),
        Conflict::NothingToExplain => Sentence::new(
            tr_in!(l, errors.nothing_to_explain),
            tr_in!(l, errors.nothing_to_explain_next),
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
        Conflict::ChangeMoved { now } => change::moved(l, *now),
        Conflict::ChangeDiffers => change::differs(l),
        Conflict::ChangeUnderWay { change } => change::under_way(l, *change),
        Conflict::NotDisablable(block) => change::not_disablable(l, block),
        Conflict::ClustersBusy { clusters } => change::clusters_busy(l, clusters),
        Conflict::NameRefused(check) => change::name_refused(l, check),
        Conflict::AtlasDiffers => change::atlas_differs(l),
        Conflict::RequesterLeft => change::requester_left(l),
        Conflict::SecondLeft => change::second_left(l),
        Conflict::CertificateUnsettled => change::certificate_unsettled(l),
        Conflict::NothingChanges => change::nothing_changes(l),
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
                    problem_of(l, error.field, error.problem)
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
        Field::Passphrase => tr_in!(l, common.field_passphrase),
        Field::Language => tr_in!(l, common.field_language),
        Field::Theme => tr_in!(l, common.field_theme),
        Field::Search => tr_in!(l, common.field_search),
        Field::Typed => tr_in!(l, common.field_typed),
        Field::Roles => tr_in!(l, common.field_roles),
        Field::Clusters => tr_in!(l, common.field_clusters),
        Field::Override => tr_in!(l, common.field_override),
        Field::Verdict => tr_in!(l, common.field_verdict),
    }
}

/// What is wrong with a field's value, and what it should be.
pub fn problem_of(l: Locale, field: Field, problem: Problem) -> String {
    match (field, problem) {
        (Field::Typed, Problem::NotAChoice) => tr_in!(l, errors.typed_differs).to_owned(),
        (Field::Roles, Problem::Missing) => tr_in!(l, errors.roles_missing).to_owned(),
        (Field::Roles, Problem::OutOfRange { most, .. }) => {
            tr_in!(l, errors.roles_too_many, most = most)
        }
        (Field::Roles, Problem::NotAChoice) => tr_in!(l, errors.roles_unknown).to_owned(),
        (Field::Roles, Problem::Malformed) => tr_in!(l, errors.roles_malformed).to_owned(),
        (Field::Passphrase, Problem::Malformed) => {
            tr_in!(l, errors.passphrase_malformed).to_owned()
        }
        (Field::Clusters, Problem::Missing) => tr_in!(l, errors.clusters_missing).to_owned(),
        (Field::Clusters, Problem::NotAChoice) => tr_in!(l, errors.clusters_unknown).to_owned(),
        _ => problem_text(l, problem),
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
        Problem::Repeated => tr_in!(l, errors.repeated).to_owned(),
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
        Obstacle::NotApplied => tr_in!(l, errors.not_applied_yet),
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
        Obstacle::NotApplied => tr_in!(l, errors.not_applied_yet_next),
        Obstacle::UserGone => tr_in!(l, errors.user_gone_next),
        Obstacle::ProjectGone => tr_in!(l, errors.project_gone_next),
    }
}
