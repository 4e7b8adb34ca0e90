//! Writing entries.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use crate::{
    Actor, Client, Portal, Result,
    clock::Random,
    model::{AttemptId, CertificateId, ChangeId, Denial, Event, GroupId, RequestId},
    policy::Action,
};

/// One fact to be recorded, with what it is about.
#[derive(Debug)]
pub struct Entry<'a> {
    event: Event,
    project: Option<&'a GroupId>,
    request: Option<RequestId>,
    change: Option<ChangeId>,
    attempt: Option<AttemptId>,
    certificate: Option<CertificateId>,
    text: Option<(&'static str, &'a str)>,
}

impl<'a> Entry<'a> {
    /// A fact about nothing in particular.
    pub fn new(event: Event) -> Self {
        Self {
            event,
            project: None,
            request: None,
            change: None,
            attempt: None,
            certificate: None,
            text: None,
        }
    }

    /// In which project.
    #[must_use]
    pub fn project(mut self, project: &'a GroupId) -> Self {
        self.project = Some(project);
        self
    }

    /// About which request.
    #[must_use]
    pub fn request(mut self, request: RequestId) -> Self {
        self.request = Some(request);
        self
    }

    /// About which change of a project.
    #[must_use]
    pub fn change(mut self, change: ChangeId) -> Self {
        self.change = Some(change);
        self
    }

    /// About which attempt.
    #[must_use]
    pub fn attempt(mut self, attempt: AttemptId) -> Self {
        self.attempt = Some(attempt);
        self
    }

    /// About which certificate.
    #[must_use]
    pub fn certificate(mut self, certificate: CertificateId) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Free text that belongs to it. The entry holds a salted commitment; the text stands beside
    /// the log, where it can be redacted.
    #[must_use]
    pub fn text(mut self, field: &'static str, text: &'a str) -> Self {
        self.text = Some((field, text));
        self
    }

    /// The canonical JSON object and the details that stand beside the log.
    fn canonical(&self, actor: &Actor, random: &Random) -> (String, Value) {
        let mut details = Map::new();
        let mut fields = match serde_json::to_value(&self.event) {
            Ok(Value::Object(fields)) => fields,
            other => unreachable!("an event is a JSON object with type and data, not {other:?}"),
        };
        fields.insert("actor".into(), actor_fields(actor));
        let mut about = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                fields.insert(key.into(), Value::String(value));
            }
        };
        about("project", self.project.map(ToString::to_string));
        about("request", self.request.map(|id| id.to_string()));
        about("change", self.change.map(|id| id.to_string()));
        about("attempt", self.attempt.map(|id| id.to_string()));
        about("certificate", self.certificate.map(|id| id.to_string()));
        if let Some((field, text)) = self.text {
            let salt: [u8; 32] = random.bytes();
            fields.insert(
                "commitments".into(),
                json!({ field: commitment(&salt, text) }),
            );
            details.insert(field.into(), json!([hex::encode(salt), text]));
        }
        (
            canonical_json(&Value::Object(fields)),
            Value::Object(details),
        )
    }
}

/// What stands in an entry in place of free text: `SHA-256("certdesk/commit/v1" || salt || text)`.
fn commitment(salt: &[u8; 32], text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"certdesk/commit/v1");
    hash.update(salt);
    hash.update(text.as_bytes());
    hex::encode(hash.finalize())
}

fn actor_fields(actor: &Actor) -> Value {
    let mut fields = match actor {
        Actor::System(job) => return json!({ "kind": "system", "name": job }),
        Actor::Nobody(client) => client_fields(client),
        Actor::Person(person) => {
            let mut fields = client_fields(&person.client);
            fields.insert("id".into(), json!(person.id));
            fields.insert("iss".into(), json!(person.iss));
            fields.insert("sub".into(), json!(person.sub));
            fields.insert("session".into(), json!(person.session));
            if let Some(auth_time) = person.auth_time {
                fields.insert(
                    "auth_time".into(),
                    json!(auth_time.unix_timestamp().to_string()),
                );
            }
            fields
        }
    };
    let kind = if actor.person().is_some() {
        "person"
    } else {
        "nobody"
    };
    fields.insert("kind".into(), json!(kind));
    Value::Object(fields)
}

