//! Cookies of the pages. The session's own belongs to the session layer.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{header, request::Parts};
use portal::{
    certificates::pickup,
    model::{Language, RequestId, Theme},
};

use super::request::{add_header, header_text, with_parts};
use crate::here::Said;

const SAID: &str = "__Host-said";
const LANGUAGE: &str = "__Host-language";
const THEME: &str = "__Host-theme";

/// Long enough to sign in again on the way, short enough not to surprise anybody tomorrow.
const SAID_LASTS_S: u32 = 600;
const PICKUP_LASTS_S: u32 = 3_600;
const PREFERENCES_LAST_S: u32 = 31_536_000;
/// Browsers drop a cookie of more than 4096 bytes, name and attributes included.
const COOKIE_MAX: usize = 3_900;

/// A cookie's value.
pub(super) fn cookie<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// `Lax`, every one of them: people come back from the identity provider and from links in their mail,
/// and a page must then know what this browser holds. What matters is done by POST, which no other
/// site can send with these cookies.
fn cookie_line(name: &str, value: &str, lasts_s: u32) -> String {
    format!("{name}={value}; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age={lasts_s}")
}

fn set_cookie(name: &str, value: &str, lasts_s: u32) {
    add_header(header::SET_COOKIE, &cookie_line(name, value, lasts_s));
}

/// Tells the next page what became of the form.
pub(super) fn keep_said(said: &Said) {
    set_cookie(SAID, &said_value(said), SAID_LASTS_S);
}

/// The cookie that tells it, for an answer of a plain route's.
pub fn said_cookie(said: &Said) -> String {
    cookie_line(SAID, &said_value(said), SAID_LASTS_S)
}

fn said_value(said: &Said) -> String {
    let encode = |said: &Said| {
        serde_json::to_vec(said).map_or_else(|_| String::new(), |json| URL_SAFE_NO_PAD.encode(json))
    };
    let mut value = encode(said);
    if value.len() > COOKIE_MAX {
        // The message matters more than what was typed.
        value = encode(&Said {
            typed: std::collections::BTreeMap::new(),
            ..said.clone()
        });
    }
    value
}

/// What became of the form that led to this page; told once.
pub(super) fn take_said(parts: &Parts) -> Option<Said> {
    let said = read_said(cookie(parts, SAID)?)?;
    if said.at != parts.uri.path() {
        return None;
    }
    set_cookie(SAID, "", 0);
    Some(said)
}

fn read_said(value: &str) -> Option<Said> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()
}

/// The language kept by this browser: for pages shown to nobody in particular.
pub(super) fn language(parts: &Parts) -> Option<Language> {
    cookie(parts, LANGUAGE)?.parse().ok()
}

/// The theme kept by this browser.
pub(super) fn theme(parts: &Parts) -> Option<Theme> {
    cookie(parts, THEME)?.parse().ok()
}

/// Keeps language and theme in this browser too, so that pages before the sign-in have them.
pub fn keep_preferences(language: Option<Language>, theme: Theme) {
    match language {
        Some(language) => set_cookie(LANGUAGE, language.into(), PREFERENCES_LAST_S),
        None => set_cookie(LANGUAGE, "", 0),
    }
    set_cookie(THEME, theme.into(), PREFERENCES_LAST_S);
}

/// The secret that opens a request's sealed key, if this browser holds it.
pub fn pickup_secret(request: RequestId) -> Option<String> {
    let name = pickup::cookie_name(request);
    with_parts(|parts| cookie(parts, &name).map(str::to_owned)).flatten()
}

/// Hands this browser the secret that opens the key an attempt will make.
pub fn keep_pickup_cookie(begun: &portal::certificates::Begun) {
    set_cookie(&begun.cookie_name, &begun.secret, PICKUP_LASTS_S);
}

/// Where a request's `Accept-Language` is read.
pub(super) fn accept_language(parts: &Parts) -> Option<&str> {
    header_text(parts, header::ACCEPT_LANGUAGE)
}
