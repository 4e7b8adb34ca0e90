//! Words for what the log records as codes.

use portal::model::{ActorName, DeliveryFormat, EventKind};

use crate::tr;

/// A kind of entry in a word or two, for the filter.
pub fn kind_word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::SessionStarted => tr!(audit.k_session_started),
        EventKind::SessionEnded => tr!(audit.k_session_ended),
        EventKind::LoginFailed => tr!(audit.k_login_failed),
        EventKind::RequestSubmitted => tr!(audit.k_submitted),
        EventKind::RequestApproved => tr!(audit.k_approved),
        EventKind::RequestDenied => tr!(audit.k_denied),
        EventKind::RequestWithdrawn => tr!(audit.k_withdrawn),
        EventKind::RequestExpired => tr!(audit.k_expired),
        EventKind::IssueIntent => tr!(audit.k_intent),
        EventKind::IssueNotSent => tr!(audit.k_not_sent),
        EventKind::IssueCallStarted => tr!(audit.k_call_started),
        EventKind::IssueRejected => tr!(audit.k_rejected),
        EventKind::IssueUnknown => tr!(audit.k_unknown),
        EventKind::IssueNotIssued => tr!(audit.k_not_issued),
        EventKind::IssueAmbiguous => tr!(audit.k_ambiguous),
        EventKind::IssueResolved => tr!(audit.k_resolved),
        EventKind::CertIssued => tr!(audit.k_issued),
        EventKind::CertLost => tr!(audit.k_lost),
        EventKind::CertExplained => tr!(audit.k_explained),
        EventKind::CertDeliveryStarted => tr!(audit.k_delivery_started),
        EventKind::CertDelivered => tr!(audit.k_delivered),
        EventKind::CertUnconfirmed => tr!(audit.k_unconfirmed),
        EventKind::CertUncollected => tr!(audit.k_uncollected),
        EventKind::CertPickupRefused => tr!(audit.k_pickup_refused),
        EventKind::CertPreexisting => tr!(audit.k_preexisting),
        EventKind::CertUnexplained => tr!(audit.k_unexplained),
        EventKind::X509DisableRequested => tr!(audit.k_x509_requested),
        EventKind::X509DisableConfirmed => tr!(audit.k_x509_confirmed),
        EventKind::X509Disabled => tr!(audit.k_x509_disabled),
        EventKind::UserChangeRequested => tr!(audit.k_user_requested),
        EventKind::UserChangeApproved => tr!(audit.k_user_approved),
        EventKind::UserCreated => tr!(audit.k_user_created),
        EventKind::UserUpdated => tr!(audit.k_user_updated),
        EventKind::UserDeleted => tr!(audit.k_user_deleted),
        EventKind::ChangeDenied => tr!(audit.k_change_denied),
        EventKind::ChangeWithdrawn => tr!(audit.k_change_withdrawn),
        EventKind::ChangeExpired => tr!(audit.k_change_expired),
        EventKind::ChangeCallStarted => tr!(audit.k_change_call_started),
        EventKind::ChangeNotSent => tr!(audit.k_change_not_sent),
        EventKind::ChangeRejected => tr!(audit.k_change_rejected),
        EventKind::ChangeUnknown => tr!(audit.k_change_unknown),
        EventKind::ChangeNotApplied => tr!(audit.k_change_not_applied),
        EventKind::ChangeCompleted => tr!(audit.k_change_completed),
        EventKind::AccessDenied => tr!(audit.k_access_denied),
    }
}

/// Kinds that belong together in the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindGroup {
    /// Asking and deciding.
    Requests,
    /// The call to Atlas.
    Issuing,
    /// What was made, and its key.
    Certificates,
    /// What was changed in a project at Atlas.
    Changes,
    /// Who came in, and who was kept out.
    Access,
}

impl KindGroup {
    /// All, in the order of the filter.
    pub const ALL: [Self; 5] = [
        Self::Requests,
        Self::Issuing,
        Self::Certificates,
        Self::Changes,
        Self::Access,
    ];

    /// The group of a kind.
    pub fn of(kind: EventKind) -> Self {
        let name: &str = kind.into();
        match name.split('.').next() {
            Some("request") => Self::Requests,
            Some("issue") => Self::Issuing,
            Some("cert") => Self::Certificates,
            Some("x509" | "user" | "change") => Self::Changes,
            _ => Self::Access,
        }
    }

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requests => tr!(audit.g_requests),
            Self::Issuing => tr!(audit.g_issuing),
            Self::Certificates => tr!(audit.g_certificates),
            Self::Changes => tr!(audit.g_changes),
            Self::Access => tr!(audit.g_access),
        }
    }
}

/// [`why_word`] for what `actor` was refused: "their own request" is "yours" where that is you.
pub fn why_refused(code: &str, actor: &ActorName) -> String {
    match actor {
        ActorName::Person(person) if person.is_you && code == "own_request" => {
            tr!(audit.why_own_request_you).to_owned()
        }
        _ => why_word(code),
    }
}

