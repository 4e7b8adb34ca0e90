//! Where to go after signing in.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

const LENGTH_MAX: usize = 2_000;
const HOME: &str = "/";

/// The address of the sign-in that comes back to `path`.
pub(crate) fn login_address(path: &str, fresh: bool) -> String {
    let back = utf8_percent_encode(path, NON_ALPHANUMERIC);
    let fresh = if fresh { "step_up=1&" } else { "" };
    format!("/auth/login?{fresh}return_to={back}")
}

/// A path of this portal, or home. Whatever would lead elsewhere, or around in circles, is home.
pub(super) fn safe(given: Option<&str>, public: &Url) -> String {
    given
        .and_then(|given| path_of(given, public))
        .unwrap_or_else(|| HOME.to_owned())
}

fn path_of(given: &str, public: &Url) -> Option<String> {
    if given.len() > LENGTH_MAX || !given.starts_with('/') || given.contains(is_treacherous) {
        return None;
    }
    // Read as a browser would: what it makes of it must still be here.
    let url = public
        .join(given)
        .ok()
        .filter(|url| url.origin() == public.origin())?;
    let path = url.path();
    let lower = path.to_ascii_lowercase();
    let leads_away = ["//", "/%2f", "/%5c"]
        .iter()
        .any(|start| lower.starts_with(start));
    let leads_nowhere = path.starts_with("/auth/") || path.starts_with("/api/");
    if leads_away || leads_nowhere {
        return None;
    }
    Some(
        url.query()
            .map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")),
    )
}

/// Letters that browsers, proxies and logs do not agree about.
fn is_treacherous(letter: char) -> bool {
    letter == '\\' || letter.is_control() || letter.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe_at(given: &str) -> String {
        safe(
            Some(given),
            &Url::parse("https://certdesk.example.com").expect("an address"),
        )
    }

    #[test]
    fn a_path_of_the_portal_is_kept() {
        for path in [
            "/",
            "/requests/42",
            "/audit?type=cert.issued&after=7",
            "/projects/%EC%A0%84",
        ] {
            assert_eq!(safe_at(path), path);
        }
        assert_eq!(safe_at("/requests/42#top"), "/requests/42");
    }

    #[test]
    fn whatever_leads_elsewhere_is_home() {
        for path in [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https:evil.example",
            "https://evil.example",
            "/%2f/evil.example",
            "/%2F%2Fevil.example",
            "/%5cevil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/x/..//evil.example",
            "/x\r\nSet-Cookie: a=b",
            "/\tevil",
            "/ /evil.example",
            "javascript:alert(1)",
            "/auth/login",
            "/auth/logout",
            "/AUTH/../auth/login",
            "/api/x",
            "/\u{0}",
            "/\u{2028}",
            "requests",
        ] {
            assert_eq!(safe_at(path), HOME, "{path:?}");
        }
        assert_eq!(safe_at(&format!("/{}", "x".repeat(10_000))), HOME);
    }

    #[test]
    fn five_thousand_mixtures_of_what_is_treacherous_stay_here() {
        let pieces = [
            "/",
            "\\",
            "//",
            "..",
            ".",
            "%2f",
            "%5C",
            "evil.example",
            "@",
            ":",
            "https:",
            "?",
            "#",
            "\t",
            "\n",
            " ",
            "\u{ff0f}",
            "\u{2044}",
            "%00",
            "javascript:",
        ];
        let public = Url::parse("https://certdesk.example.com").expect("an address");
        for number in 0..5_000_usize {
            let given: String = [number, number / 20, number / 400, number / 7, number / 140]
                .iter()
                .map(|step| pieces[step % pieces.len()])
                .collect();
            let kept = safe(Some(&format!("/{given}")), &public);
            let landed = public.join(&kept).expect("an address");
            assert_eq!(
                landed.origin(),
                public.origin(),
                "{given:?} became {kept:?}"
            );
            assert!(
                kept.starts_with('/') && !kept.starts_with("//"),
                "{given:?} became {kept:?}"
            );
        }
    }
}
