//! Reading keys, and remembering what was wrong with them.

use std::{collections::BTreeSet, fs, path::Path};

use figment::{
    Figment,
    providers::{Format, Toml},
    value::{Dict, Num, Value},
};
use secrecy::SecretString;

use super::{
    Problem, Problems, Sources,
    environment::{self, Environment, variable},
};

/// The file that counts without being named.
const DEFAULT_FILE: &str = "certdesk.toml";
/// What stands for a secret.
const MASK: &str = "********";

/// A key with the value it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Its name as a variable.
    pub variable: String,
    /// Its value; a mask if it is a secret.
    pub value: String,
    /// Where it came from: `environment`, the file, or `default`.
    pub source: String,
}

/// Reads keys and collects problems.
pub(super) struct Reader {
    figment: Figment,
    file: String,
    problems: Vec<Problem>,
    asked: BTreeSet<String>,
    effective: Vec<Effective>,
}

/// A value as somebody gave it.
struct Given {
    value: Value,
    /// The key as they wrote it.
    written: String,
    source: String,
}

impl Reader {
    /// Opens the sources.
    pub(super) fn open(sources: &Sources) -> Result<Self, Problems> {
        let named = sources.file.as_deref();
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let file = path.display().to_string();
        let problem = |what: String| {
            Problems(vec![Problem {
                key: file.clone(),
                what,
            }])
        };
        let text = if named.is_some() || path.exists() {
            fs::read_to_string(path)
                .map_err(|error| problem(format!("could not be read: {error}")))?
        } else {
            String::new()
        };
        Toml::from_str::<Dict>(&text)
            .map_err(|error| problem(format!("is not TOML: {}", error.to_string().trim())))?;
        Ok(Self {
            figment: Figment::new()
                .merge(Toml::string(&text))
                .merge(Environment(&sources.environment)),
            file,
            problems: Vec::new(),
            asked: BTreeSet::new(),
            effective: Vec::new(),
        })
    }

    /// Whether anything is given for the key, or below it.
    pub(super) fn is_given(&self, key: &str) -> bool {
        self.figment.find_value(key).is_ok()
    }

    /// A key that must be given.
    pub(super) fn required<T>(
        &mut self,
        key: &str,
        should_be: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let Some(given) = self.given(key) else {
            self.missing(key, should_be);
            return None;
        };
        self.parsed(&given, key, should_be, parse)
    }

    /// A key with a default, which has to be a value that `parse` takes.
    pub(super) fn with_default<T>(
        &mut self,
        key: &str,
        default: &str,
        should_be: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if let Some(given) = self.given(key) {
            return self.parsed(&given, key, should_be, parse);
        }
        self.note(key, default.to_owned(), "default");
        parse(default)
    }

