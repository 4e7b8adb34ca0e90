//! What the provider says about itself (OpenID Connect Discovery 1.0).

use std::collections::BTreeSet;

use openidconnect::{
    AdditionalProviderMetadata, AuthType, ClientId, ClientSecret, EndSessionUrl, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, ProviderMetadata, RedirectUrl, TokenUrl, UserInfoUrl,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
        CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Refusal, http_client::HttpClient};
use crate::config::{Oidc, is_safe};

/// The parts of the discovery document that the library does not know.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Extra {
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    end_session_endpoint: Option<EndSessionUrl>,
}

impl AdditionalProviderMetadata for Extra {}

pub(super) type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The library's client, set up from discovery.
pub(super) type OidcClient = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Reads the discovery document and the keys, and refuses what is not safe to work with.
pub(super) async fn discover(settings: &Oidc, http: &HttpClient) -> Result<Metadata, Refusal> {
    let issuer = IssuerUrl::new(settings.issuer.clone())
        .map_err(|error| Refusal::new("discovery.issuer", error))?;
    // The library compares the document's issuer with ours (Discovery 1.0, 4.3).
    let metadata = Metadata::discover_async(issuer, http)
        .await
        .map_err(|error| Refusal::new("discovery", chain(&error)))?;
    check(settings, &metadata)?;
    Ok(metadata)
}

fn check(settings: &Oidc, metadata: &Metadata) -> Result<(), Refusal> {
    let extra = metadata.additional_metadata();
    let announces_s256 = extra
        .code_challenge_methods_supported
        .iter()
        .any(|method| method == "S256");
    if !announces_s256 && !settings.assume_s256 {
        return Err(Refusal::new(
            "discovery.pkce",
            "the provider does not announce PKCE with S256 (code_challenge_methods_supported); if it \
             supports it all the same, set CERTDESK_OIDC__ASSUME_S256=true",
        ));
    }
    let endpoints = [
        (
            "authorization_endpoint",
            Some(metadata.authorization_endpoint().url()),
        ),
        (
            "token_endpoint",
            metadata.token_endpoint().map(TokenUrl::url),
        ),
        ("jwks_uri", Some(metadata.jwks_uri().url())),
        (
            "userinfo_endpoint",
            metadata.userinfo_endpoint().map(UserInfoUrl::url),
        ),
        (
            "end_session_endpoint",
            extra.end_session_endpoint.as_ref().map(EndSessionUrl::url),
        ),
    ];
    for (name, url) in endpoints {
        if url.is_some_and(|url| !is_safe(url)) {
            let detail = format!("{name} is not https");
            return Err(Refusal::new("discovery.endpoint", detail));
        }
    }
    if metadata.token_endpoint().is_none() {
        return Err(Refusal::new(
            "discovery.endpoint",
            "there is no token_endpoint",
        ));
    }
    Ok(())
}

/// Whether the provider names itself in its answers (RFC 9207).
pub(super) fn names_itself(metadata: &Metadata) -> bool {
    metadata
        .additional_metadata()
        .authorization_response_iss_parameter_supported
}

/// Where its own session is ended (OpenID Connect RP-Initiated Logout 1.0).
pub(super) fn end_session_endpoint(metadata: &Metadata) -> Option<&Url> {
    metadata
        .additional_metadata()
        .end_session_endpoint
        .as_ref()
        .map(EndSessionUrl::url)
}

/// Origins to which a form of ours may be redirected.
pub(super) fn form_targets(metadata: &Metadata) -> BTreeSet<String> {
    [
        Some(metadata.authorization_endpoint().url()),
        end_session_endpoint(metadata),
    ]
    .into_iter()
    .flatten()
    .map(|url| url.origin().ascii_serialization())
    .collect()
}

pub(super) fn client(
    settings: &Oidc,
    metadata: &Metadata,
    redirect_uri: &RedirectUrl,
) -> OidcClient {
    let secret = ClientSecret::new(settings.client_secret.expose_secret().to_owned());
    let id = ClientId::new(settings.client_id.clone());
    let client = CoreClient::from_provider_metadata(metadata.clone(), id, Some(secret))
        .set_redirect_uri(redirect_uri.clone());
    let methods = metadata.token_endpoint_auth_methods_supported();
    let lists = |method| methods.is_some_and(|methods| methods.contains(&method));
    // HTTP Basic is what a provider supports that says nothing (Discovery 1.0, 3).
    if lists(CoreClientAuthMethod::ClientSecretPost)
        && !lists(CoreClientAuthMethod::ClientSecretBasic)
    {
        client.set_auth_type(AuthType::RequestBody)
    } else {
        client
    }
}

/// An error with its causes.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
