//! ID tokens that are not to be believed, each named after what is wrong with it.

use axum::http::StatusCode;
use portal::testing::START;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    IdentityProvider, TestWeb,
    jwt::{KEYS, Signature, Token, encode},
};

const NOW: i64 = START.unix_timestamp();

type Change = Box<dyn Fn(&mut Token, &IdentityProvider)>;

struct Case {
    name: &'static str,
    class: &'static str,
    change: Change,
}

fn case(
    name: &'static str,
    class: &'static str,
    change: impl Fn(&mut Token, &IdentityProvider) + 'static,
) -> Case {
    Case { name, class, change: Box::new(change) }
}

/// A claim with a value it must not have.
fn claim(name: &'static str, claim: &'static str, value: Value, class: &'static str) -> Case {
    case(name, class, move |token, _| token.claim(claim, value.clone()))
}

fn head(name: &'static str, field: &'static str, value: Value, class: &'static str) -> Case {
    case(name, class, move |token, _| token.head(field, value.clone()))
}

fn about_the_answer() -> Vec<Case> {
    const UNREADABLE: &str = "token_answer.malformed";
    vec![
        claim("another nonce", "nonce", json!("another"), "id_token.nonce"),
        claim("no nonce", "nonce", Value::Null, "id_token.nonce"),
        claim("a nonce that is no text", "nonce", json!(7), UNREADABLE),
        claim("another audience", "aud", json!("another"), "id_token.audience"),
        claim("no audience", "aud", Value::Null, "id_token.audience"),
        claim("an empty audience", "aud", json!([]), "id_token.audience"),
        claim("an audience too many", "aud", json!(["certdesk", "another"]), "id_token.audience"),
        claim("another authorized party", "azp", json!("another"), "id_token.authorized_party"),
        claim("another issuer", "iss", json!("https://evil.example"), "id_token.issuer"),
        case("an issuer with a slash more", "id_token.issuer", |token, provider| {
            token.claim("iss", json!(format!("{}/", provider.issuer)));
        }),
        case("an issuer in capitals", "id_token.issuer", |token, provider| {
            token.claim("iss", json!(provider.issuer.to_uppercase().replace("HTTP", "http")));
            token.claim("iss", json!(provider.issuer.replace("http:", "HTTP:")));
        }),
        case("an issuer with another scheme", "id_token.issuer", |token, provider| {
            token.claim("iss", json!(provider.issuer.replace("http:", "https:")));
        }),
        claim("no issuer", "iss", Value::Null, UNREADABLE),
        claim("no subject", "sub", Value::Null, UNREADABLE),
        claim("an empty subject", "sub", json!(""), "id_token.subject"),
        claim("a subject too long", "sub", json!("x".repeat(256)), "id_token.subject"),
        claim("a subject that is not ASCII", "sub", json!("dána"), "id_token.subject"),
        claim("a hash of another access token", "at_hash", json!(encode(&[7; 16])), "id_token.access_token_hash"),
    ]
}

fn about_time() -> Vec<Case> {
    const UNREADABLE: &str = "token_answer.malformed";
    vec![
        claim("expired a second too long ago", "exp", json!(NOW - 61), "id_token.expired"),
        claim("good for a year", "exp", json!(NOW + 31_536_000), "id_token.lives_too_long"),
        claim("no expiry", "exp", Value::Null, UNREADABLE),
        claim("an expiry in words", "exp", json!("2026-11-22T10:00:00Z"), "id_token.malformed"),
        claim("an expiry as text", "exp", json!("1795338000"), UNREADABLE),
        claim("a negative expiry", "exp", json!(-1), "id_token.expired"),
        claim("no issue time", "iat", Value::Null, UNREADABLE),
        claim("issued in the future", "iat", json!(NOW + 61), "id_token.issued_in_future"),
        claim("issued eleven minutes ago", "iat", json!(NOW - 660), "id_token.too_old"),
        claim("not valid yet", "nbf", json!(NOW + 61), "id_token.not_yet_valid"),
        claim("valid from some text on", "nbf", json!("soon"), "id_token.malformed"),
        claim("signed in tomorrow", "auth_time", json!(NOW + 86_400), "id_token.auth_time"),
    ]
}

