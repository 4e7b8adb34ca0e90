//! Where a form leads.

use std::collections::BTreeMap;

use http::StatusCode;
use leptos::prelude::use_context;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    cookies,
    request::{set_status, wants_page, with_parts},
};
use crate::{
    error::PortalError,
    here::{Done, Said, What},
};

/// Leads the browser on. `303` for a plain form or page, so that a reload repeats nothing.
pub fn redirect_to(address: &str) {
    leptos_axum::redirect(address);
    if with_parts(wants_page) == Some(true) {
        set_status(StatusCode::SEE_OTHER.as_u16());
    }
}

/// Where to sign in, and come back to `address` afterwards.
pub fn sign_in_address(address: &str, fresh: bool) -> String {
    let back = utf8_percent_encode(address, NON_ALPHANUMERIC);
    let fresh = if fresh { "&step_up=1" } else { "" };
    format!("/auth/login?return_to={back}{fresh}")
}

/// Answers a form: on to where it leads, or back to where it stands, with what was typed kept.
///
/// `Ok` holds the address the form leads to and, where that page does not show it by itself, what
/// was done. `back` is the address the form stands at; `typed` what it held.
///
/// # Errors
/// The failure itself, for callers that are no browser form.
pub fn answer_form(
    outcome: Result<(String, Option<Done>), PortalError>,
    back: &str,
    typed: &[(&str, &str)],
) -> Result<(), PortalError> {
    let path = |address: &str| address.split('?').next().unwrap_or("/").to_owned();
    let failure = match outcome {
        Ok((address, done)) => {
            if let Some(done) = done {
                cookies::keep_said(&Said {
                    at: path(&address),
                    what: What::Done(done),
                    typed: BTreeMap::new(),
                });
            }
            redirect_to(&address);
            return Ok(());
        }
        Err(failure) => failure,
    };

    if with_parts(wants_page) == Some(true)
        && use_context::<leptos_axum::ResponseOptions>().is_some()
    {
        cookies::keep_said(&Said {
            at: path(back),
            what: What::Failed(failure.clone()),
            typed: typed
                .iter()
                .map(|(field, text)| ((*field).to_owned(), (*text).to_owned()))
                .collect(),
        });
        match failure {
            PortalError::SignInRequired => redirect_to(&sign_in_address(back, false)),
            PortalError::StepUpRequired => redirect_to(&sign_in_address(back, true)),
            _ => redirect_to(back),
        }
    }
    Err(failure)
}
