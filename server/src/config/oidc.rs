//! The identity provider.

use secrecy::SecretString;

use super::{public::web_address, reader::Reader};

/// The identity provider (OpenID Connect).
///
/// - `OIDC__ISSUER`: its issuer identifier, letter for letter as in its discovery document.
/// - `OIDC__CLIENT_ID`, `OIDC__CLIENT_SECRET`: what it knows the portal as.
/// - `OIDC__GROUPS_CLAIM`: the claim that lists a person's groups, in the ID token or userinfo.
/// - `OIDC__SCOPES`: what is asked for besides `openid`.
/// - `OIDC__STEP_UP_SECONDS`: how old a sign-in may be for approving and issuing; 0 where the provider
///   cannot be asked for a fresh one.
/// - `OIDC__ASSUME_S256`: `true` for a provider that supports PKCE with S256 without announcing it.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// Issuer identifier, as written: it is compared letter for letter.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: SecretString,
    /// The claim with the groups.
    pub groups_claim: String,
    /// Scopes besides `openid`.
    pub scopes: Vec<String>,
    /// How old a sign-in may be for approving and issuing.
    pub step_up_s: Option<i64>,
    /// PKCE with S256 is there although the provider does not announce it.
    pub assume_s256: bool,
}

impl Oidc {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let issuer = reader.required(
            "oidc.issuer",
            "the provider's issuer identifier, such as https://sign-in.example.com: https (http only \
             for localhost)",
            |text| web_address(text).filter(|url| url.query().is_none()).map(|_| text.to_owned()),
        );
        let client_id = reader.required(
            "oidc.client_id",
            "the name under which the portal is registered at the provider",
            not_empty,
        );
        let client_secret = reader.secret(
            "oidc.client_secret",
            "the secret the provider gave the portal",
        );
        let groups_claim = reader.with_default(
            "oidc.groups_claim",
            "groups",
            "the name of the claim that lists a person's groups",
            not_empty,
        );
        let scopes = reader.list("oidc.scopes", "profile, email");
        let step_up_s = reader.with_default(
            "oidc.step_up_seconds",
            "300",
            "a number of seconds from 60 to 3600, or 0 where the provider cannot be asked for a fresh sign-in",
            |text| match text.parse::<i64>().ok()? {
                0 => Some(None),
                seconds @ 60..=3600 => Some(Some(seconds)),
                _ => None,
            },
        );
        let assume_s256 =
            reader.with_default("oidc.assume_s256", "false", "true or false", |text| {
                text.parse().ok()
            });
        Some(Self {
            issuer: issuer?,
            client_id: client_id?,
            client_secret: client_secret?,
            groups_claim: groups_claim?,
            scopes: scopes?,
            step_up_s: step_up_s?,
            assume_s256: assume_s256?,
        })
    }
}

fn not_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
