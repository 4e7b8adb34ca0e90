//! The language of a page: the account's, else this browser's, else what it accepts, else English.

use http::request::Parts;
use portal::model::Language;

use super::{caller::Caller, cookies};

/// The language to answer in.
pub(super) fn language_of(parts: &Parts) -> Language {
    parts
        .extensions
        .get::<Caller>()
        .and_then(|caller| caller.language)
        .or_else(|| cookies::language(parts))
        .or_else(|| cookies::accept_language(parts).and_then(accepted))
        .unwrap_or(Language::En)
}

/// The best of ours in an `Accept-Language`, by its weights.
fn accepted(header: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for part in header.split(',').take(16) {
        let mut pieces = part.split(';').map(str::trim);
        let tag = pieces.next().unwrap_or_default();
        let weight = pieces
            .find_map(|piece| piece.strip_prefix("q="))
            .map_or(Some(1.0), |q| q.parse::<f32>().ok())
            .unwrap_or_default();
        let primary = tag
            .split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let Ok(language) = primary.parse::<Language>() else {
            continue;
        };
        // The first of equals wins, as in the header.
        if weight > 0.0 && best.is_none_or(|(so_far, _)| weight > so_far) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_we_have_is_taken() {
        assert_eq!(accepted("de, ko;q=0.8, en;q=0.9"), Some(Language::En));
        assert_eq!(accepted("zh-Hans-CN,zh;q=0.9,en;q=0.8"), Some(Language::Zh));
        assert_eq!(accepted("ko-KR"), Some(Language::Ko));
    }

    #[test]
    fn a_language_that_is_refused_or_unknown_is_not_taken() {
        assert_eq!(accepted("fr, de"), None);
        assert_eq!(accepted("ko;q=0, en;q=0.1"), Some(Language::En));
        assert_eq!(accepted(""), None);
        assert_eq!(accepted(";;;,,q=,ko;q=x"), None);
    }
}
