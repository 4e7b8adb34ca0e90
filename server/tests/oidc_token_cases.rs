//! ID tokens that are not to be believed, each named after what is wrong with it, with the class the
//! audit log gives it.

use portal::testing::START;
use serde_json::{Value, json};

use crate::support::{
    IdentityProvider,
    jwt::{KEYS, Signature, Token},
};

pub(crate) const NOW: i64 = START.unix_timestamp();

pub(crate) type Change = Box<dyn Fn(&mut Token, &IdentityProvider)>;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) class: &'static str,
    pub(crate) change: Change,
}

fn case(
    name: &'static str,
    class: &'static str,
    change: impl Fn(&mut Token, &IdentityProvider) + 'static,
) -> Case {
    Case {
        name,
        class,
        change: Box::new(change),
    }
}

/// A claim with a value it must not have.
fn claim(name: &'static str, claim: &'static str, value: Value, class: &'static str) -> Case {
    case(name, class, move |token, _| {
        token.claim(claim, value.clone());
    })
}

fn head(name: &'static str, field: &'static str, value: Value, class: &'static str) -> Case {
    case(name, class, move |token, _| {
        token.head(field, value.clone());
    })
}

/// Every one of them.
pub(crate) fn all() -> impl Iterator<Item = Case> {
    about_the_answer()
        .into_iter()
        .chain(about_time())
        .chain(about_the_signature())
        .chain(about_the_kind())
}

fn about_the_answer() -> Vec<Case> {
    const UNREADABLE: &str = "token_answer.malformed";
    vec![
        claim("another nonce", "nonce", json!("another"), "id_token.nonce"),
        claim("no nonce", "nonce", Value::Null, "id_token.nonce"),
        claim("a nonce that is no text", "nonce", json!(7), UNREADABLE),
        claim(
            "another audience",
            "aud",
            json!("another"),
            "id_token.audience",
        ),
        claim("no audience", "aud", Value::Null, "id_token.audience"),
        claim("an empty audience", "aud", json!([]), "id_token.audience"),
        claim(
            "an audience too many",
            "aud",
            json!(["certdesk", "another"]),
            "id_token.audience",
        ),
        claim(
            "another authorized party",
            "azp",
            json!("another"),
            "id_token.authorized_party",
        ),
        claim(
            "another issuer",
            "iss",
            json!("https://evil.example"),
            "id_token.issuer",
        ),
        case(
            "an issuer with a slash more",
            "id_token.issuer",
            |token, provider| {
                token.claim("iss", json!(format!("{}/", provider.issuer)));
            },
        ),
        case(
            "an issuer in capitals",
            "id_token.issuer",
            |token, provider| {
                token.claim(
                    "iss",
                    json!(provider.issuer.to_uppercase().replace("HTTP", "http")),
                );
                token.claim("iss", json!(provider.issuer.replace("http:", "HTTP:")));
            },
        ),
        case(
            "an issuer with another scheme",
            "id_token.issuer",
            |token, provider| {
                token.claim("iss", json!(provider.issuer.replace("http:", "https:")));
            },
        ),
        claim("no issuer", "iss", Value::Null, UNREADABLE),
        claim("no subject", "sub", Value::Null, UNREADABLE),
        claim("an empty subject", "sub", json!(""), "id_token.subject"),
        claim(
            "a subject too long",
            "sub",
            json!("x".repeat(256)),
            "id_token.subject",
        ),
        claim(
            "a subject that is not ASCII",
            "sub",
            json!("dána"),
            "id_token.subject",
        ),
        claim(
            "a hash of another access token",
            "at_hash",
            json!("BwcHBwcHBwcHBwcHBwcHBw"),
            "id_token.access_token_hash",
        ),
    ]
}

