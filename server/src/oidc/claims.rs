//! The claims of a token, read strictly: the library's reading is lenient about how times are written.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Number, Value};
use time::{Duration, OffsetDateTime};

use super::Refusal;

/// How far clocks may be apart.
pub(super) const LEEWAY: Duration = Duration::seconds(60);

/// A point in time as a token writes it: seconds since 1970 (RFC 7519, 2).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct NumericDate(pub(super) OffsetDateTime);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer)?;
        let seconds = number.as_i64().or_else(|| whole_seconds(number.as_f64()?));
        seconds
            .filter(|seconds| *seconds >= 0)
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .map(Self)
            .ok_or_else(|| D::Error::custom("not a point in time"))
    }
}

/// Fractions are allowed and do not matter.
fn whole_seconds(seconds: f64) -> Option<i64> {
    // Up to the year 9999; exact in a double.
    let in_range = (0.0..253_402_300_800.0).contains(&seconds);
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    in_range.then_some(seconds as i64)
}

/// The second part of a token, whose signature was checked, as a JSON object.
pub(super) fn payload(token: &str) -> Result<Map<String, Value>, Refusal> {
    let malformed = |what: &str| Refusal::new("token.malformed", what);
    let mut parts = token.split('.');
    let payload = parts.nth(1).ok_or_else(|| malformed("not three parts"))?;
    let json = URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|_| malformed("not base64url"))?;
    let unique: UniqueKeys =
        serde_json::from_slice(&json).map_err(|error| malformed(&error.to_string()))?;
    Ok(unique.0)
}

/// An object in which no key occurs twice (RFC 7519, 4: a reader may reject those, and two readers
/// must not understand two things).
struct UniqueKeys(Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = UniqueKeys;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<UniqueKeys, A::Error> {
                let mut fields = Map::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    if fields.insert(key, value).is_some() {
                        return Err(A::Error::custom("a claim occurs twice"));
                    }
                }
                Ok(UniqueKeys(fields))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}
