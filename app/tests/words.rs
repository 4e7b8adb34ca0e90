//! Every error has a sentence in every language, and every page for trouble stands by itself.
#![cfg(feature = "ssr")]

use app::{
    PortalError, SiteFiles, Trouble, error_page,
    layout::{problem_of, problem_text, sentence_of},
    texts::locale_of,
};
use http::{Request, header};
use portal::model::{
    ChangeId, ChangeState, Conflict, Denial, DisableBlock, Field, FieldError, Language, NameCheck,
    NameVerdict, Obstacle, Problem, Refusal, RefusalReason, RequestId, RequestState, Silence,
    SilenceReason, Timestamp, Upstream,
};

const LANGUAGES: [Language; 3] = [Language::En, Language::Ko, Language::Zh];

/// What can stand in the way of a change of a project.
fn about_changes(now: Timestamp, change: ChangeId) -> [Conflict; 11] {
    let clusters = vec!["payments-0".to_owned()];
    [
        Conflict::ChangeMoved {
            now: ChangeState::Denied,
        },
        Conflict::ChangeDiffers,
        Conflict::ChangeUnderWay { change },
        Conflict::NotDisablable(DisableBlock::NothingToDisable),
        Conflict::NotDisablable(DisableBlock::Recently { until: now }),
        Conflict::NotDisablable(DisableBlock::UnderWay),
        Conflict::NotDisablable(DisableBlock::NotKnown),
        Conflict::ClustersBusy { clusters },
        Conflict::RequesterLeft,
        Conflict::SecondLeft,
        Conflict::CertificateUnsettled,
    ]
}

fn every_error() -> Vec<PortalError> {
    let now = Timestamp::UNIX_EPOCH;
    let request: RequestId = "00000000-0000-0000-0000-000000000001"
        .parse()
        .expect("an id");
    let mut all = vec![
        PortalError::SignInRequired,
        PortalError::StepUpRequired,
        PortalError::NotFound,
        PortalError::Internal {
            incident: "incident-7".to_owned(),
        },
        PortalError::Transport,
        PortalError::Invalid(Vec::new()),
        PortalError::Invalid(vec![FieldError {
            field: Field::Reason,
            problem: Problem::TooShort { least: 10 },
        }]),
    ];
    all.extend(
        [
            Denial::OwnRequest,
            Denial::NotAnOwner,
            Denial::NotARequester,
            Denial::NotTheRequester,
            Denial::NotSecurity,
            Denial::NotAnOperator,
            Denial::StaleForm,
            Denial::WrongBrowser,
        ]
        .map(PortalError::NotAllowed),
    );
    all.extend(
        [
            Conflict::StateChanged {
                now: RequestState::Denied,
            },
            Conflict::RequestChanged,
            Conflict::AlreadyAsked { request },
            Conflict::IssuanceInProgress,
            Conflict::IssuancePaused { until: now },
            Conflict::NothingToExplain,
            Conflict::NotAvailable(Obstacle::NotX509),
            Conflict::TooLongForProject { most: 6 },
            Conflict::ApprovalExpired,
            Conflict::NotDownloaded,
            Conflict::KeyGone,
            Conflict::TooMany { after: now },
        ]
        .map(PortalError::Conflict),
    );
    let check = |verdict| NameCheck {
        username: "jdoe".parse().expect("a name"),
        verdict,
        suggestion: "jdoe-7k2m".parse().expect("a name"),
    };
    let lives = NameVerdict::StillLives {
        certificates: 2,
        ends: now,
    };
    all.extend(
        [NameVerdict::Taken, NameVerdict::HadBefore, lives]
            .map(|verdict| PortalError::Conflict(Conflict::NameRefused(check(verdict)))),
    );
    all.extend([Conflict::AtlasDiffers, Conflict::NothingChanges].map(PortalError::Conflict));
    all.extend(about_changes(now, ChangeId(request.0)).map(PortalError::Conflict));
    all.extend(
        [
            Upstream::Database,
            Upstream::Atlas,
            Upstream::Identity,
            Upstream::Keys,
        ]
        .map(|upstream| PortalError::Unavailable { upstream }),
    );
    all.extend(SilenceReason::iter().map(|reason| {
        PortalError::Unanswered(Silence {
            reason,
            status: Some(500),
            code: None,
            retry_after: None,
            retry_at: None,
        })
    }));
    all.extend(RefusalReason::iter().map(|reason| {
        PortalError::Refused(Refusal {
            reason,
            status: 400,
            code: "SOME_CODE".to_owned(),
            retry_after: None,
            retry_at: None,
            address: None,
        })
    }));
    all
}

