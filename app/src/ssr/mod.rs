//! The server's side of the pages: who is calling, what the answer's status is, where it leads.
//!
//! The only module that is not in the wasm. Server functions name it by its full path
//! (`crate::ssr::caller()`), because their bodies are dropped there.

mod answer;
mod boot;
mod caller;
mod cookies;
mod error_page;
mod failure;
mod language;
mod parse;
mod request;
pub mod shell;
mod user_forms;

pub use self::{
    answer::{answer_form, redirect_to, sign_in_address},
    boot::SiteFiles,
    caller::{Caller, caller, form_caller},
    cookies::{keep_pickup_cookie, keep_preferences, pickup_secret, said_cookie},
    error_page::{Trouble, error_page},
    failure::Incident,
    parse::{
        change_address, day_end, day_start, new_request, optional, parse, request_address,
        search_text, x509_address,
    },
    shell::shell,
    user_forms::{GivenRoles, new_roles, new_user, user_deletion},
};
