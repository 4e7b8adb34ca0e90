//! Pages for what goes wrong outside the router: no session and no database are needed for them.

use http::{StatusCode, request::Parts};
use leptos::{prelude::*, reactive::owner::Owner};
use portal::model::Language;

use super::{
    boot::SiteFiles,
    caller::Caller,
    cookies,
    language::language_of,
    shell::{Head, lang_of, theme_of},
};
use crate::{
    error::PortalError,
    here::{Facts, Here},
    i18n::Locale,
    layout::{Sentence, TroubleView, sentence_of},
    texts::locale_of,
    tr_in,
};

/// What went wrong, for a page of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// What an operation answered.
    Portal(PortalError),
    /// There is no such address.
    NoSuchPage,
    /// The sign-in did not succeed.
    SignInFailed {
        /// What to tell the operators.
        incident: String,
    },
    /// The sign-out is done.
    SignedOut,
    /// The person did not go through with the sign-in, or the provider refused it.
    SignInDeclined,
    /// A form from another site.
    CrossSite,
    /// More was sent than any form of ours holds.
    TooBig,
    /// Too many requests in a short time.
    TooMany,
    /// The portal has more to do than it can.
    Busy,
    /// It took longer than a page may.
    TimedOut,
    /// An address used in a way it is not meant for.
    WrongMethod,
}

impl Trouble {
    /// The HTTP status that says it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Portal(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::SignedOut => StatusCode::OK,
            Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::SignInFailed { .. } | Self::SignInDeclined => StatusCode::BAD_REQUEST,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::TooBig => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
        }
    }
}

/// A whole document that says what went wrong and what to do next.
///
/// It loads the stylesheet and nothing else, so it needs no nonce.
pub fn error_page(trouble: &Trouble, parts: &Parts, files: &SiteFiles) -> String {
    let caller = parts.extensions.get::<Caller>();
    let language = language_of(parts);
    let theme = caller
        .map(|caller| caller.theme)
        .or_else(|| cookies::theme(parts))
        .unwrap_or_default();
    let owner = Owner::new();
    let html = owner.with(|| {
        provide_context(Here::new(Facts {
            language,
            theme,
            address: "/".to_owned(),
            signed_in: caller.is_some(),
            roles: Vec::new(),
            csrf: String::new(),
            said: None,
            failed: Box::new(|_| ()),
        }));
        let sentence = sentence_in(trouble, language);
        view! {
            <html lang=lang_of(language) data-theme=theme_of(theme)>
                <head>
                    <Head files=files.clone() />
                    <title>{format!("{} · Certdesk", sentence.title)}</title>
                </head>
                <body>
                    <main id="main" class="alone">
                        <TroubleView sentence status=shown_status(trouble) />
                    </main>
                </body>
            </html>
        }
        .to_html()
    });
    owner.cleanup();
    format!("<!DOCTYPE html>{html}")
}

/// Whoever just signed out is told so like anybody who is signed out: without a number.
fn shown_status(trouble: &Trouble) -> u16 {
    match trouble {
        Trouble::SignedOut => PortalError::SignInRequired.status(),
        other => other.status().as_u16(),
    }
}

fn sentence_in(trouble: &Trouble, language: Language) -> Sentence {
    let l: Locale = locale_of(language);
    let home = || Some((tr_in!(l, errors.to_today).to_owned(), "/".to_owned()));
    let sign_in = || {
        Some((
            tr_in!(l, errors.sign_in_again).to_owned(),
            "/auth/login".to_owned(),
        ))
    };
    let (title, next, way) = match trouble {
        Trouble::Portal(error) => return sentence_of(l, error),
        Trouble::NoSuchPage => return sentence_of(l, &PortalError::NotFound),
        Trouble::SignedOut => (
            tr_in!(l, errors.sign_in),
            tr_in!(l, errors.sign_in_next).to_owned(),
            sign_in(),
        ),
        Trouble::SignInFailed { incident } => (
            tr_in!(l, errors.sign_in_failed),
            tr_in!(l, errors.sign_in_failed_next, incident = incident.clone()),
            sign_in(),
        ),
        Trouble::SignInDeclined => (
            tr_in!(l, errors.sign_in_declined),
            tr_in!(l, errors.sign_in_declined_next).to_owned(),
            sign_in(),
        ),
        Trouble::CrossSite => (
            tr_in!(l, errors.cross_site),
            tr_in!(l, errors.cross_site_next).to_owned(),
            home(),
        ),
        Trouble::TooBig => (
            tr_in!(l, errors.too_big),
            tr_in!(l, errors.too_big_next).to_owned(),
            home(),
        ),
        Trouble::TooMany => (
            tr_in!(l, errors.too_many),
            tr_in!(l, errors.too_many_next).to_owned(),
            home(),
        ),
        Trouble::Busy => (
            tr_in!(l, errors.busy),
            tr_in!(l, errors.busy_next).to_owned(),
            home(),
        ),
        Trouble::TimedOut => (
            tr_in!(l, errors.timed_out),
            tr_in!(l, errors.timed_out_next).to_owned(),
            home(),
        ),
        Trouble::WrongMethod => (
            tr_in!(l, errors.wrong_method),
            tr_in!(l, errors.wrong_method_next).to_owned(),
            home(),
        ),
    };
    Sentence {
        title: title.to_owned(),
        next,
        way,
        moment: None,
    }
}
