//! Sentences for what Atlas says no to, and for when it says nothing: what happened, what it means, and
//! who does what next. The code and the status stand below, for the operator.

use leptos::prelude::*;
use portal::model::{Refusal, RefusalReason, Silence, SilenceReason, Timestamp};

use crate::{i18n::Locale, texts::locale, time, tr_in};

/// Up to so many seconds a wait is told in seconds.
const SECONDS_UP_TO: i64 = 120;

/// What to tell a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtlasWords {
    /// What happened.
    pub what: String,
    /// Who does what next.
    pub next: String,
    /// The moment that `next` speaks of.
    pub moment: Option<Timestamp>,
}

/// How long Atlas asks to wait.
#[derive(Clone, Copy)]
enum Wait {
    /// It does not.
    Unasked,
    /// So many seconds.
    Left(i64),
    /// It is over.
    Over,
}

impl Wait {
    /// Without `now` the answer has just come.
    fn new(after: Option<u32>, at: Option<Timestamp>, now: Option<Timestamp>) -> Self {
        let left = match (after, at, now) {
            (None, ..) => return Self::Unasked,
            // Rounded up: who comes too early is sent away once more.
            (_, Some(at), Some(now)) => {
                let left = at - now;
                left.whole_seconds() + i64::from(left.subsec_nanoseconds() > 0)
            }
            (Some(seconds), ..) => i64::from(seconds),
        };
        if left > 0 {
            Self::Left(left)
        } else {
            Self::Over
        }
    }

    /// "in 55 s", never less than it is.
    fn words(l: Locale, left: i64) -> String {
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        if left <= SECONDS_UP_TO {
            tr_in!(l, common.in_seconds, count = count(left))
        } else {
            let minutes = left.div_euclid(60) + i64::from(left % 60 != 0);
            tr_in!(l, common.in_minutes, count = count(minutes))
        }
    }

    /// `next`, and how long to wait; `with` is `next` with the wait in it, where there is such a text.
    fn told(self, l: Locale, next: &str, with: Option<&dyn Fn(String) -> String>) -> String {
        match (self, with) {
            (Self::Unasked, _) | (Self::Over, None) => next.to_owned(),
            (Self::Over, Some(_)) => tr_in!(l, atlas.wait_over).to_owned(),
            (Self::Left(left), Some(with)) => with(Self::words(l, left)),
            (Self::Left(left), None) => {
                let time = Self::words(l, left);
                format!("{next} {}", tr_in!(l, atlas.asked_to_wait, time = time))
            }
        }
    }
}

/// What Atlas's refusal means. `now` is when the page was made, where the refusal may be older.
pub fn refusal_words(l: Locale, refusal: &Refusal, now: Option<Timestamp>) -> AtlasWords {
    let (what, next) = refused(l, refusal.reason);
    let what = match (&refusal.address, refusal.reason) {
        (Some(address), RefusalReason::AddressNotAllowed) => {
            let address = address.clone();
            tr_in!(
                l,
                atlas.refused_address_not_allowed_named,
                address = address
            )
        }
        _ => what.to_owned(),
    };
    let wait = Wait::new(refusal.retry_after, refusal.retry_at, now);
    let limited = |time| tr_in!(l, atlas.refused_rate_limited_wait, time = time);
    let with: Option<&dyn Fn(String) -> String> = match refusal.reason {
        RefusalReason::RateLimited => Some(&limited),
        _ => None,
    };
    AtlasWords {
        what,
        next: wait.told(l, next, with),
        moment: refusal.retry_at,
    }
}

/// What it means that Atlas gave no answer. `now` as for [`refusal_words`].
pub fn silence_words(l: Locale, silence: &Silence, now: Option<Timestamp>) -> AtlasWords {
    let (what, next) = silent(l, silence.reason);
    let wait = Wait::new(silence.retry_after, silence.retry_at, now);
    let paused = |time| tr_in!(l, atlas.silent_paused_wait, time = time);
    let with: Option<&dyn Fn(String) -> String> = match silence.reason {
        SilenceReason::Paused => Some(&paused),
        _ => None,
    };
    AtlasWords {
        what: what.to_owned(),
        next: wait.told(l, next, with),
        moment: silence.retry_at,
    }
}

/// Code and status, for the operator: `Atlas’s code: USER_UNAUTHORIZED · HTTP 401`.
pub fn code_words(l: Locale, status: Option<u16>, code: Option<&str>) -> Option<String> {
    let status = status?;
    let code = code.unwrap_or(tr_in!(l, atlas.no_code));
    let label = tr_in!(l, atlas.code);
    Some(format!("{label} {code} · HTTP\u{a0}{status}"))
}

/// What happened, and who does what next.
macro_rules! pair {
    ($l:expr, $what:ident, $next:ident) => {
        (tr_in!($l, atlas.$what), tr_in!($l, atlas.$next))
    };
}