/// A recorded reason in words; the code itself where there are none for it.
pub fn why_word(code: &str) -> String {
    let words = match code {
        "atlas_away" => tr!(audit.why_atlas_away),
        "database_away" => tr!(audit.why_database_away),
        "too_late" => tr!(audit.why_too_late),
        "process_died" => tr!(audit.why_process_died),
        "refused" => tr!(audit.why_refused),
        "connect" => tr!(audit.why_connect),
        "unprepared" => tr!(audit.why_unprepared),
        "unsendable" => tr!(audit.why_unsendable),
        "timeout" => tr!(audit.why_timeout),
        "reset" => tr!(audit.why_reset),
        "server_error" => tr!(audit.why_server_error),
        "truncated" => tr!(audit.why_truncated),
        "not_pem" => tr!(audit.why_not_pem),
        "clusters_busy" => tr!(audit.why_clusters_busy),
        "certificate_unsettled" => tr!(audit.why_certificate_unsettled),
        "person_left" => tr!(audit.why_person_left),
        "rate_limited" => tr!(audit.why_rate_limited),
        "fault" => tr!(audit.why_fault),
        "redirect" => tr!(audit.why_redirect),
        "oversize" => tr!(audit.why_oversize),
        "unconfirmed" => tr!(audit.why_unconfirmed),
        "unexplained" => tr!(audit.why_unexplained),
        "odd_status" => tr!(audit.why_odd_status),
        "atlas_differs" => tr!(audit.why_atlas_differs),
        "name_refused" => tr!(audit.why_name_refused),
        "other_key" => tr!(audit.why_other_key),
        "other_person" => tr!(audit.why_other_person),
        "wrong_secret" => tr!(audit.why_wrong_secret),
        "too_many_downloads" => tr!(audit.why_too_many_downloads),
        "stale_form" => tr!(audit.why_stale_form),
        "own_request" => tr!(audit.why_own_request),
        "not_an_owner" => tr!(audit.why_not_an_owner),
        "not_a_requester" => tr!(audit.why_not_a_requester),
        "not_the_requester" => tr!(audit.why_not_the_requester),
        "not_security" => tr!(audit.why_not_security),
        "not_an_operator" => tr!(audit.why_not_an_operator),
        code => return code.to_owned(),
    };
    words.to_owned()
}

/// What a key was downloaded as, where that is not what Atlas gave.
pub fn format_word(code: &str) -> Option<&'static str> {
    match code.parse().ok()? {
        DeliveryFormat::Pem => None,
        DeliveryFormat::Split => Some(tr!(audit.as_split)),
        DeliveryFormat::Pkcs12 => Some(tr!(pickup.pkcs12)),
        DeliveryFormat::Kubernetes => Some(tr!(pickup.kubernetes)),
    }
}

/// What somebody tried to do, in the form that follows "tried to".
pub fn action_word(code: &str) -> String {
    let words = match code {
        "submit_request" => tr!(audit.do_submit_request),
        "approve_request" => tr!(audit.do_approve_request),
        "deny_request" => tr!(audit.do_deny_request),
        "withdraw_request" => tr!(audit.do_withdraw_request),
        "issue_certificate" => tr!(audit.do_issue_certificate),
        "request_change" => tr!(audit.do_request_change),
        "approve_change" => tr!(audit.do_approve_change),
        "deny_change" => tr!(audit.do_deny_change),
        "withdraw_change" => tr!(audit.do_withdraw_change),
        "carry_out_change" => tr!(audit.do_carry_out_change),
        "collect_key" => tr!(audit.do_collect_key),
        "resolve_request" => tr!(audit.do_resolve_request),
        "explain_certificate" => tr!(audit.do_explain_certificate),
        "sweep_certificates" => tr!(audit.do_sweep_certificates),
        code if code.starts_with("view_") || code.starts_with("read_") => tr!(audit.do_read),
        code => return tr!(audit.do_other, action = code.to_owned()),
    };
    words.to_owned()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use portal::model::EventKind;

    use super::*;

    #[test]
    fn every_kind_stands_in_a_group() {
        assert_eq!(
            KindGroup::of(EventKind::RequestExpired),
            KindGroup::Requests
        );
        assert_eq!(KindGroup::of(EventKind::IssueUnknown), KindGroup::Issuing);
        assert_eq!(
            KindGroup::of(EventKind::CertUnexplained),
            KindGroup::Certificates
        );
        assert_eq!(KindGroup::of(EventKind::X509Disabled), KindGroup::Changes);
        assert_eq!(KindGroup::of(EventKind::UserDeleted), KindGroup::Changes);
        assert_eq!(KindGroup::of(EventKind::LoginFailed), KindGroup::Access);
        assert_eq!(KindGroup::of(EventKind::AccessDenied), KindGroup::Access);
    }

    #[test]
    fn a_code_without_words_is_shown_as_it_is() {
        assert_eq!(why_word("brand_new"), "brand_new");
        assert_eq!(why_word("connect"), "no connection");
        assert_eq!(action_word("approve_request"), "approve a request");
        assert_eq!(action_word("fly"), "do something (fly)");
    }
}
