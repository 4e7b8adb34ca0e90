//! One sign-in, from the redirect to the provider to a person.

use std::collections::BTreeSet;

use openidconnect::{
    AccessToken, AuthorizationCode, CsrfToken, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, RequestTokenError, Scope, TokenResponse as _,
    core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType},
};
use portal::{clock::Random, identity::LoginAttempt};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

use super::{
    Provider, Refusal,
    metadata::{self, chain},
    provider::Known,
    token::{self, Believed},
    userinfo,
};

/// A sign-in that has begun.
pub struct Begun {
    /// Where to send the browser.
    pub address: Url,
    /// What must come back with its answer.
    pub state: String,
    /// What is kept until then.
    pub attempt: LoginAttempt,
}

/// Somebody the provider vouches for.
pub struct Identity {
    /// Their subject at the issuer.
    pub sub: String,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: Option<String>,
    /// Their groups.
    pub groups: BTreeSet<String>,
    /// When they proved it.
    pub auth_time: Option<OffsetDateTime>,
    /// The provider's own session.
    pub sid: Option<String>,
    /// The ID token.
    pub id_token: String,
}

/// 256 random bits as base64url: 43 characters, as RFC 7636, 4.1 asks for at least.
fn secret(random: &Random) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    URL_SAFE_NO_PAD.encode(random.bytes::<32>())
}

impl Provider {
    /// Begins a sign-in. `fresh` demands that the person proves again who they are.
    ///
    /// # Errors
    /// When the provider is away.
    pub async fn begin(
        &self,
        random: &Random,
        return_to: String,
        fresh: bool,
    ) -> Result<Begun, Refusal> {
        let known = self.known().await?;
        let verifier = PkceCodeVerifier::new(secret(random));
        let (state, nonce) = (CsrfToken::new(secret(random)), Nonce::new(secret(random)));
        let client = self.client(&known);
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || state,
                move || nonce,
            )
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        if fresh {
            request = request
                .set_max_age(std::time::Duration::ZERO)
                .add_prompt(CoreAuthPrompt::Login);
        }
        let (address, state, nonce) = request.url();
        Ok(Begun {
            address,
            state: state.into_secret(),
            attempt: LoginAttempt {
                nonce: nonce.secret().clone(),
                pkce_verifier: verifier.into_secret(),
                issuer: self.settings.issuer.clone(),
                return_to,
                max_age_s: fresh.then_some(0),
                created_at: self.clock.now(),
            },
        })
    }

    /// Checks who answers (RFC 9207, 2.4), before anything else is believed or sent anywhere.
    ///
    /// # Errors
    /// When it is not the provider that was asked.
    pub async fn check_issuer(
        &self,
        attempt: &LoginAttempt,
        iss: Option<&str>,
    ) -> Result<(), Refusal> {
        match iss {
            Some(iss) if iss == attempt.issuer && iss == self.settings.issuer => Ok(()),
            Some(_) => Err(Refusal::new("answer.issuer", "another issuer answers")),
            None if metadata::names_itself(&self.known().await?.metadata) => Err(Refusal::new(
                "answer.issuer",
                "the answer does not name its issuer",
            )),
            None => Ok(()),
        }
    }

    /// Turns a code into a person: one call to the token endpoint, never repeated.
    ///
    /// # Errors
    /// When anything at all is not as it should be.
    pub async fn finish(&self, attempt: &LoginAttempt, code: String) -> Result<Identity, Refusal> {
        let known = self.known().await?;
        let answer = self
            .client(&known)
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| Refusal::new("token_answer", error))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.pkce_verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|error| token_refusal(&error))?;
        let id_token = answer
            .id_token()
            .ok_or_else(|| Refusal::new("token_answer", "there is no ID token"))?;
        let access_token = answer.access_token();
        let believed = token::believe(self, &known, attempt, id_token, access_token).await?;
        self.identify(&known, believed, access_token).await
    }

    async fn identify(
        &self,
        known: &Known,
        believed: Believed,
        access_token: &AccessToken,
    ) -> Result<Identity, Refusal> {
        let claim = &self.settings.groups_claim;
        let complete = believed.claims.contains_key(claim) && believed.claims.contains_key("name");
        let more = if complete || known.metadata.userinfo_endpoint().is_none() {
            Map::new()
        } else {
            userinfo::fetch(self, known, &believed.sub, access_token.clone()).await?
        };
        // The signed token comes first; userinfo fills in what it does not say.
        let find = |name: &str| {
            userinfo::text(&believed.claims, name).or_else(|| userinfo::text(&more, name))
        };
        let groups: Option<&Value> = believed.claims.get(claim).or_else(|| more.get(claim));
        let email = find("email");
        Ok(Identity {
            name: find("name")
                .or_else(|| find("preferred_username"))
                .or_else(|| email.clone())
                .unwrap_or_else(|| believed.sub.clone()),
            email,
            groups: userinfo::groups(groups),
            auth_time: believed.auth_time,
            sid: believed.sid,
            id_token: believed.token,
            sub: believed.sub,
        })
    }

    /// Where the provider's own session is ended, if it offers that (OpenID Connect RP-Initiated
    /// Logout 1.0, 2).
    pub async fn end_session_address(
        &self,
        id_token: Option<&str>,
        come_back_to: &str,
        state: &str,
    ) -> Option<Url> {
        let known = self.known().await.ok()?;
        let mut address = metadata::end_session_endpoint(&known.metadata)?.clone();
        {
            let mut query = address.query_pairs_mut();
            if let Some(id_token) = id_token {
                query.append_pair("id_token_hint", id_token);
            }
            query
                .append_pair("client_id", &self.settings.client_id)
                .append_pair("post_logout_redirect_uri", come_back_to)
                .append_pair("state", state);
        }
        Some(address)
    }
}

type TokenError<E> =
    RequestTokenError<E, openidconnect::StandardErrorResponse<CoreErrorResponseType>>;

fn token_refusal<E: std::error::Error + 'static>(error: &TokenError<E>) -> Refusal {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            Refusal::new("token_answer.error", answer.error())
        }
        RequestTokenError::Request(error) => Refusal::new("token_answer.unreachable", chain(error)),
        // What was sent in its place is not repeated: it may hold a token.
        RequestTokenError::Parse(error, _) => Refusal::new("token_answer.malformed", error),
        RequestTokenError::Other(what) => Refusal::new("token_answer", what),
    }
}
