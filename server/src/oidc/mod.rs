//! Signing in with the company's identity provider: OpenID Connect Core 1.0, authorization code flow
//! with PKCE (RFC 7636), issuer identification (RFC 9207) and the rules of RFC 9700.
//!
//! The library `openidconnect` checks signature, issuer, audience, nonce and expiry; what it leaves
//! to its users (`azp`, `iat`, `nbf`, `at_hash`, key rotation, size limits, redirects) is checked here.

mod claims;
mod http_client;
mod keys;
mod logout_token;
mod metadata;
mod provider;
mod refusal;
mod sign_in;
mod token;
mod userinfo;

pub use self::{
    provider::{Contact, Provider},
    refusal::Refusal,
    sign_in::{Begun, Identity},
};