    /// A key that may be left out: `Some(None)` then.
    #[expect(
        clippy::option_option,
        reason = "not given and not understood are two things"
    )]
    pub(super) fn optional<T>(
        &mut self,
        key: &str,
        should_be: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.given(key) {
            None => Some(None),
            Some(given) => self.parsed(&given, key, should_be, parse).map(Some),
        }
    }

    /// Texts: a list in the file, or separated by commas.
    pub(super) fn list(&mut self, key: &str, default: &str) -> Option<Vec<String>> {
        let should_be = "a list of texts, or texts with commas between them";
        let items = match self.given(key) {
            None => {
                self.note(key, default.to_owned(), "default");
                split(default)
            }
            Some(Given {
                value: Value::Array(_, items),
                written,
                source,
            }) => {
                let texts: Option<Vec<_>> = items.iter().map(text).collect();
                let Some(texts) = texts else {
                    self.wrong(&written, &format!("should be {should_be}"));
                    return None;
                };
                self.note(key, texts.join(", "), &source);
                texts
            }
            Some(given) => self.parsed(&given, key, should_be, |text| Some(split(text)))?,
        };
        Some(items)
    }

    /// A secret: given as it is, or as the name of a file that holds it. Never shown.
    pub(super) fn secret(&mut self, key: &str, should_be: &str) -> Option<SecretString> {
        let (inline, file) = (self.given(key), self.given(&format!("{key}_file")));
        match (inline, file) {
            (Some(inline), Some(file)) => {
                let both = format!("and {} are both given: keep one of them", file.written);
                self.wrong(&inline.written, &both);
                None
            }
            (None, None) => {
                let file = variable(&format!("{key}_file"));
                self.missing(
                    key,
                    &format!("{should_be}; or name a file that holds it in {file}"),
                );
                None
            }
            (Some(given), None) => {
                let secret = text(&given.value).filter(|secret| !secret.is_empty());
                if secret.is_none() {
                    self.wrong(
                        &given.written,
                        &format!("is empty: it should be {should_be}"),
                    );
                }
                self.note(key, MASK.to_owned(), &given.source);
                secret.map(SecretString::from)
            }
            (None, Some(given)) => self.secret_in_file(key, &given),
        }
    }

    fn secret_in_file(&mut self, key: &str, given: &Given) -> Option<SecretString> {
        let path = text(&given.value)?;
        match fs::read_to_string(&path) {
            Ok(secret) if !secret.trim_end().is_empty() => {
                self.note(key, MASK.to_owned(), &path);
                Some(SecretString::from(secret.trim_end()))
            }
            Ok(_) => {
                self.wrong(&given.written, &format!("names {path}, which is empty"));
                None
            }
            Err(error) => {
                self.wrong(
                    &given.written,
                    &format!("names {path}, which could not be read: {error}"),
                );
                None
            }
        }
    }

    /// Notes a key as known without looking at its value.
    pub(super) fn skip_secret(&mut self, key: &str) {
        self.asked.insert(key.to_owned());
        self.asked.insert(format!("{key}_file"));
    }

    /// A problem that is about more than one key.
    pub(super) fn conflict(&mut self, key: &str, what: &str) {
        let written = self
            .given(key)
            .map_or_else(|| variable(key), |given| given.written);
        self.wrong(&written, what);
    }

    /// Ends the reading.
    pub(super) fn finish(mut self) -> Result<Vec<Effective>, Problems> {
        self.look_for_unknown_keys();
        let effective = std::mem::take(&mut self.effective);
        self.finish_part().map(|()| effective)
    }

    /// Ends a reading that only asked for some of the keys.
    pub(super) fn finish_part(self) -> Result<(), Problems> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(Problems(self.problems))
        }
    }

    fn given(&mut self, key: &str) -> Option<Given> {
        self.asked.insert(key.to_owned());
        let value = self.figment.find_value(key).ok()?;
        let from_environment = self
            .figment
            .get_metadata(value.tag())
            .is_some_and(|metadata| metadata.name == environment::NAME);
        let (written, source) = if from_environment {
            (variable(key), environment::NAME.to_owned())
        } else {
            (format!("{key} in {}", self.file), self.file.clone())
        };
        Some(Given {
            value,
            written,
            source,
        })
    }

    fn parsed<T>(
        &mut self,
        given: &Given,
        key: &str,
        should_be: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let Some(text) = text(&given.value) else {
            self.wrong(&given.written, &format!("should be {should_be}"));
            return None;
        };
        let parsed = parse(text.trim());
        if parsed.is_none() {
            self.wrong(
                &given.written,
                &format!("is {text:?}: it should be {should_be}"),
            );
        }
        self.note(key, text, &given.source);
        parsed
    }

    fn missing(&mut self, key: &str, should_be: &str) {
        let what = format!(
            "({key} in {}) is missing: it should be {should_be}",
            self.file
        );
        self.wrong(&variable(key), &what);
    }

    fn wrong(&mut self, written: &str, what: &str) {
        self.problems.push(Problem {
            key: written.to_owned(),
            what: what.to_owned(),
        });
    }

    fn note(&mut self, key: &str, value: String, source: &str) {
        self.effective.push(Effective {
            variable: variable(key),
            value,
            source: source.to_owned(),
        });
    }

    fn look_for_unknown_keys(&mut self) {
        let Ok(whole) = self.figment.extract::<Dict>() else {
            return;
        };
        let mut given = Vec::new();
        leaves("", &whole, &mut given);
        for key in given {
            if !self.asked.contains(&key) {
                let written = self
                    .given(&key)
                    .map_or_else(|| key.clone(), |given| given.written);
                self.wrong(&written, "is not a setting: correct its name or remove it");
            }
        }
    }
}

fn leaves(path: &str, values: &Dict, into: &mut Vec<String>) {
    for (key, value) in values {
        let key = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match value {
            Value::Dict(_, inner) => leaves(&key, inner, into),
            _ => into.push(key),
        }
    }
}

/// A single value as text; lists and tables are none.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, letter) => Some(letter.to_string()),
        Value::Bool(_, flag) => Some(flag.to_string()),
        Value::Num(_, Num::I64(number)) => Some(number.to_string()),
        Value::Num(_, number) => number.to_u128().map(|number| number.to_string()),
        Value::Empty(..) | Value::Dict(..) | Value::Array(..) => None,
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}
