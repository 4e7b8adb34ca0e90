//! Whatever Atlas answers, the person reads what happened and who does what next, in their language.
//!
//! Every documented status and code goes the whole way: from the body of the answer to the sentence.
#![cfg(feature = "ssr")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    sync::Arc,
};

use app::{
    PortalError,
    layout::{
        RefusalView, TroubleView,
        atlas::{AtlasWords, refusal_words, silence_words},
        sentence_of,
    },
    texts::locale_of,
};
use leptos::prelude::*;
use portal::{
    atlas::{DOCUMENTED, ErrorBody, Unanswered, classify},
    model::{Language, Refusal, RefusalReason, Silence, SilenceReason, Timestamp},
};
use serde_json::json;
use strum::IntoEnumIterator as _;
use time::{Duration, macros::datetime};

const NOW: Timestamp = datetime!(2026-11-22 09:00:00 UTC);
const ADDRESS: &str = "203.0.113.7";
const WAIT_S: u32 = 55;

/// The texts, to find those that nobody is ever told.
const TEXTS: [(Language, &str); 3] = [
    (Language::En, include_str!("../locales/en/atlas.json")),
    (Language::Ko, include_str!("../locales/ko/atlas.json")),
    (Language::Zh, include_str!("../locales/zh/atlas.json")),
];

/// Words of which a next step has at least one.
fn steps(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => &[
            "ask", "tell", "try", "wait", "choose", "check", "take", "leave", "look", "have to",
        ],
        Language::Ko => &[
            "요청",
            "알려",
            "다시",
            "기다",
            "확인",
            "물어",
            "골라",
            "빼고",
            "운영자가",
        ],
        Language::Zh => &["请", "需要运维", "可以申请", "可以请"],
    }
}

/// What Atlas answered, as the client of Atlas tells it.
#[derive(Clone, Debug)]
enum Answer {
    Refused(Refusal),
    Silent(Silence),
}

/// From status and body, as the client does it.
fn read(status: u16, body: &str, retry_after: Option<u32>) -> Answer {
    let retry_at = |after: Option<u32>| after.map(|s| NOW + Duration::seconds(s.into()));
    let explained = ErrorBody::parse(body.as_bytes());
    let code = explained.as_ref().map(|body| body.code().to_owned());
    match explained.and_then(|body| classify(status, &body, retry_after)) {
        Some(refusal) => Answer::Refused(Refusal {
            retry_at: retry_at(refusal.retry_after),
            ..refusal
        }),
        None => Answer::Silent(
            Unanswered::Status {
                status,
                code,
                retry_after,
                retry_at: retry_at(retry_after),
            }
            .silence(),
        ),
    }
}

/// The body that comes with a code: the token endpoint's codes are in small letters.
fn body(status: u16, code: &str) -> String {
    if code.starts_with(char::is_lowercase) {
        json!({"error": code, "error_description": "In words."}).to_string()
    } else {
        let parameters = match code {
            "RATE_LIMITED_TOKEN_BUCKET" => json!(["api/atlas/v2/orgs", WAIT_S, 10, 5, 60]),
            "IP_ADDRESS_NOT_ON_ACCESS_LIST" => json!([ADDRESS]),
            _ => json!([]),
        };
        json!({"detail": "In words.", "error": status, "errorCode": code,
            "parameters": parameters, "reason": "Words"})
        .to_string()
    }
}

fn words(language: Language, answer: &Answer) -> AtlasWords {
    words_at(language, answer, NOW)
}

fn words_at(language: Language, answer: &Answer, now: Timestamp) -> AtlasWords {
    let l = locale_of(language);
    match answer {
        Answer::Refused(refusal) => refusal_words(l, refusal, Some(now)),
        Answer::Silent(silence) => silence_words(l, silence, Some(now)),
    }
}