use strum::IntoEnumIterator;

#[test]
fn every_error_says_what_happened_and_what_to_do_in_every_language() {
    for error in every_error() {
        let said = LANGUAGES.map(|language| sentence_of(locale_of(language), &error));
        for sentence in &said {
            assert!(
                !sentence.title.is_empty() && !sentence.next.is_empty(),
                "{error:?}"
            );
            assert!(!sentence.title.contains(['{', '!']), "{sentence:?}");
            assert!(!sentence.next.contains(['{', '!']), "{sentence:?}");
        }
        assert_ne!(said[0].title, said[1].title, "{error:?} is not in Korean");
        assert_ne!(said[0].title, said[2].title, "{error:?} is not in Chinese");
    }
}

#[test]
fn a_field_says_what_it_wants_in_every_language() {
    for (field, problem) in [
        (Field::Roles, Problem::Missing),
        (Field::Roles, Problem::Malformed),
        (Field::Roles, Problem::OutOfRange { least: 1, most: 20 }),
        (Field::Clusters, Problem::Missing),
        (Field::Clusters, Problem::NotAChoice),
        (Field::Typed, Problem::NotAChoice),
    ] {
        let said = LANGUAGES.map(|language| problem_of(locale_of(language), field, problem));
        let general = LANGUAGES.map(|language| problem_text(locale_of(language), problem));
        assert_ne!(said, general, "{field} {problem:?}");
        assert!(said[0] != said[1] && said[0] != said[2], "{said:?}");
    }
}

#[test]
fn the_operator_finds_atlass_code_and_our_incident() {
    let l = locale_of(Language::En);
    let refused = PortalError::Refused(Refusal {
        reason: RefusalReason::RoleMissing,
        status: 401,
        code: "USER_UNAUTHORIZED".to_owned(),
        retry_after: Some(60),
        retry_at: None,
        address: None,
    });
    let next = sentence_of(l, &refused).next;
    assert!(
        next.contains("USER_UNAUTHORIZED") && next.contains("60\u{a0}s"),
        "{next}"
    );
    let internal = PortalError::Internal {
        incident: "incident-7".to_owned(),
    };
    assert!(sentence_of(l, &internal).next.contains("incident-7"));
}

#[test]
fn a_page_for_trouble_needs_no_session_no_database_and_no_script() {
    for trouble in [
        Trouble::Portal(PortalError::NotFound),
        Trouble::NoSuchPage,
        Trouble::SignInFailed {
            incident: "incident-7".to_owned(),
        },
        Trouble::SignInDeclined,
        Trouble::CrossSite,
        Trouble::TooBig,
        Trouble::TooMany,
        Trouble::Busy,
        Trouble::TimedOut,
        Trouble::WrongMethod,
    ] {
        let (parts, ()) = Request::get("/auth/callback")
            .header(header::ACCEPT_LANGUAGE, "zh-CN")
            .body(())
            .expect("a request")
            .into_parts();
        let html = error_page(&trouble, &parts, &SiteFiles::default());
        assert!(
            html.starts_with("<!DOCTYPE html><html lang=\"zh-Hans\""),
            "{html}"
        );
        assert!(
            html.contains("<h1>") && html.contains("/pkg/app.css"),
            "{html}"
        );
        assert!(!html.contains("<script"), "{html}");
        assert!(trouble.status().is_client_error() || trouble.status().is_server_error());
    }
}
