//! MongoDB Atlas.

use portal::atlas::{ApiVersion, Credential, Credentials};
use url::Url;

use super::{public::web_address, reader::Reader};

/// MongoDB Atlas.
///
/// - `ATLAS__BASE_URL`: where the Administration API is.
/// - `ATLAS__API`: which generation of it is spoken, `v2` or `v1.0`.
/// - `ATLAS__READER__…`, `ATLAS__ISSUER__…`, `ATLAS__DISABLER__…`: credentials, each either
///   `CLIENT_ID` with `CLIENT_SECRET` (a service account) or `PUBLIC_KEY` with `PRIVATE_KEY` (an API
///   key). The reader's serves for what has none of its own.
#[derive(Clone, Debug)]
pub struct Atlas {
    /// Where it is.
    pub base_url: Url,
    /// What is spoken.
    pub api: ApiVersion,
    /// As whom.
    pub credentials: Credentials,
}

impl Atlas {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let base_url = reader.with_default(
            "atlas.base_url",
            "https://cloud.mongodb.com",
            "the address of the Atlas Administration API: https (http only for localhost)",
            web_address,
        );
        let api = reader.with_default("atlas.api", "v2", "v2 or v1.0", |text| {
            text.parse::<ApiVersion>().ok()
        });
        let reading = credential(reader, "atlas.reader");
        let issuer = other_credential(reader, "atlas.issuer");
        let disabler = other_credential(reader, "atlas.disabler");
        Some(Self {
            base_url: base_url?,
            api: api?,
            credentials: Credentials {
                reader: reading?,
                issuer: issuer?,
                disabler: disabler?,
            },
        })
    }
}

#[expect(
    clippy::option_option,
    reason = "not given and not understood are two things"
)]
fn other_credential(reader: &mut Reader, section: &str) -> Option<Option<Credential>> {
    if reader.is_given(section) {
        credential(reader, section).map(Some)
    } else {
        Some(None)
    }
}

fn credential(reader: &mut Reader, section: &str) -> Option<Credential> {
    let key = |name: &str| format!("{section}.{name}");
    let is_api_key = ["public_key", "private_key", "private_key_file"]
        .iter()
        .any(|name| reader.is_given(&key(name)));
    let is_service_account = ["client_id", "client_secret", "client_secret_file"]
        .iter()
        .any(|name| reader.is_given(&key(name)));
    if is_api_key && is_service_account {
        let what = "and …PUBLIC_KEY are both given: a credential is either a service account (CLIENT_ID \
                    and CLIENT_SECRET) or an API key (PUBLIC_KEY and PRIVATE_KEY)";
        reader.conflict(&key("client_id"), what);
        for name in ["client_id", "public_key"] {
            reader.skip_secret(&key(name));
        }
        reader.skip_secret(&key("client_secret"));
        reader.skip_secret(&key("private_key"));
        return None;
    }
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if is_api_key {
        let public_key = reader.required(&key("public_key"), "the public half of an API key", text);
        let private_key = reader.secret(&key("private_key"), "the private half of an API key");
        return Some(Credential::ApiKey {
            public_key: public_key?,
            private_key: private_key?,
        });
    }
    let client_id = reader.required(
        &key("client_id"),
        "a service account's client id (or PUBLIC_KEY and PRIVATE_KEY of an API key)",
        text,
    );
    let client_secret = reader.secret(&key("client_secret"), "the service account's secret");
    Some(Credential::ServiceAccount {
        client_id: client_id?,
        client_secret: client_secret?,
    })
}
