//! The cookie that binds a sign-in to the browser that began it.

use axum_extra::extract::CookieJar;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::{Cookie, SameSite};
use portal::{clock::Random, identity::ATTEMPT_LIFE};

const NAME: &str = "__Host-login";

/// The browser's login secret, if it has one of ours.
pub(super) fn login_secret(cookies: &CookieJar) -> Option<String> {
    let value = cookies.get(NAME)?.value();
    let is_ours = URL_SAFE_NO_PAD
        .decode(value)
        .is_ok_and(|bytes| bytes.len() == 32);
    is_ours.then(|| value.to_owned())
}

/// The secret this browser has or gets. Tabs that sign in at the same time share it, each with an
/// attempt of its own.
pub(super) fn login_cookie(cookies: &CookieJar, random: &Random) -> Cookie<'static> {
    let secret =
        login_secret(cookies).unwrap_or_else(|| URL_SAFE_NO_PAD.encode(random.bytes::<32>()));
    Cookie::build((NAME, secret))
        .path("/")
        .secure(true)
        .http_only(true)
        // With the redirect back from the provider `Strict` would not be sent.
        .same_site(SameSite::Lax)
        .max_age(ATTEMPT_LIFE)
        .build()
}