fn refused(l: Locale, reason: RefusalReason) -> (&'static str, &'static str) {
    use RefusalReason as R;

    match reason {
        R::UserNotManaged => pair!(l, refused_user_not_managed, refused_user_not_managed_next),
        R::CustomerManagedOn => pair!(
            l,
            refused_customer_managed_on,
            refused_customer_managed_on_next
        ),
        R::LifetimeTooLong => pair!(l, refused_lifetime_too_long, refused_lifetime_too_long_next),
        R::TooManyCertificates => pair!(
            l,
            refused_too_many_certificates,
            refused_too_many_certificates_next
        ),
        R::NameInvalid => pair!(l, refused_name_invalid, refused_name_invalid_next),
        R::NameBlocked => pair!(l, refused_name_blocked, refused_name_blocked_next),
        R::RoleUnknown => pair!(l, refused_role_unknown, refused_role_unknown_next),
        R::RoleRestricted => pair!(l, refused_role_restricted, refused_role_restricted_next),
        R::RoleRepeated => pair!(l, refused_role_repeated, refused_role_repeated_next),
        R::SignInMixed => pair!(l, refused_sign_in_mixed, refused_sign_in_mixed_next),
        R::UserTemporary => pair!(l, refused_user_temporary, refused_user_temporary_next),
        R::AuthorityRefused => pair!(l, refused_authority_refused, refused_authority_refused_next),
        R::CallRefused => pair!(l, refused_call_refused, refused_call_refused_next),
        R::InputRefused => pair!(l, refused_input_refused, refused_input_refused_next),
        R::CredentialRefused => pair!(
            l,
            refused_credential_refused,
            refused_credential_refused_next
        ),
        R::SecretRefused => pair!(l, refused_secret_refused, refused_secret_refused_next),
        R::TokenDenied => pair!(l, refused_token_denied, refused_token_denied_next),
        R::RoleMissing => pair!(l, refused_role_missing, refused_role_missing_next),
        R::NotInProject => pair!(l, refused_not_in_project, refused_not_in_project_next),
        R::NotInOrganisation => pair!(
            l,
            refused_not_in_organisation,
            refused_not_in_organisation_next
        ),
        R::AccountSuspended => pair!(l, refused_account_suspended, refused_account_suspended_next),
        R::PaymentMissing => pair!(l, refused_payment_missing, refused_payment_missing_next),
        R::AddressNotAllowed => pair!(
            l,
            refused_address_not_allowed,
            refused_address_not_allowed_next
        ),
        R::AccessListRequired => pair!(
            l,
            refused_access_list_required,
            refused_access_list_required_next
        ),
        R::UserLimitReached => pair!(
            l,
            refused_user_limit_reached,
            refused_user_limit_reached_next
        ),
        R::FeatureMissing => pair!(l, refused_feature_missing, refused_feature_missing_next),
        R::Forbidden => pair!(l, refused_forbidden, refused_forbidden_next),
        R::ProjectNotFound => pair!(l, refused_project_not_found, refused_project_not_found_next),
        R::UserNotFound => pair!(l, refused_user_not_found, refused_user_not_found_next),
        R::NotFound => pair!(l, refused_not_found, refused_not_found_next),
        R::WritesPaused => pair!(l, refused_writes_paused, refused_writes_paused_next),
        R::VersionRefused => pair!(l, refused_version_refused, refused_version_refused_next),
        R::VersionGone => pair!(l, refused_version_gone, refused_version_gone_next),
        R::UserExists => pair!(l, refused_user_exists, refused_user_exists_next),
        R::UserUnchangeable => pair!(l, refused_user_unchangeable, refused_user_unchangeable_next),
        R::Conflict => pair!(l, refused_conflict, refused_conflict_next),
        R::RateLimited => pair!(l, refused_rate_limited, refused_rate_limited_next),
    }
}

fn silent(l: Locale, reason: SilenceReason) -> (&'static str, &'static str) {
    use SilenceReason as S;

    match reason {
        S::Connect => pair!(l, silent_connect, silent_connect_next),
        S::Timeout => pair!(l, silent_timeout, silent_timeout_next),
        S::Broken => pair!(l, silent_broken, silent_broken_next),
        S::ServerError => pair!(l, silent_server_error, silent_server_error_next),
        S::Paused => pair!(l, silent_paused, silent_paused_next),
        S::Unexplained => pair!(l, silent_unexplained, silent_unexplained_next),
        S::OddStatus => pair!(l, silent_odd_status, silent_odd_status_next),
        S::Unreadable => pair!(l, silent_unreadable, silent_unreadable_next),
        S::Unsteady => pair!(l, silent_unsteady, silent_unsteady_next),
    }
}

/// Why Atlas refused: the sentence for the person, the code for the operator.
#[component]
pub fn RefusalView(
    /// The refusal.
    refusal: Refusal,
    /// When the page was made, where the refusal may be older.
    #[prop(optional, into)]
    now: Option<Timestamp>,
) -> impl IntoView {
    let words = refusal_words(locale(), &refusal, now);
    let code = code_words(locale(), Some(refusal.status), Some(&refusal.code));
    view! { <AtlasWordsView words code /> }
}

/// Why there is no answer from Atlas: the sentence for the person, the status for the operator.
#[component]
pub fn SilenceView(
    /// What happened instead.
    silence: Silence,
    /// When the page was made, where it may have happened earlier.
    #[prop(optional, into)]
    now: Option<Timestamp>,
) -> impl IntoView {
    let words = silence_words(locale(), &silence, now);
    let code = code_words(locale(), silence.status, silence.code.as_deref());
    view! { <AtlasWordsView words code /> }
}

#[component]
fn AtlasWordsView(words: AtlasWords, code: Option<String>) -> impl IntoView {
    view! {
        <div>
            <p>{words.what}</p>
            <p>{at_moment(words.next, words.moment)}</p>
            {code.map(|code| view! { <p class="faint mono">{code}</p> })}
        </div>
    }
}

/// Words about a moment, with the moment itself on hover.
pub fn at_moment(words: String, moment: Option<Timestamp>) -> AnyView {
    match moment {
        Some(at) => view! {
            <time class="wraps" datetime=time::machine(at) title=time::title(at)>
                {words}
            </time>
        }
        .into_any(),
        None => words.into_any(),
    }
}