fn about_time() -> Vec<Case> {
    const UNREADABLE: &str = "token_answer.malformed";
    vec![
        claim(
            "expired a second too long ago",
            "exp",
            json!(NOW - 61),
            "id_token.expired",
        ),
        claim(
            "good for a year",
            "exp",
            json!(NOW + 31_536_000),
            "id_token.lives_too_long",
        ),
        claim("no expiry", "exp", Value::Null, UNREADABLE),
        claim(
            "an expiry in words",
            "exp",
            json!("2026-11-22T10:00:00Z"),
            "id_token.malformed",
        ),
        claim("an expiry as text", "exp", json!("1795338000"), UNREADABLE),
        claim("a negative expiry", "exp", json!(-1), "id_token.expired"),
        claim("no issue time", "iat", Value::Null, UNREADABLE),
        claim(
            "issued in the future",
            "iat",
            json!(NOW + 61),
            "id_token.issued_in_future",
        ),
        claim(
            "issued eleven minutes ago",
            "iat",
            json!(NOW - 660),
            "id_token.too_old",
        ),
        claim(
            "not valid yet",
            "nbf",
            json!(NOW + 61),
            "id_token.not_yet_valid",
        ),
        claim(
            "valid from some text on",
            "nbf",
            json!("soon"),
            "id_token.malformed",
        ),
        claim(
            "signed in tomorrow",
            "auth_time",
            json!(NOW + 86_400),
            "id_token.auth_time",
        ),
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
        case(
            "signed with the public key as a secret",
            SIGNATURE,
            |token, _| {
                token.head("alg", json!("HS256"));
                token.signature = Signature::Shared(KEYS[0].public_der());
            },
        ),
        case(
            "signed with the published key as a secret",
            SIGNATURE,
            |token, _| {
                token.head("alg", json!("HS256"));
                token.signature = Signature::Shared(KEYS[0].jwk().to_string().into_bytes());
            },
        ),
        case("signed by a stranger", SIGNATURE, |token, _| {
            token.signature = Signature::Rsa(2);
        }),
        case(
            "signed with another key of another name",
            "id_token.unknown_key",
            |token, _| {
                token.head("kid", json!("stranger"));
                token.signature = Signature::Rsa(2);
            },
        ),
        case("changed after it was signed", SIGNATURE, |token, _| {
            token.signature = Signature::OfAnother;
        }),
        case("a signature cut off", SIGNATURE, |token, _| {
            token.signature = Signature::CutOff;
        }),
        case("an empty signature", SIGNATURE, |token, _| {
            token.signature = Signature::Exactly(Vec::new());
        }),
        case("a signature of zeros on a curve", SIGNATURE, |token, _| {
            token.head("alg", json!("ES256"));
            token.head("kid", json!("curve"));
            token.signature = Signature::Exactly(vec![0; 64]);
        }),
        case(
            "an algorithm that is not believed",
            SIGNATURE,
            |token, _| token.head("alg", json!("RS512")),
        ),
        case("brings its key along", SIGNATURE, |token, _| {
            token.head("jwk", KEYS[2].jwk());
            token.signature = Signature::Rsa(2);
        }),
        case(
            "says where its key is",
            "id_token.unknown_key",
            |token, provider| {
                token.head("kid", json!("stranger"));
                token.head("jku", json!(format!("{}/elsewhere/keys", provider.issuer)));
                token.head(
                    "x5u",
                    json!(format!("{}/elsewhere/certificate", provider.issuer)),
                );
                token.signature = Signature::Rsa(2);
            },
        ),
    ]
}

fn about_the_kind() -> Vec<Case> {
    const UNREADABLE: &str = "token_answer.malformed";
    vec![
        head(
            "demands what nobody knows",
            "crit",
            json!(["b64"]),
            "id_token.kind",
        ),
        head("holds another token", "cty", json!("JWT"), "id_token.kind"),
        head("an access token", "typ", json!("at+jwt"), "id_token.kind"),
        head(
            "a logout token",
            "typ",
            json!("logout+jwt"),
            "id_token.kind",
        ),
        case("a claim that occurs twice", UNREADABLE, |token, _| {
            token.raw_payload = Some(token.claims.to_string().replacen(
                '{',
                "{\"sub\":\"olga\",",
                1,
            ));
        }),
        case(
            "a claim of ours that occurs twice",
            "token.malformed",
            |token, _| {
                token.raw_payload = Some(token.claims.to_string().replacen(
                    '{',
                    "{\"groups\":[\"certdesk-security\"],",
                    1,
                ));
            },
        ),
        case("not JSON", UNREADABLE, |token, _| {
            token.raw_payload = Some("dana".to_owned());
        }),
    ]
}