/// Every documented answer; the same with the codes alone, without address and wait; and whatever
/// else can come in place of an answer.
fn every_answer() -> Vec<(String, Answer)> {
    let mut all = Vec::new();
    for (status, code, _) in DOCUMENTED {
        all.push((
            format!("{status} {code}"),
            read(*status, &body(*status, code), None),
        ));
        let bare = json!({"error": status, "errorCode": code}).to_string();
        let again = read(*status, &bare, Some(WAIT_S));
        all.push((format!("{status} {code}, bare, with Retry-After"), again));
        let bare = read(*status, &bare, None);
        all.push((format!("{status} {code}, bare"), bare));
    }
    for status in [400, 401, 402, 403, 404, 405, 406, 409, 410, 415, 422, 429] {
        let unknown = read(status, &body(status, "NEW_CODE"), None);
        all.push((format!("{status} with a code nobody knows"), unknown));
    }
    for status in [301, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 504] {
        for (what, body) in [
            ("no body", ""),
            ("half a body", r#"{"error":403,"errorCode":"X""#),
            ("a page", "<html><h1>Forbidden</h1></html>"),
            ("an odd code", r#"{"error":403,"errorCode":"<script>"}"#),
        ] {
            all.push((format!("{status} with {what}"), read(status, body, None)));
        }
    }
    let cause = || Arc::new(std::io::Error::other("for the log"));
    for (what, unanswered) in [
        ("no connection", Unanswered::Connect(cause())),
        ("too late", Unanswered::Timeout),
        ("broken off", Unanswered::Broken(cause())),
        ("too long", Unanswered::TooLong),
        ("unreadable", Unanswered::Malformed("for the log")),
        ("unsteady", Unanswered::Unsteady),
    ] {
        all.push((what.to_owned(), Answer::Silent(unanswered.silence())));
    }
    all
}

#[test]
fn every_answer_has_a_sentence_and_a_next_step_in_every_language() {
    for (what, answer) in every_answer() {
        let said = TEXTS.map(|(language, _)| (language, words(language, &answer)));
        for (language, words) in &said {
            for text in [&words.what, &words.next] {
                assert!(text.ends_with(['.', '。']), "{what}: {text}");
                assert!(!text.contains(['{', '}', '!', '<']), "{what}: {text}");
            }
            let next = words.next.to_lowercase();
            let named = steps(*language).iter().any(|step| next.contains(step));
            assert!(named, "{what}: nobody does anything in {next:?}");
        }
        assert!(
            said[0].1.what != said[1].1.what && said[0].1.what != said[2].1.what,
            "{what}"
        );
        assert!(
            said[0].1.next != said[1].1.next && said[0].1.next != said[2].1.next,
            "{what}"
        );
    }
}

#[test]
fn every_reason_is_met_and_has_a_sentence_of_its_own() {
    let (mut refusals, mut silences) = (BTreeSet::new(), BTreeSet::new());
    for (language, _) in TEXTS {
        let mut said: HashMap<String, String> = HashMap::new();
        for (what, answer) in every_answer() {
            let reason = match &answer {
                Answer::Refused(refusal) => {
                    refusals.insert(refusal.reason.to_string());
                    format!("refused {}", refusal.reason)
                }
                Answer::Silent(silence) => {
                    silences.insert(silence.reason.to_string());
                    format!("silent {}", silence.reason)
                }
            };
            let words = words(language, &answer);
            let other = said
                .entry(words.what.clone())
                .or_insert_with(|| reason.clone());
            assert_eq!(*other, reason, "{what}: {}", words.what);
        }
    }
    let all: BTreeSet<String> = RefusalReason::iter().map(|one| one.to_string()).collect();
    assert_eq!(refusals, all);
    let all: BTreeSet<String> = SilenceReason::iter().map(|one| one.to_string()).collect();
    assert_eq!(silences, all);
}

#[test]
fn no_sentence_is_for_nobody() {
    for (language, texts) in TEXTS {
        let texts: BTreeMap<String, String> = serde_json::from_str(texts).expect("are texts");
        let mut said = String::new();
        for (_, answer) in every_answer() {
            for now in [NOW, NOW + Duration::HOUR] {
                let words = words_at(language, &answer, now);
                writeln!(said, "{}\n{}", words.what, words.next).expect("a string takes any text");
            }
        }
        for (key, text) in texts {
            // Said around the sentences.
            let frame = ["refused", "code", "no_code"].contains(&key.as_str());
            let mut parts = (text.split(['{', '}']))
                .filter(|part| !["", "time", "address"].contains(&part.trim()));
            assert!(
                frame || parts.all(|part| said.contains(part)),
                "{key} is never said in {language}: {text}"
            );
        }
    }
}

fn en(status: u16, code: &str) -> AtlasWords {
    words(Language::En, &read(status, &body(status, code), None))
}

#[test]
fn a_401_is_told_apart_four_ways() {
    let told: BTreeSet<String> = [
        "UNEXPECTED_ERROR",
        "USER_UNAUTHORIZED",
        "NOT_IN_GROUP",
        "USER_CANNOT_ACCESS_ORG",
    ]
    .map(|code| en(401, code).what)
    .into();
    assert_eq!(told.len(), 4);
    // And the token endpoint's own.
    assert!(en(401, "invalid_client").what.contains("service account"));
}

#[test]
fn a_403_for_the_address_says_which_address_and_which_list() {
    let words = en(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST");
    assert!(words.what.contains(ADDRESS), "{}", words.what);
    assert!(
        words
            .what
            .contains("API access list of Certdesk’s service account or API key")
    );
    assert!(words.next.contains("The project’s network access list"));
}

#[test]
fn a_405_and_a_409_explain_themselves() {
    let told: BTreeSet<String> = [
        (405, "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES"),
        (405, "METHOD_NOT_ALLOWED"),
        (409, "USER_ALREADY_EXISTS"),
        (409, "DATABASE_USERNAME_CANNOT_BE_CHANGED"),
        (409, "NEW_CODE"),
    ]
    .map(|(status, code)| en(status, code).what)
    .into();
    assert_eq!(told.len(), 5);
}

fn limited() -> Refusal {
    match read(429, &body(429, "RATE_LIMITED_TOKEN_BUCKET"), None) {
        Answer::Refused(refusal) => refusal,
        Answer::Silent(silence) => panic!("is no refusal: {silence:?}"),
    }
}

fn next_at(now: Timestamp) -> String {
    refusal_words(locale_of(Language::En), &limited(), Some(now)).next
}

#[test]
fn a_429_says_how_long_to_wait_and_never_less_than_it_is() {
    let at = |seconds: f64| next_at(NOW + Duration::seconds_f64(seconds));
    assert!(at(0.0).ends_with("Try again in 55\u{a0}s."), "{}", at(0.0));
    assert!(at(50.5).ends_with("Try again in 5\u{a0}s."), "{}", at(50.5));
    assert!(at(55.0).contains("is over: try again"), "{}", at(55.0));
    let early = next_at(NOW - Duration::seconds(70));
    assert!(early.ends_with("in 3\u{a0}min."), "{early}");
}

#[test]
fn the_moment_until_which_to_wait_is_there_to_be_seen() {
    let owner = Owner::new();
    let html = owner.with(|| {
        let refusal = limited();
        view! { <RefusalView refusal now=NOW /> }.to_html()
    });
    assert!(html.contains("title=\"2026-11-22 09:00:55 UTC\""), "{html}");
    assert!(
        html.contains("RATE_LIMITED_TOKEN_BUCKET · HTTP\u{a0}429"),
        "{html}"
    );
    let html = owner.with(|| {
        let sentence = sentence_of(locale_of(Language::En), &PortalError::Refused(limited()));
        view! { <TroubleView sentence status=502 /> }.to_html()
    });
    assert!(html.contains("datetime=\"2026-11-22T09:00:55Z\""), "{html}");
}

#[test]
fn the_operator_gets_code_and_status_with_every_sentence() {
    for (what, answer) in every_answer() {
        let (error, status, code) = match answer {
            Answer::Refused(refusal) => (
                PortalError::Refused(refusal.clone()),
                Some(refusal.status),
                Some(refusal.code),
            ),
            Answer::Silent(silence) => (
                PortalError::Unanswered(silence.clone()),
                silence.status,
                silence.code,
            ),
        };
        for (language, _) in TEXTS {
            let next = sentence_of(locale_of(language), &error).next;
            let status = status.map_or_else(String::new, |status| format!("HTTP\u{a0}{status}"));
            assert!(next.contains(&status), "{what}: {next}");
            assert!(
                next.contains(code.as_deref().unwrap_or_default()),
                "{what}: {next}"
            );
        }
    }
}

/// What a reviewer reads.
#[test]
fn the_table_of_documented_answers_is_as_reviewed() {
    let mut table = String::new();
    for (status, code, reason) in DOCUMENTED {
        let words = en(*status, code);
        let reason = reason.map_or("no refusal", <&str>::from);
        writeln!(
            table,
            "{status} {code}: {reason}\n  {} {}",
            words.what, words.next
        )
        .expect("a string takes any text");
    }
    insta::assert_snapshot!(table);
}