fn about_the_signature() -> Vec<Case> {
    const UNREADABLE: &str = "token_answer.malformed";
    const SIGNATURE: &str = "id_token.signature";
    vec![
        case("no signature", SIGNATURE, |token, _| {
            token.head("alg", json!("none"));
            token.signature = Signature::Exactly(Vec::new());
        }),
        case("no signature, in disguise", UNREADABLE, |token, _| {
            token.head("alg", json!("nOnE"));
            token.signature = Signature::Exactly(Vec::new());
        }),
        case("signed with the client's secret", SIGNATURE, |token, _| {
            token.head("alg", json!("HS256"));
            token.signature = Signature::Shared(b"the secret of the client".to_vec());
        }),
        case("signed with the public key as a secret", SIGNATURE, |token, _| {
            token.head("alg", json!("HS256"));
            token.signature = Signature::Shared(KEYS[0].public_der());
        }),
        case("signed with the published key as a secret", SIGNATURE, |token, _| {
            token.head("alg", json!("HS256"));
            token.signature = Signature::Shared(KEYS[0].jwk().to_string().into_bytes());
        }),
        case("signed by a stranger", SIGNATURE, |token, _| token.signature = Signature::Rsa(2)),
        case("signed with another key of another name", "id_token.unknown_key", |token, _| {
            token.head("kid", json!("stranger"));
            token.signature = Signature::Rsa(2);
        }),
        case("changed after it was signed", SIGNATURE, |token, _| token.signature = Signature::OfAnother),
        case("a signature cut off", SIGNATURE, |token, _| token.signature = Signature::CutOff),
        case("an empty signature", SIGNATURE, |token, _| {
            token.signature = Signature::Exactly(Vec::new());
        }),
        case("a signature of zeros on a curve", SIGNATURE, |token, _| {
            token.head("alg", json!("ES256"));
            token.head("kid", json!("curve"));
            token.signature = Signature::Exactly(vec![0; 64]);
        }),
        case("an algorithm that is not believed", SIGNATURE, |token, _| token.head("alg", json!("RS512"))),
        case("brings its key along", SIGNATURE, |token, _| {
            token.head("jwk", KEYS[2].jwk());
            token.signature = Signature::Rsa(2);
        }),
        case("says where its key is", "id_token.unknown_key", |token, provider| {
            token.head("kid", json!("stranger"));
            token.head("jku", json!(format!("{}/elsewhere/keys", provider.issuer)));
            token.head("x5u", json!(format!("{}/elsewhere/certificate", provider.issuer)));
            token.signature = Signature::Rsa(2);
        }),
        head("demands what nobody knows", "crit", json!(["b64"]), "id_token.kind"),
        head("holds another token", "cty", json!("JWT"), "id_token.kind"),
        head("an access token", "typ", json!("at+jwt"), "id_token.kind"),
        head("a logout token", "typ", json!("logout+jwt"), "id_token.kind"),
        case("a claim that occurs twice", UNREADABLE, |token, _| {
            token.raw_payload = Some(token.claims.to_string().replacen('{', "{\"sub\":\"olga\",", 1));
        }),
        case("a claim of ours that occurs twice", "token.malformed", |token, _| {
            token.raw_payload =
                Some(token.claims.to_string().replacen('{', "{\"groups\":[\"certdesk-security\"],", 1));
        }),
        case("not JSON", UNREADABLE, |token, _| token.raw_payload = Some("dana".to_owned())),
    ]
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_token_with_anything_wrong_is_refused(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    provider.script(|script| {
        script.keys = json!({ "keys": [KEYS[0].jwk(), crate::support::jwt::ec_jwk()] });
    });
    let cases = about_the_answer().into_iter().chain(about_time()).chain(about_the_signature());
    let mut tried = 0;
    for (number, Case { name, class, change }) in cases.enumerate() {
        let mut browser = web.browser().at(&format!("192.0.2.{}", number + 1));
        let answer =
            provider.sign_in(&mut browser, "dana", START, |token| change(token, &provider)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(web.last_entry().await, ("login.failed".to_owned(), Some(class.to_owned())), "{name}");
        assert!(!browser.cookies.contains_key(server::session::COOKIE), "{name}");
        assert!(!answer.text().contains(class), "{name}");
        tried += 1;
    }
    assert_eq!(tried, 51);
    assert_eq!(web.count("select count(*) from session").await, 0);
    assert_eq!(web.count("select count(*) from login_attempt").await, 0);
    let elsewhere = provider.calls().other.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(elsewhere, 0, "a key was fetched from where a token said");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_token_that_is_right_is_believed_in_every_form(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    provider.script(|script| {
        script.keys = json!({ "keys": [KEYS[0].jwk(), crate::support::jwt::ec_jwk()] });
    });
    let hash = {
        use sha2::Digest as _;
        encode(&sha2::Sha256::digest(b"the-access-token")[..16])
    };
    let fine: Vec<(&str, Change)> = vec![
        ("as it is", Box::new(|_, _| ())),
        ("a list of one audience", Box::new(|token, _| token.claim("aud", json!(["certdesk"])))),
        ("the authorized party named", Box::new(|token, _| token.claim("azp", json!("certdesk")))),
        ("expired within the leeway", Box::new(|token, _| token.claim("exp", json!(NOW - 59)))),
        ("a clock a little ahead", Box::new(|token, _| token.claim("iat", json!(NOW + 59)))),
        ("a fraction of a second", Box::new(|token, _| token.claim("exp", json!(1_795_338_000.5)))),
        ("the hash of its access token", Box::new(move |token, _| token.claim("at_hash", json!(hash)))),
        ("no type", Box::new(|token, _| token.head("typ", Value::Null))),
        ("no word about when", Box::new(|token, _| token.claim("auth_time", Value::Null))),
        ("a key whose name says it all", Box::new(|token, _| token.head("kid", Value::Null))),
        ("on a curve", Box::new(|token, _| {
            token.head("alg", json!("ES256"));
            token.head("kid", json!("curve"));
            token.signature = Signature::Curve;
        })),
    ];
    for (name, change) in fine {
        let mut browser = web.browser();
        let answer =
            provider.sign_in(&mut browser, "dana", START, |token| change(token, &provider)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}: {:?}", web.last_entry().await);
        assert_eq!(answer.location(), "/account", "{name}");
        assert!(browser.is_signed_in().await, "{name}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_padding_of_the_newer_kind_is_believed_under_its_own_name(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut jwk = KEYS[0].jwk();
    jwk["alg"] = json!("PS256");
    provider.script(|script| script.keys = json!({ "keys": [jwk] }));
    let answer = provider
        .sign_in(&mut web.browser(), "dana", START, |token| token.head("alg", json!("PS256")))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", web.last_entry().await);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_fresh_sign_in_is_fresh(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let mut browser = web.browser();
    let cases = [
        ("without a word about when", Value::Null, StatusCode::BAD_REQUEST),
        ("from before", json!(NOW - 61), StatusCode::BAD_REQUEST),
        ("just now", json!(NOW), StatusCode::SEE_OTHER),
        ("by a clock that is a little behind", json!(NOW - 59), StatusCode::SEE_OTHER),
    ];
    for (name, auth_time, status) in cases {
        let asked = provider.begin(&mut browser, "/auth/login?step_up=1&return_to=/requests").await;
        let query = asked.address.query().unwrap_or_default();
        assert!(query.contains("max_age=0") && query.contains("prompt=login"), "{query}");
        let mut token = provider.good_token(&asked, "dana", START);
        token.claim("auth_time", auth_time);
        provider.give(&token);
        let answer = browser.get(&provider.callback(&asked)).await;
        assert_eq!(answer.status, status, "{name}");
        if status == StatusCode::BAD_REQUEST {
            assert_eq!(web.last_entry().await.1.as_deref(), Some("id_token.auth_time"), "{name}");
        } else {
            assert_eq!(answer.location(), "/requests", "{name}");
        }
    }
}
