//! A browser in words, as far as its `User-Agent` tells.

/// Marks of browsers; the first that fits wins, for most pretend to be others too.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];
const SYSTEMS: &[(&str, &str)] = &[
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// `Firefox, Linux`; what is not recognised is left out.
pub(super) fn in_words(user_agent: &str) -> String {
    let find = |marks: &[(&str, &'static str)]| {
        marks
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let known: Vec<_> = [find(BROWSERS), find(SYSTEMS)]
        .into_iter()
        .flatten()
        .collect();
    known.join(", ")
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn the_browser_is_the_one_it_is_and_not_those_it_pretends_to_be() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                    Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0";
        assert_eq!(in_words(edge), "Edge, Windows");
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1";
        assert_eq!(in_words(safari), "Safari, iPhone");
        assert_eq!(in_words("certbot"), "");
    }
}
