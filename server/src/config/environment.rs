//! The environment as a source of values.

use figment::{
    Error, Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};

/// What our variables begin with.
pub(super) const PREFIX: &str = "CERTDESK_";
/// Variables with our prefix that are not settings of the process.
const NOT_SETTINGS: &[&str] = &["CERTDESK_CONFIG", "CERTDESK_CHROMIUM", "CERTDESK_URL"];
/// How values from here are told from the file's.
pub(super) const NAME: &str = "environment";

/// Variables `CERTDESK_A__B` as `a.b`, always text: guessing types would turn the secret `007` into
/// a number.
pub(super) struct Environment<'a>(pub(super) &'a [(String, String)]);

/// `oidc.client_id` as a variable's name.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

impl Provider for Environment<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(NAME)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut values = Dict::new();
        for (name, value) in self.0 {
            if let Some(rest) = name.strip_prefix(PREFIX)
                && !NOT_SETTINGS.contains(&name.as_str())
            {
                let path: Vec<_> = rest.split("__").map(str::to_lowercase).collect();
                insert(&mut values, &path, value);
            }
        }
        Ok(Profile::Default.collect(values))
    }
}

fn insert(values: &mut Dict, path: &[String], value: &str) {
    match path {
        [] => {}
        [key] => {
            values.insert(key.clone(), Value::from(value));
        }
        [section, rest @ ..] => {
            let inner = values
                .entry(section.clone())
                .or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}
