//! What the provider says about a person outside the ID token (OpenID Connect Core 1.0, 5.3).

use std::collections::{BTreeSet, HashMap};

use openidconnect::{
    AccessToken, AdditionalClaims, SubjectIdentifier, UserInfoClaims, core::CoreGenderClaim,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Provider, Refusal, metadata::chain, provider::Known};

/// More groups than this are not believed to be one person's.
const GROUPS_MAX: usize = 500;
const GROUP_NAME_MAX: usize = 256;
const NAME_MAX: usize = 200;

/// Claims the library has no name for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
struct Others(HashMap<String, Value>);

impl AdditionalClaims for Others {}

/// Asks for the claims of the person `sub`; an answer about somebody else is refused.
pub(super) async fn fetch(
    provider: &Provider,
    known: &Known,
    sub: &str,
    access_token: AccessToken,
) -> Result<Map<String, Value>, Refusal> {
    let subject = SubjectIdentifier::new(sub.to_owned());
    let client = provider.client(known);
    let request = client
        .user_info(access_token, Some(subject))
        .map_err(|error| Refusal::new("userinfo.none", error))?;
    let claims: UserInfoClaims<Others, CoreGenderClaim> = request
        .request_async(&provider.http)
        .await
        .map_err(|error| Refusal::new("userinfo", chain(&error)))?;
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err(Refusal::new("userinfo", "not an object")),
    }
}

/// The groups of a claim: a list of texts, or none at all. Never a part of a list.
pub(super) fn groups(claim: Option<&Value>) -> BTreeSet<String> {
    let Some(Value::Array(items)) = claim else {
        if claim.is_some() {
            tracing::warn!("The groups claim is not a list: no groups are taken from it");
        }
        return BTreeSet::new();
    };
    let fine = |item: &Value| {
        item.as_str()
            .is_some_and(|name| !name.is_empty() && name.len() <= GROUP_NAME_MAX)
    };
    if items.len() > GROUPS_MAX || !items.iter().all(fine) {
        tracing::warn!(
            groups = items.len(),
            "The groups claim is longer than {GROUPS_MAX} or holds other things than names: no groups are taken from it"
        );
        return BTreeSet::new();
    }
    items
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// A text of a claim, without what could disturb a page or a log.
pub(super) fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let text: String = claims
        .get(name)?
        .as_str()?
        .chars()
        .filter(|letter| !letter.is_control())
        .take(NAME_MAX)
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