fn client_fields(client: &Client) -> Map<String, Value> {
    let mut fields = Map::new();
    if let Some(ip) = client.ip {
        fields.insert("ip".into(), json!(ip));
    }
    if let Some(hash) = &client.user_agent_hash {
        fields.insert("user_agent_sha256".into(), json!(hash));
    }
    fields
}

/// JSON in one form only, after RFC 8785: keys sorted by code point, no spaces, text verbatim (a user's
/// name in another Unicode normalisation is another user). Numbers do not occur: integers are written
/// as text, so that no reader rounds them.
pub(crate) fn canonical_json(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<_> = fields.keys().collect();
            keys.sort_unstable();
            let members: Vec<_> = keys
                .into_iter()
                .map(|key| format!("{}:{}", json_text(key), canonical_json(&fields[key])))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(canonical_json).collect();
            format!("[{}]", items.join(","))
        }
        Value::String(text) => json_text(text),
        Value::Number(number) => json_text(&number.to_string()),
        Value::Bool(flag) => flag.to_string(),
        Value::Null => "null".to_owned(),
    }
}

fn json_text(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// Appends an entry. Call it as the last statement before commit: it locks the log's head until then.
///
/// # Errors
/// `Unavailable` when the log cannot be written: then the change must not happen either.
pub async fn append(
    tx: &mut PgConnection,
    random: &Random,
    actor: &Actor,
    entry: Entry<'_>,
) -> Result<i64> {
    let (body, details) = entry.canonical(actor, random);
    let seq = sqlx::query_scalar!(r#"select audit.append($1, $2) as "seq!""#, body, details)
        .fetch_one(tx)
        .await?;
    metrics::counter!("certdesk_audit_entries_total", "type" => entry.event.kind().to_string())
        .increment(1);
    Ok(seq)
}

/// What somebody tried to do something to.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A project.
    Project(&'a GroupId),
    /// A request in a project.
    Request(&'a GroupId, RequestId),
    /// A change of a project.
    Change(&'a GroupId, ChangeId),
    /// A certificate in a project.
    Certificate(&'a GroupId, CertificateId),
}

/// Records that somebody tried what they may not, in a transaction of its own.
///
/// # Errors
/// `Unavailable` when the log cannot be written.
pub async fn record_denied(
    portal: &Portal,
    actor: &Actor,
    action: Action,
    denial: Denial,
    subject: Subject<'_>,
) -> Result<()> {
    let event = Event::AccessDenied {
        action: action.to_string(),
        why: denial.to_string(),
    };
    let entry = match subject {
        Subject::Project(project) => Entry::new(event).project(project),
        Subject::Request(project, id) => Entry::new(event).project(project).request(id),
        Subject::Change(project, id) => Entry::new(event).project(project).change(id),
        Subject::Certificate(project, id) => Entry::new(event).project(project).certificate(id),
    };
    let mut tx = portal.pool.begin().await?;
    append(&mut tx, &portal.random, actor, entry).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_sorts_keys_and_writes_numbers_as_text() {
        let value =
            json!({ "b": [1, true, null], "a": { "z": "é\n\"", "y": 9_007_199_254_740_993_i64 } });
        assert_eq!(
            canonical_json(&value),
            r#"{"a":{"y":"9007199254740993","z":"é\n\""},"b":["1",true,null]}"#
        );
    }

    #[test]
    fn free_text_is_committed_to_and_not_contained() {
        let random = Random::from_seed(1);
        let (body, details) = Entry::new(Event::RequestDenied {})
            .text("reason", "not while the freeze lasts")
            .canonical(&Actor::System("test"), &random);
        assert!(!body.contains("freeze"));
        assert!(body.contains("commitments"));
        assert_eq!(details["reason"][1], "not while the freeze lasts");
    }
}
